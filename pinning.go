package parlour

import (
	"context"
	"slices"
)

// Face is what stands above the messages of a room. It is the same for everybody
// who reads there, so in rooms where people read only what was said since they
// came (Room.HistoryFromJoin) pins tell nothing of their messages.
type Face struct {
	// Name is the room's. Faces that were stored before it was kept there lack it.
	Name  string `json:"name,omitempty"`
	Topic string `json:"topic,omitempty"`
	Rules string `json:"rules,omitempty"`
	Pins  []Pin  `json:"pins,omitempty"` // in the order in which they were pinned
}

// Pin is a message that moderators keep in view.
type Pin struct {
	Seq     Seq    `json:"seq"`
	Author  string `json:"author,omitempty"`  // the name, as it was then
	Excerpt string `json:"excerpt,omitempty"` // as of a Quote; it follows the edits of the message
}

// MaxPins is how many messages a room may keep in view.
const MaxPins = 20

// PinStore keeps the faces of rooms. Name, topic and rules of a face follow the
// room's whenever that is changed; pins follow their messages, and go with them.
type PinStore interface {
	// Face is what stands above the messages now.
	Face(ctx context.Context, room int64) (Face, error)
	// Pin adds a message to the room's face and tells the room. It is
	// ErrMessageNotFound for one that is not there, ErrTooManyPins beyond
	// MaxPins, and changes nothing for one that is pinned.
	Pin(ctx context.Context, room int64, seq Seq, told Setting, entry LogEntry) error
	// Unpin takes a message off the room's face, if it is there.
	Unpin(ctx context.Context, room int64, seq Seq, entry LogEntry) error
}

// ErrTooManyPins refuses a pin where there are MaxPins.
var ErrTooManyPins = tooManyPins()

func tooManyPins() error {
	err := Errorf(Conflict, "pin.too_many", "%d messages are pinned already", MaxPins)
	err.Args = map[string]any{"Max": MaxPins}
	return err
}

// Pinned tells whether a message is pinned.
func (f Face) Pinned(seq Seq) bool {
	return slices.ContainsFunc(f.Pins, func(p Pin) bool { return p.Seq == seq })
}

// Pin keeps a message in view for everybody in the room.
func (h *House) Pin(ctx context.Context, by Identity, slug string, seq Seq) error {
	room, who, err := h.find(ctx, by, slug, Moderate)
	if err != nil {
		return err
	}
	m, err := h.store.Message(ctx, room.ID, seq)
	if err != nil {
		return err
	}
	if m.Author.ID == "" {
		return errUnpinnable
	}
	entry := h.act(who, room, ActPin)
	entry.Target, entry.Detail = m.Author, seq.String()
	return h.store.Pin(ctx, room.ID, seq, Setting{What: ActPin, By: by.Name, Seq: seq}, entry)
}

var errUnpinnable = Errorf(Invalid, "pin.impossible", "only what people say can be pinned")

// Unpin ends that.
func (h *House) Unpin(ctx context.Context, by Identity, slug string, seq Seq) error {
	room, who, err := h.find(ctx, by, slug, Moderate)
	if err != nil {
		return err
	}
	entry := h.act(who, room, ActUnpin)
	entry.Detail = seq.String()
	return h.store.Unpin(ctx, room.ID, seq, entry)
}
