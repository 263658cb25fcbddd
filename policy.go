package parlour

// Action is something that an identity may or may not do in a room.
type Action string

// The actions that the policy decides.
const (
	See  Action = "see"  // know that the room is there: lobby, door
	Read Action = "read" // its messages, its people, its stream
	Post Action = "post" // say something
)

// May is the whole access policy: nil when by may do action in room, else the
// reason why not. Pages, streams, posts and whatever comes later all ask here.
func May(by Identity, action Action, _ Room) error {
	switch {
	case action == See:
		return nil
	case !by.Known():
		return Errorf(SignedOut, "session.none", "choose a name first")
	case action == Read, action == Post:
		return nil
	default:
		return Errorf(Forbidden, "policy.refused", "%s may not %s here", by.Kind, action)
	}
}
