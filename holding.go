package parlour

import (
	"context"
	"time"
)

// Held is a message that waits for a moderator. It is no message of the room
// yet: it has no number, and nothing that reads the room can come across it.
type Held struct {
	ID     int64
	Room   int64 // Room.ID
	Kind   MessageKind
	Author Author
	Body   string
	// Mentions are those that it will have.
	Mentions []Mention
	Reply    Seq    // the message that it answers, or 0
	Why      string // the pattern of the filter that held it
	Edits    Seq    // the message that it is to be the new text of, or 0
	At       time.Time
}

// HoldStore keeps what waits for approval.
type HoldStore interface {
	// Hold keeps a post from the room. Sent again, with the same author, key and
	// body, it changes nothing; when it was approved meanwhile, the message is
	// answered.
	Hold(ctx context.Context, post NewMessage, why string) (Message, error)
	// Held are the posts that wait, oldest first, at most HeldShown.
	Held(ctx context.Context, room int64) ([]Held, error)
	// Approve posts what was held under the room's next number, by its author
	// and at the entry's time, or edits with it the message that it was meant
	// for. It is ErrHeldNotFound when it does not wait: a message that is deleted
	// takes the edits of it that wait along.
	Approve(ctx context.Context, room, id int64, entry LogEntry) (Message, error)
	// Discard drops what was held, or is ErrHeldNotFound.
	Discard(ctx context.Context, room, id int64, entry LogEntry) error
}

// HeldShown is how many held messages a list has at most.
const HeldShown = 200

// ErrHeldNotFound answers for what is not held, or not any more.
var ErrHeldNotFound = Errorf(NotFound, "held.not_found", "no such message waits")

// Approve lets a held message be said, now and under its author's name.
func (h *House) Approve(ctx context.Context, by Identity, slug string, id int64) (Message, error) {
	room, who, err := h.find(ctx, by, slug, Moderate)
	if err != nil {
		return Message{}, err
	}
	return h.store.Approve(ctx, room.ID, id, h.act(who, room, ActApprove))
}

// Discard drops a held message.
func (h *House) Discard(ctx context.Context, by Identity, slug string, id int64) error {
	room, who, err := h.find(ctx, by, slug, Moderate)
	if err != nil {
		return err
	}
	return h.store.Discard(ctx, room.ID, id, h.act(who, room, ActDiscard))
}
