package parlour

import (
	"context"
	"math"
	"strconv"
	"time"
)

// DeletionStore takes messages back.
type DeletionStore interface {
	// Message is one message as it is now, or NotFound for one that is not there
	// or was deleted.
	Message(ctx context.Context, room int64, seq Seq) (Message, error)
	// Delete takes one message away, its earlier texts and its pin with it, or is
	// NotFound. Nothing of the text is kept.
	Delete(ctx context.Context, room int64, seq Seq, stub Stub, at time.Time) (Message, error)
	// Remove deletes those of the messages that are still there, each as a
	// change of its own, and tells how many. The entry is logged when there was
	// any.
	Remove(ctx context.Context, room int64, seqs []Seq, stub Stub, entry LogEntry) (int, error)
	// AuthoredBefore looks through a stretch of the room, from a number
	// (0: the newest) backwards to a time, for messages of an author that are
	// not deleted: at most limit of them. The second number is from where to
	// look on; 0 is the end.
	AuthoredBefore(ctx context.Context, room int64, author string, before Seq, since time.Time, limit int) ([]Seq, Seq, error)
	// DiscardBy discards the messages of an author that wait for approval.
	DiscardBy(ctx context.Context, room int64, author string) error
}

// AllTime is as far back as there is anything.
const AllTime = time.Duration(math.MaxInt64)

// purgeAtOnce is how many messages are deleted, or reactions taken back, in one
// operation of the store: a few milliseconds, in which nobody can post.
const purgeAtOnce = 200

// Message is one message and how somebody who may read it stands there.
func (h *House) Message(ctx context.Context, by Identity, slug string, seq Seq) (Room, Standing, Message, error) {
	room, who, err := h.find(ctx, by, slug, Read)
	if err != nil {
		return room, who, Message{}, err
	}
	m, err := h.messageFor(ctx, who, room, seq)
	return room, who, m, err
}

// messageFor is a message as far as it is there for somebody who may read.
func (h *House) messageFor(ctx context.Context, who Standing, room Room, seq Seq) (Message, error) {
	if seq <= who.Floor(room) {
		return Message{}, ErrMessageNotFound
	}
	m, err := h.store.Message(ctx, room.ID, seq)
	if m.Quote != nil && m.Quote.Seq <= who.Floor(room) {
		m.Quote = m.Quote.veiled()
	}
	return m, err
}

// ErrMessageNotFound answers alike for a message that never was, for one that
// was deleted, and for one from before the reader's time.
var ErrMessageNotFound = Errorf(NotFound, "message.not_found", "there is no such message")

// DeleteMessage takes a message away for everybody: one's own within the room's
// EditWindow, or anybody's for those who moderate, which is logged.
func (h *House) DeleteMessage(ctx context.Context, by Identity, slug string, seq Seq, reason string) error {
	room, who, err := h.find(ctx, by, slug, Read)
	if err != nil {
		return err
	}
	m, err := h.messageFor(ctx, who, room, seq)
	if err != nil {
		return err
	}
	if m.IsBy(by) {
		if err := h.mayChange(ctx, who, Delete, room, m); err != nil {
			return err
		}
		_, err := h.store.Delete(ctx, room.ID, seq, room.stub(StubOfAuthor), h.now())
		return err
	}
	if err := h.may(ctx, who, Moderate, room); err != nil {
		return err
	}
	if reason, err = cleanReason(reason); err != nil {
		return err
	}
	entry := h.act(who, room, ActDelete)
	entry.Target, entry.Detail, entry.Reason = m.Author, seq.String(), reason
	n, err := h.store.Remove(ctx, room.ID, []Seq{seq}, room.stub(StubOfModerator), entry)
	if err == nil && n == 0 { // somebody was faster
		err = ErrMessageNotFound
	}
	return err
}

// stub is what a message leaves in the room that is deleted.
func (r Room) stub(of Stub) Stub {
	if r.Stubs {
		return of
	}
	return NoStub
}

// DeleteMessagesOf takes away what a person said in the room in so much time
// until now, and what they reacted with, and tells how many messages that were.
func (h *House) DeleteMessagesOf(ctx context.Context, by Identity, slug, person string, span time.Duration, reason string) (int, error) {
	room, who, err := h.keeper(ctx, by, slug)
	if err != nil {
		return 0, err
	}
	if reason, err = cleanReason(reason); err != nil {
		return 0, err
	}
	target, err := h.store.Target(ctx, room.ID, person)
	if err != nil {
		return 0, err
	}
	if err := mayReach(who, target); err != nil {
		return 0, err
	}
	return h.purge(ctx, who, room, target, Sentence{Delete: span, Reason: reason, House: slug == ""})
}

// purge deletes what somebody said, a bounded number of messages at a time, so
// that those who talk meanwhile do not wait. Everything that was stored when it
// begins is found. It leaves no stubs, which would flood the room once more.
func (h *House) purge(ctx context.Context, who Standing, room Room, target Target, s Sentence) (int, error) {
	rooms := []Room{room}
	if s.House {
		var err error
		if rooms, err = h.store.Rooms(ctx); err != nil {
			return 0, err
		}
	}
	var since time.Time
	if s.Delete < AllTime {
		since = h.now().Add(-s.Delete)
	}
	total := 0
	for _, room := range rooms {
		n, err := h.purgeRoom(ctx, who, room, target, since, s.Reason)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (h *House) purgeRoom(ctx context.Context, who Standing, room Room, target Target, since time.Time, reason string) (total int, err error) {
	if err := h.store.DiscardBy(ctx, room.ID, target.ID); err != nil {
		return 0, err
	}
	for before := Seq(0); ; {
		seqs, next, err := h.store.AuthoredBefore(ctx, room.ID, target.ID, before, since, purgeAtOnce)
		if err != nil {
			return total, err
		}
		if len(seqs) > 0 {
			entry := h.act(who, room, ActPurge)
			entry.Target, entry.Detail, entry.Reason = target.Author, strconv.Itoa(len(seqs)), reason
			n, err := h.store.Remove(ctx, room.ID, seqs, NoStub, entry)
			total += n
			if err != nil {
				return total, err
			}
		}
		if next == 0 {
			break
		}
		before = next
	}
	return total, h.takeBackReactions(ctx, who, room, target, since, reason)
}

func (h *House) takeBackReactions(ctx context.Context, who Standing, room Room, target Target, since time.Time, reason string) error {
	for {
		entry := h.act(who, room, ActTakeBack)
		entry.Target, entry.Reason = target.Author, reason
		n, err := h.store.TakeBackReactions(ctx, room.ID, target.ID, since, purgeAtOnce, entry)
		if err != nil || n < purgeAtOnce {
			return err
		}
	}
}
