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
	return s.write(ctx, func(t *tx) error { return t.attend(room, joined, left, at) })
}

func (t *tx) attend(room int64, joined, left []parlour.Author, at time.Time) error {
	if _, err := t.head(room); err != nil {
		return err
	}
	if err := t.announce(room, joined, true, at); err != nil {
		return err
	}
	if err := t.announce(room, left, false, at); err != nil {
		return err
	}
	if len(joined)+len(left) == 0 {
		return nil
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

// announce marks the seats of those whom the room is told of. Whoever has none
// is told of all the same.
func (t *tx) announce(room int64, people []parlour.Author, told bool, at time.Time) error {
	for _, p := range people {
		_, err := t.exec(`UPDATE seats SET announced = $1, seen_at = $2 WHERE room_id = $3 AND person_id = $4`,
			told, at, room, p.ID)
		if err != nil {
			return fmt.Errorf("marking a seat in room %d: %w", room, err)
		}
	}
	return nil
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
