package parlour

import (
	"context"
	"time"
)

// Control is something that every node of the house has to do at once because
// of what was stored: end streams, forget what it keeps in memory. Controls are
// a sequence of their own, stored in the transaction of what they follow from, so
// that a node that hears of them late, or learns from the store that it missed
// some, lacks nothing.
//
// The tags are the form in which nodes tell each other.
type Control struct {
	Number int64       `json:"n"` // gapless, in the order of the commits
	At     time.Time   `json:"at,omitzero"`
	Kind   ControlKind `json:"k"`
	Room   int64       `json:"r,omitzero"` // Room.ID
	// Person is who left or was renamed, with the new name, and with the mark of a
	// lookalike in this room.
	Person  Author `json:"p,omitzero"`
	Session string `json:"s,omitzero"` // the one that ended
	// With ControlRecheck those three are whose right may be gone: see Whom.
	Address string `json:"a,omitzero"`
}

// Whom is whose streams are to be looked at again.
func (c Control) Whom() Whom {
	return Whom{Person: c.Person.ID, Session: c.Session, Address: c.Address}
}

// ControlKind is what a node has to do.
type ControlKind string

// The kinds of control. Live does what the first three say for the node that has
// stored them; that of a name is done by all alike, as it is stored.
const (
	ControlRecheck ControlKind = "recheck" // a right may be gone in Room, 0: anywhere
	ControlLeft    ControlKind = "left"    // Person left Room, or was thrown out
	ControlSession ControlKind = "session" // Session ended
	ControlRenamed ControlKind = "renamed" // Person is shown so in Room, 0: wherever they are
	ControlFilters ControlKind = "filters" // the filters of Room changed, 0: of the house
	// ControlAll is never stored: a node does not know what it missed, and looks
	// at everything anew.
	ControlAll ControlKind = "all"
)

// ControlStore keeps controls for a few days.
type ControlStore interface {
	// Controls are those after a number, at most limit of them, and the number
	// of the last there is. When the first is not the next one after, those
	// between are too old to be kept.
	Controls(ctx context.Context, after int64, limit int) (controls []Control, head int64, err error)
}

// Heed does what a control of another node means for what this one keeps in
// memory. What it means for streams is the live side's.
func (h *House) Heed(c Control) {
	switch c.Kind {
	case ControlFilters:
		h.filters.forget(c.Room)
	case ControlAll:
		h.filters.forgetAll()
	}
}
