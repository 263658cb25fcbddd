package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// Attend implements parlour.Store.
func (s *Store) Attend(ctx context.Context, room int64, joined, left []parlour.Author, at time.Time) error {
	return s.writeIn(ctx, room, func(t *tx) error { return t.attend(room, joined, left, at) })
}

func (t *tx) attend(room int64, joined, left []parlour.Author, at time.Time) error {
	if _, err := t.head(room); err != nil {
		return err
	}
	joined, err := t.news(joined, func(p parlour.Author) (bool, error) { return t.arrive(room, p, at) })
	if err != nil {
		return err
	}
	left, err = t.news(left, func(p parlour.Author) (bool, error) { return t.depart(room, p, at) })
	if err != nil {
		return err
	}
	if len(joined)+len(left) == 0 {
		return nil
	}
	if isDiscreet, err := t.isDiscreet(room); err != nil || isDiscreet {
		return err
	}
	last, err := t.newest(room)
	if err != nil {
		return err
	}
	if last.Kind != parlour.KindJoin && last.Kind != parlour.KindLeave {
		kind, event := parlour.Attendance(nil, names(joined), names(left))
		if kind == "" {
			return nil
		}
		_, _, err = t.post(parlour.NewMessage{Room: room, Kind: kind, Event: event, At: at}, nil)
		return err
	}
	kind, event := parlour.Attendance(last.Event, names(joined), names(left))
	if kind == "" {
		_, err = t.remove(last, at)
		return err
	}
	last.Kind, last.Event = kind, event
	_, err = t.change(last)
	return err
}

// isDiscreet tells whether a room wants to be told nothing of this. Its seats are
// marked all the same, so that it is not told of everybody when it wants to again.
func (t *tx) isDiscreet(room int64) (bool, error) {
	r, err := t.one(`SELECT discreet FROM rooms WHERE id = $1`, room)
	if err != nil {
		return false, fmt.Errorf("room %d: %w", room, err)
	}
	return r.flag(0), nil
}

// news are those of whom something is to be told. Several nodes may see the same
// person come or go: only the first of them has news.
func (t *tx) news(people []parlour.Author, tell func(parlour.Author) (bool, error)) (news []parlour.Author, err error) {
	for _, p := range people {
		isNew, err := tell(p)
		if err != nil {
			return nil, err
		}
		if isNew {
			news = append(news, p)
		}
	}
	return news, nil
}

// arrive marks somebody's seat as announced, and tells whether that was not done
// yet. Whoever has no seat is told of all the same.
func (t *tx) arrive(room int64, p parlour.Author, at time.Time) (bool, error) {
	n, isSeated, err := t.announce(room, p, true, at)
	if err != nil || isSeated {
		return n > 0, err
	}
	return true, t.forgetDeparture(room, p.ID)
}

// depart marks somebody's seat as not announced, and tells whether that was not
// done yet. Whoever has given up the seat is remembered for a while.
func (t *tx) depart(room int64, p parlour.Author, at time.Time) (bool, error) {
	n, isSeated, err := t.announce(room, p, false, at)
	if err != nil || isSeated {
		return n > 0, err
	}
	_, err = t.exec(`DELETE FROM departures WHERE room_id = $1 AND at < $2`, room, at.Add(-departureKept))
	if err != nil {
		return false, fmt.Errorf("old departures from room %d: %w", room, err)
	}
	n, err = t.exec(`INSERT INTO departures (room_id, person_id, at) VALUES ($1, $2, $3) ON CONFLICT (room_id, person_id) DO NOTHING`,
		room, p.ID, at)
	if err != nil {
		return false, fmt.Errorf("departure from room %d: %w", room, err)
	}
	return n > 0, nil
}

// departureKept is how far apart nodes may notice that somebody has left.
const departureKept = time.Hour

// forgetDeparture lets somebody who is back leave anew.
func (t *tx) forgetDeparture(room int64, person string) error {
	if _, err := t.exec(`DELETE FROM departures WHERE room_id = $1 AND person_id = $2`, room, person); err != nil {
		return fmt.Errorf("departure from room %d: %w", room, err)
	}
	return nil
}

// announce marks a seat unless it is marked so, and tells whether there is one.
func (t *tx) announce(room int64, p parlour.Author, told bool, at time.Time) (n int64, isSeated bool, err error) {
	n, err = t.exec(`UPDATE seats SET announced = $1, seen_at = $2 WHERE room_id = $3 AND person_id = $4 AND announced <> $1`,
		told, at, room, p.ID)
	if err != nil {
		return 0, false, fmt.Errorf("marking a seat in room %d: %w", room, err)
	}
	if n > 0 {
		return n, true, nil
	}
	_, err = t.one(`SELECT 1 FROM seats WHERE room_id = $1 AND person_id = $2`, room, p.ID)
	if err != nil && !errors.Is(err, errNoRow) {
		return 0, false, fmt.Errorf("seat in room %d: %w", room, err)
	}
	return 0, err == nil, nil
}

// newest is the room's newest message that is not deleted; the zero Message
// when there is none.
func (t *tx) newest(room int64) (parlour.Message, error) {
	r, err := t.one(`SELECT `+messageColumns+` FROM messages
		WHERE id > $1 AND id <= $2 AND deleted_at IS NULL ORDER BY id DESC LIMIT 1`, place(room, 0), place(room, maxSeq))
	switch {
	case errors.Is(err, errNoRow):
		return parlour.Message{}, nil
	case err != nil:
		return parlour.Message{}, fmt.Errorf("newest message of room %d: %w", room, err)
	}
	return messageIn(r)
}

func names(people []parlour.Author) []string {
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = p.Name
	}
	return names
}
