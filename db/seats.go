package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// seatColumns are what seatIn reads, in its order: where and whose the seat is,
// and then what placeIn reads.
const (
	seatColumns  = `room_id, person_id, ` + placeColumns
	placeColumns = `name, announced, seen_at, admitted, since, after_seq, guest, lookalike, read_seq`
)

func seatIn(r row) parlour.Seat { return placeIn(r[2:], r.int(0), r.text(1)) }

// placeIn is a seat that was asked for by room and person.
func placeIn(r row, room int64, person string) parlour.Seat {
	return parlour.Seat{
		Room: room, Person: person, Name: r.text(0),
		Announced: r.flag(1), SeenAt: r.time(2), Admitted: r.flag(3), Since: r.time(4), After: r.seq(5),
		Guest: r.flag(6), Lookalike: r.flag(7), Read: r.seq(8),
	}
}

func seatsIn(c conn, query string, args ...any) (seats []parlour.Seat, err error) {
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
	err = s.read(ctx, func(c conn) error {
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
	err = s.read(ctx, func(c conn) (err error) {
		seats, err = seatsIn(c, `SELECT `+seatColumns+` FROM seats WHERE announced = 1 ORDER BY room_id, person_id`)
		return err
	})
	return seats, err
}

// TakeSeat implements parlour.Store.
func (s *Store) TakeSeat(ctx context.Context, seat parlour.Seat, staleBefore time.Time) (taken parlour.Seat, err error) {
	key, skeleton := parlour.NameKey(seat.Name), parlour.Skeleton(seat.Name)
	err = s.writeIn(ctx, seat.Room, func(t *tx) error {
		if err := t.overtaken(seat.Asked); err != nil {
			return err
		}
		head, err := t.head(seat.Room)
		if err != nil {
			return err
		}
		if err := t.unreserved(key, seat.Person); err != nil {
			return err
		}
		holder, err := t.holder(seat.Room, key, seat.Person, staleBefore)
		if err != nil {
			return err
		}
		if err := t.giveUp(seat.Room, holder); err != nil {
			return err
		}
		lookalike, err := t.looksLike(seat.Room, skeleton, seat.Person, staleBefore)
		if err != nil {
			return err
		}
		// What was said since the room was looked at was not said to this person,
		// and may quote what is not for them.
		after := max(seat.After, head)
		r, err := t.one(`INSERT INTO seats (room_id, person_id, name, name_key, announced, seen_at, admitted, since, after_seq,
				guest, skeleton, lookalike, read_seq)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (room_id, person_id) DO UPDATE
			SET name = excluded.name, name_key = excluded.name_key, seen_at = excluded.seen_at, guest = excluded.guest,
				skeleton = excluded.skeleton, lookalike = excluded.lookalike,
				admitted = CASE WHEN excluded.admitted > seats.admitted THEN excluded.admitted ELSE seats.admitted END
			RETURNING `+seatColumns,
			seat.Room, seat.Person, seat.Name, key, seat.Announced, seat.SeenAt,
			seat.Admitted, seat.Since, after, seat.Guest, skeleton, lookalike, seat.Read)
		if err != nil {
			return fmt.Errorf("seat in room %d: %w", seat.Room, err)
		}
		taken = seatIn(r)
		return t.forgetDeparture(seat.Room, seat.Person)
	})
	return taken, err
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
	return s.writeIn(ctx, room, func(t *tx) error { return t.leave(room, person) })
}

// leave gives up a seat, and has all nodes end the person's streams there.
func (t *tx) leave(room int64, person string) error {
	if err := t.giveUp(room, person); err != nil {
		return err
	}
	t.order(parlour.Control{Kind: parlour.ControlLeft, Room: room, Person: parlour.Author{ID: person}})
	return nil
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
	if err := t.unreserved(key, person); err != nil {
		return err
	}
	marked, err := t.renameSeats(person, name, key, at, staleBefore)
	if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE members SET name = $1, name_key = $2, skeleton = $3 WHERE id = $4`,
		name, key, parlour.Skeleton(name), person)
	if err != nil {
		return fmt.Errorf("renaming %s: %w", person, err)
	}
	t.show(parlour.Author{ID: person, Name: name, Guest: n == 0}, marked)
	if n == 0 {
		return nil
	}
	return t.reserve(person, key, parlour.Skeleton(name), staleBefore)
}

// show has all nodes show somebody under another name, as a lookalike in some
// rooms.
func (t *tx) show(person parlour.Author, marked []int64) {
	t.order(parlour.Control{Kind: parlour.ControlRenamed, Person: person})
	person.Lookalike = true
	for _, room := range marked {
		t.order(parlour.Control{Kind: parlour.ControlRenamed, Room: room, Person: person})
	}
}

// renameSeats gives all seats of a person a name that no member has, and tells in
// which rooms it is marked.
func (t *tx) renameSeats(person, name, key string, at, staleBefore time.Time) (marked []int64, err error) {
	seats, err := seatsIn(t.conn, `SELECT `+seatColumns+` FROM seats WHERE person_id = $1 ORDER BY room_id`, person)
	if err != nil {
		return nil, fmt.Errorf("seats of %s: %w", person, err)
	}
	skeleton := parlour.Skeleton(name)
	holders := make([]string, len(seats))
	for i, seat := range seats { // all are asked before any is changed
		if holders[i], err = t.holder(seat.Room, key, person, staleBefore); err != nil {
			return nil, err
		}
	}
	for i, seat := range seats {
		if err := t.giveUp(seat.Room, holders[i]); err != nil {
			return nil, err
		}
		lookalike, err := t.looksLike(seat.Room, skeleton, person, staleBefore)
		if err != nil {
			return nil, err
		}
		_, err = t.exec(`UPDATE seats SET name = $1, name_key = $2, seen_at = $3, skeleton = $4, lookalike = $5
			WHERE room_id = $6 AND person_id = $7`, name, key, at, skeleton, lookalike, seat.Room, person)
		if err != nil {
			return nil, fmt.Errorf("renaming in room %d: %w", seat.Room, err)
		}
		if lookalike {
			marked = append(marked, seat.Room)
		}
		if !seat.Announced || seat.Name == name {
			continue
		}
		_, _, err = t.post(parlour.NewMessage{
			Room: seat.Room, Kind: parlour.KindSystem, At: at,
			Event: &parlour.Event{Renamed: &parlour.Renaming{From: seat.Name, To: name}},
		}, nil)
		if err != nil {
			return nil, err
		}
	}
	return marked, nil
}
