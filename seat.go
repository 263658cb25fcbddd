package parlour

import "time"

// Seat is a person's place in a room and the name they hold there. Whoever has
// a seat may come back to it: reloads, lost connections and restarts of the
// server leave it as it is. Within a room no two seats have the same NameKey.
type Seat struct {
	Room   int64 // Room.ID
	Person string
	Name   string
	// Announced tells that the room has been told of the arrival, so that it
	// must be told of the departure.
	Announced bool
	// Admitted tells that a moderator has let the person in, where the room
	// has a waiting room, or that they came with an invitation.
	Admitted bool
	// Guest tells that the person is no member. Lookalike tells that the name
	// looks like that of another seat of the room, or of a member; the store
	// finds that out when the name is taken.
	Guest, Lookalike bool
	// Since is when the person first came, UTC; a seat that was given up and
	// taken again begins anew.
	Since time.Time
	// After is the room's number at that moment: where history begins for the
	// person if the room hides what was before.
	After Seq
	// Read is the room's number up to which the person has read, or a little
	// less: it is noted now and then.
	Read   Seq
	SeenAt time.Time // about when the person was last active, UTC
	// Asked is when the right to come in was looked at, of a seat that is being
	// taken; see NewMessage.Asked. It is not kept.
	Asked time.Time
}

// Author is the person in the seat as the author of what they say.
func (s Seat) Author() Author {
	return Author{ID: s.Person, Name: s.Name, Guest: s.Guest, Lookalike: s.Lookalike}
}

// ErrNoSeat refuses those who have left the room, or were never in it.
var ErrNoSeat = Errorf(Forbidden, "seat.none", "you are not in this room, open it again to come back")
