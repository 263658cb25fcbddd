package db

import (
	"errors"
	"fmt"
	"time"

	"parlour"
)

// unreserved refuses a name that another member has.
func (t *tx) unreserved(key, person string) error {
	_, err := t.one(`SELECT 1 FROM members WHERE name_key = $1 AND id <> $2`, key, person)
	switch {
	case errors.Is(err, errNoRow):
		return nil
	case err != nil:
		return fmt.Errorf("member of a name: %w", err)
	default:
		return parlour.ErrNameReserved
	}
}

// reserve makes a name the member's alone: whoever else has it in a room and
// may be made to gives it up, ErrNameTaken when they keep it. Guests whose names
// look like it are marked.
func (t *tx) reserve(member, key, skeleton string, staleBefore time.Time) error {
	seats, err := seatsIn(t.conn, `SELECT `+seatColumns+` FROM seats WHERE name_key = $1 AND person_id <> $2`, key, member)
	if err != nil {
		return fmt.Errorf("seats of a name: %w", err)
	}
	for _, seat := range seats {
		if isHeld(seat, staleBefore) {
			return parlour.ErrNameTaken
		}
	}
	for _, seat := range seats {
		if err := t.giveUp(seat.Room, seat.Person); err != nil {
			return err
		}
	}
	seats, err = seatsIn(t.conn, `UPDATE seats SET lookalike = 1 WHERE skeleton = $1 AND person_id <> $2 AND guest = 1 AND lookalike = 0
		RETURNING `+seatColumns, skeleton, member)
	if err != nil {
		return fmt.Errorf("marking names: %w", err)
	}
	for _, seat := range seats {
		t.order(parlour.Control{Kind: parlour.ControlRenamed, Room: seat.Room, Person: seat.Author()})
	}
	return nil
}

// isHeld tells whether a seat keeps its name from others.
func isHeld(seat parlour.Seat, staleBefore time.Time) bool {
	return seat.Announced || !seat.SeenAt.Before(staleBefore)
}

// looksLike tells whether a name looks like that of another member, or of
// somebody else who holds theirs in the room.
func (t *tx) looksLike(room int64, skeleton, person string, staleBefore time.Time) (bool, error) {
	_, err := t.one(`SELECT 1 FROM members WHERE skeleton = $1 AND id <> $2
		UNION ALL SELECT 1 FROM seats
		WHERE skeleton = $1 AND person_id <> $2 AND room_id = $3 AND (announced = 1 OR seen_at >= $4) LIMIT 1`,
		skeleton, person, room, staleBefore)
	if err != nil && !errors.Is(err, errNoRow) {
		return false, fmt.Errorf("names that look alike: %w", err)
	}
	return err == nil, nil
}
