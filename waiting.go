package parlour

import (
	"context"
	"time"
)

// WaitingStore keeps who waits to be let in.
type WaitingStore interface {
	// Waiting are the seats of a room whose people were not admitted, as far as
	// they were seen since a time: who came first is first.
	Waiting(ctx context.Context, room int64, since time.Time) ([]Seat, error)
	// Admit lets somebody in, or is ErrPersonNotFound when nobody of that id
	// waits.
	Admit(ctx context.Context, room int64, person string, entry LogEntry) error
}

const (
	// waitingForget is how long somebody counts as waiting who does not ask any
	// more.
	waitingForget = 10 * time.Minute
	// waitingSeen is how often it is written down that somebody still waits.
	waitingSeen = time.Minute
	// refusedFor is how long somebody stays out who was not let in.
	refusedFor = time.Hour
)

// Wait notes that somebody still waits to be let in. It is to be called when
// Enter answered ErrWaiting.
func (h *House) Wait(ctx context.Context, who Standing) error {
	now := h.now()
	if now.Sub(who.Seat.SeenAt) < waitingSeen {
		return nil
	}
	seat := who.Seat
	seat.SeenAt = now
	_, err := h.store.TakeSeat(ctx, seat, now.Add(-h.nameHold))
	return err
}

// Admit lets somebody in who waits.
func (h *House) Admit(ctx context.Context, by Identity, slug, person string) error {
	room, who, err := h.find(ctx, by, slug, Moderate)
	if err != nil {
		return err
	}
	return h.store.Admit(ctx, room.ID, person, h.act(who, room, ActAdmit))
}

// TurnAway keeps somebody out for a while who waits, and frees their name.
func (h *House) TurnAway(ctx context.Context, by Identity, slug, person, reason string) error {
	s, err := h.Sanction(ctx, by, slug, Sentence{Kind: Kick, Person: person, For: refusedFor, Reason: reason})
	if err != nil {
		return err
	}
	return h.store.GiveUpSeat(ctx, s.Room, person)
}
