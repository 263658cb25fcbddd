package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"parlour"
)

// HaveRead implements parlour.ReadingStore.
func (s *Store) HaveRead(ctx context.Context, room int64, upTo map[string]parlour.Seq) error {
	if len(upTo) == 0 {
		return nil
	}
	return s.writeApart(ctx, func(t *tx) error {
		for _, person := range slices.Sorted(maps.Keys(upTo)) { // in the order in which seats lie
			_, err := t.exec(`UPDATE seats SET read_seq = $1 WHERE room_id = $2 AND person_id = $3 AND read_seq < $1`,
				upTo[person], room, person)
			if err != nil {
				return fmt.Errorf("noting the reading in room %d: %w", room, err)
			}
		}
		return nil
	})
}

// unreadQuery finds what is unread among the newest thousand messages after a
// number: where a moderator has deleted a flood, or the house has talked to
// itself, the lobby does not wait until all of that is passed over.
const unreadQuery = `SELECT 1 FROM messages
	WHERE id > coalesce((SELECT id FROM messages WHERE id > $1 AND id <= $2 ORDER BY id DESC LIMIT 1 OFFSET 1000), $1)
		AND id <= $2 AND deleted_at IS NULL AND kind IN ('message', 'action', 'notice') AND author_id <> $3
	LIMIT $4`

// Unread implements parlour.ReadingStore.
func (s *Store) Unread(ctx context.Context, person string, after map[int64]parlour.Seq) (map[int64]int, error) {
	unread := make(map[int64]int)
	err := s.snapshot(ctx, func(c conn) error {
		for room, seq := range after {
			for _, err := range c.rows(unreadQuery, place(room, seq), place(room, maxSeq), person, parlour.UnreadMost) {
				if err != nil {
					return fmt.Errorf("unread in room %d: %w", room, err)
				}
				unread[room]++
			}
		}
		return nil
	})
	return unread, err
}

const firstUnreadQuery = `SELECT seq FROM messages
	WHERE id > $1 AND id <= $2 AND deleted_at IS NULL AND kind IN ('message', 'action', 'notice') AND author_id <> $3
	ORDER BY id LIMIT 1`

// FirstUnread implements parlour.ReadingStore.
func (s *Store) FirstUnread(ctx context.Context, room int64, person string, after parlour.Seq) (first parlour.Seq, err error) {
	err = s.read(ctx, func(c conn) error {
		r, err := c.one(firstUnreadQuery, place(room, after), place(room, maxSeq), person)
		switch {
		case errors.Is(err, errNoRow):
			return nil
		case err != nil:
			return fmt.Errorf("first unread message of room %d: %w", room, err)
		}
		first = r.seq(0)
		return nil
	})
	return first, err
}
