package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// waitingShown is how many of those who wait are listed.
const waitingShown = 200

// Waiting implements parlour.Store.
func (s *Store) Waiting(ctx context.Context, room int64, since time.Time) (seats []parlour.Seat, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		seats, err = seatsIn(c, `SELECT `+seatColumns+` FROM seats
			WHERE room_id = $1 AND admitted = 0 AND seen_at >= $2 ORDER BY since, person_id LIMIT $3`,
			room, since, waitingShown)
		if err != nil {
			return fmt.Errorf("waiting for room %d: %w", room, err)
		}
		return nil
	})
	return seats, err
}

// Admit implements parlour.Store.
func (s *Store) Admit(ctx context.Context, room int64, person string, entry parlour.LogEntry) error {
	return s.writeIn(ctx, room, func(t *tx) error {
		r, err := t.one(`UPDATE seats SET admitted = 1 WHERE room_id = $1 AND person_id = $2 AND admitted = 0 RETURNING name`,
			room, person)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrPersonNotFound
		case err != nil:
			return fmt.Errorf("admitting to room %d: %w", room, err)
		}
		completed := entry
		completed.Target = parlour.Author{ID: person, Name: r.text(0)}
		return t.logAct(completed)
	})
}
