package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

const seatColumns = `room_id, person_id, name, announced, seen_at`

func seatIn(r row) parlour.Seat {
	return parlour.Seat{
		Room: r.int(0), Person: r.text(1), Name: r.text(2),
		Announced: r.int(3) != 0, SeenAt: r.time(4),
	}
}

func seatsIn(c *conn, query string, args ...any) (seats []parlour.Seat, err error) {
	for r, err := range c.rows(query, args...) {
		if err != nil {
			return nil, err
		}
		seats = append(seats, seatIn(r))
	}
	return seats, nil
}

// Seat implements parlour.Store.
func (s *Store) Seat(ctx context.Context, room int64, person string) (seat parlour.Seat, err error) {
	err = s.read(ctx, func(c *conn) error {
		r, err := c.one(`SELECT `+seatColumns+` FROM seats WHERE room_id = $1 AND person_id = $2`, room, person)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrNoSeat
		case err != nil:
			return fmt.Errorf("seat of %s in room %d: %w", person, room, err)
		}
		seat = seatIn(r)
		return nil
	})
	return seat, err
}

// AnnouncedSeats implements parlour.Store.
func (s *Store) AnnouncedSeats(ctx context.Context) (seats []parlour.Seat, err error) {
	err = s.read(ctx, func(c *conn) (err error) {
		seats, err = seatsIn(c, `SELECT `+seatColumns+` FROM seats WHERE announced = 1 ORDER BY room_id, person_id`)
		return err
	})
	return seats, err
}

// TakeSeat implements parlour.Store.
func (s *Store) TakeSeat(ctx context.Context, seat parlour.Seat, staleBefore time.Time) error {
	key := parlour.NameKey(seat.Name)
	return s.write(ctx, func(t *tx) error {
		if _, err := t.head(seat.Room); err != nil { // is there such a room?
			return err
		}
		holder, err := t.holder(seat.Room, key, seat.Person, staleBefore)
		if err != nil {
			return err
		}
		if err := t.giveUp(seat.Room, holder); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO seats (room_id, person_id, name, name_key, announced, seen_at)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (room_id, person_id) DO UPDATE
			SET name = excluded.name, name_key = excluded.name_key, seen_at = excluded.seen_at`,
			seat.Room, seat.Person, seat.Name, key, seat.Announced, seat.SeenAt)
		if err != nil {
			return fmt.Errorf("seat in room %d: %w", seat.Room, err)
		}
		return nil
	})
}

// holder is who else holds a name in a room and may be made to give it up;
// empty when nobody does, ErrNameTaken when they keep it.
func (t *tx) holder(room int64, key, person string, staleBefore time.Time) (string, error) {
	r, err := t.one(`SELECT `+seatColumns+` FROM seats WHERE room_id = $1 AND name_key = $2`, room, key)
	switch {
	case errors.Is(err, errNoRow):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("holder of a name in room %d: %w", room, err)
	}
	switch seat := seatIn(r); {
	case seat.Person == person:
		return "", nil
	case seat.Announced || !seat.SeenAt.Before(staleBefore):
		return "", parlour.ErrNameTaken
	default:
		return seat.Person, nil
	}
}

// GiveUpSeat implements parlour.Store.
func (s *Store) GiveUpSeat(ctx context.Context, room int64, person string) error {
	return s.write(ctx, func(t *tx) error { return t.giveUp(room, person) })
}

func (t *tx) giveUp(room int64, person string) error {
	if person == "" {
		return nil
	}
	if _, err := t.exec(`DELETE FROM seats WHERE room_id = $1 AND person_id = $2`, room, person); err != nil {
		return fmt.Errorf("giving up a seat in room %d: %w", room, err)
	}
	return nil
}

// Rename implements parlour.Store.
func (s *Store) Rename(ctx context.Context, person, name string, at, staleBefore time.Time) error {
	key := parlour.NameKey(name)
	return s.write(ctx, func(t *tx) error { return t.rename(person, name, key, at, staleBefore) })
}

func (t *tx) rename(person, name, key string, at, staleBefore time.Time) error {
	seats, err := seatsIn(t.conn, `SELECT `+seatColumns+` FROM seats WHERE person_id = $1 ORDER BY room_id`, person)
	if err != nil {
		return fmt.Errorf("seats of %s: %w", person, err)
	}
	holders := make([]string, len(seats))
	for i, seat := range seats { // all are asked before any is changed
		if holders[i], err = t.holder(seat.Room, key, person, staleBefore); err != nil {
			return err
		}
	}
	for i, seat := range seats {
		if err := t.giveUp(seat.Room, holders[i]); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE seats SET name = $1, name_key = $2, seen_at = $3 WHERE room_id = $4 AND person_id = $5`,
			name, key, at, seat.Room, person)
		if err != nil {
			return fmt.Errorf("renaming in room %d: %w", seat.Room, err)
		}
		if !seat.Announced || seat.Name == name {
			continue
		}
		_, _, err = t.post(parlour.NewMessage{
			Room: seat.Room, Kind: parlour.KindSystem, At: at,
			Event: &parlour.Event{Renamed: &parlour.Renaming{From: seat.Name, To: name}},
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}
