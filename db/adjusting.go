package db

import (
	"context"
	"fmt"

	"parlour"
)

// Adjust implements parlour.Store.
func (s *Store) Adjust(ctx context.Context, room int64, a parlour.Adjustment, told parlour.Setting, entry parlour.LogEntry) error {
	return s.writeIn(ctx, room, func(t *tx) error {
		if _, err := t.head(room); err != nil { // is there such a room?
			return err
		}
		var topic, slow, locked, readOnly any // NULL leaves it as it is
		if a.Topic != nil {
			topic = *a.Topic
		}
		if a.Slow != nil {
			slow = a.Slow.Milliseconds()
		}
		if a.Locked != nil {
			locked = *a.Locked
		}
		if a.ReadOnly != nil {
			readOnly = *a.ReadOnly
		}
		_, err := t.exec(`UPDATE rooms SET topic = coalesce($1, topic), slow_ms = coalesce($2, slow_ms),
			locked = coalesce($3, locked), read_only = coalesce($4, read_only) WHERE id = $5`,
			topic, slow, locked, readOnly, room)
		if err != nil {
			return fmt.Errorf("adjusting room %d: %w", room, err)
		}
		switch {
		case a.Locked != nil:
			t.narrowed(room, parlour.Whom{})
		case a.ReadOnly != nil || a.Slow != nil:
			t.narrowedPosting()
		}
		_, _, err = t.post(parlour.NewMessage{
			Room: room, Kind: parlour.KindSystem, Event: &parlour.Event{Set: &told}, At: entry.At,
		}, nil)
		if err != nil {
			return err
		}
		if a.Topic != nil {
			if err := t.changeFace(room, entry.At, keepPins); err != nil {
				return err
			}
		}
		return t.logAct(entry)
	})
}
