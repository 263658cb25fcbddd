package parlour

import "time"

// Standing is how an identity stands in one room: everything that the policy
// looks at besides the room itself.
type Standing struct {
	Identity
	Role Role
	// Seat is the identity's place in the room; its Person is empty when it has
	// none.
	Seat Seat
	// Barred is the ban or kick in force that keeps the identity out, Muted
	// the one that keeps it silent; nil is none.
	Barred, Muted *Sanction
}

// Moderates tells whether the identity keeps order in the room.
func (s Standing) Moderates() bool { return s.Admin || s.Role >= Moderator }

// Owns tells whether the identity sets the room's rules.
func (s Standing) Owns() bool { return s.Admin || s.Role >= Owner }

// IsSeated tells whether the identity has a place in the room.
func (s Standing) IsSeated() bool { return s.Seat.Person != "" }

// SanctionKind says what a sanction takes away.
type SanctionKind string

// The kinds of sanction.
const (
	Ban  SanctionKind = "ban"
	Kick SanctionKind = "kick" // a short ban from one room
	Mute SanctionKind = "mute"
)

// Sanction takes a right away from a person, a session, an address, or all of
// them together, in one room or in the whole house. It is never deleted: an
// undo lifts it.
type Sanction struct {
	ID   int64
	Kind SanctionKind
	Room int64 // Room.ID; 0 is the house
	// Person, Session and Address are whom it meets: anybody of whom one of
	// them is true. Empty ones meet nobody. Address is an AddrKey.
	Person, Session, Address string
	// Name is what the person was called then.
	Name     string
	Reason   string
	By       Author
	At       time.Time
	Until    time.Time // zero: for good
	LiftedAt time.Time // zero: not lifted
	LiftedBy Author
}

// InForce tells whether the sanction counts at a time.
func (s Sanction) InForce(now time.Time) bool {
	return s.LiftedAt.IsZero() && (s.Until.IsZero() || now.Before(s.Until))
}
