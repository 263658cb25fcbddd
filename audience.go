package parlour

// Audience is who may do something in a room, as the room's owner sets it. Each
// audience includes those before it.
type Audience string

// The audiences, from the smallest to the largest.
const (
	Nobody     Audience = "nobody"
	Moderators Audience = "moderators"
	ListedOnly Audience = "listed" // members on the room's list
	Members    Audience = "members"
	Guests     Audience = "guests" // everybody
)

// Audiences are all of them, from the smallest to the largest.
var Audiences = []Audience{Nobody, Moderators, ListedOnly, Members, Guests}

// includes tells whether somebody of that standing belongs to the audience.
func (a Audience) includes(who Standing) bool {
	switch a {
	case Guests:
		return true
	case Members:
		return who.Kind == Member
	case ListedOnly:
		return who.Kind == Member && (who.Role >= Listed || who.Admin)
	case Moderators:
		return who.Moderates()
	default:
		return false
	}
}

// leastRole is the least role in the room that a member of the audience has.
func (a Audience) leastRole() Role {
	switch a {
	case Guests, Members:
		return NoRole
	case ListedOnly:
		return Listed
	default:
		return Moderator
	}
}

// Access is who may do what in a room.
type Access struct {
	See    Audience // know that the room is there
	Read   Audience
	Post   Audience
	Upload Audience
}

// leastReader is the least role in the room that a member has who may read there:
// whoever may not see it may not read it either.
func (a Access) leastReader() Role { return max(a.See.leastRole(), a.Read.leastRole()) }

// Presets are the usual accesses by name.
var Presets = map[string]Access{
	"open":    {See: Guests, Read: Guests, Post: Guests, Upload: Members},
	"members": {See: Guests, Read: Members, Post: Members, Upload: Members},
	"private": {See: ListedOnly, Read: ListedOnly, Post: ListedOnly, Upload: ListedOnly},
}

// Preset is the name of the preset that an access is, or empty.
func (a Access) Preset() string {
	for name, preset := range Presets {
		if a == preset {
			return name
		}
	}
	return ""
}

// Role is what a member is in one room. Each role includes those before it.
type Role int

// The roles.
const (
	NoRole    Role = iota
	Listed         // on the room's list
	Moderator      // keeps order
	Owner          // sets the rules
)

var roleNames = [...]string{"", "listed", "moderator", "owner"}

func (r Role) String() string { return roleNames[r] }

// ParseRole reads a role by its name; anything unknown is Invalid.
func ParseRole(name string) (Role, error) {
	for r, known := range roleNames {
		if name == known {
			return Role(r), nil
		}
	}
	return NoRole, Errorf(Invalid, "role.unknown", "there is no role %.40q", name)
}
