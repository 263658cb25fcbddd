package db

import (
	"context"
	"fmt"

	"parlour"
)

const logColumns = `l.id, l.room_id, l.at, l.by_id, l.by_name, l.act, l.target_id, l.target_name, l.detail, l.reason,
	coalesce(r.slug, ''), coalesce(r.name, '')`

func logEntryIn(r row) parlour.LogEntry {
	return parlour.LogEntry{
		ID: r.int(0), Room: r.int(1), At: r.time(2), By: parlour.Author{ID: r.text(3), Name: r.text(4)},
		Act: parlour.Act(r.text(5)), Target: parlour.Author{ID: r.text(6), Name: r.text(7)},
		Detail: r.text(8), Reason: r.text(9), RoomSlug: r.text(10), RoomName: r.text(11),
	}
}

// ModerationLog implements parlour.Store.
func (s *Store) ModerationLog(ctx context.Context, room, before int64, limit int) (entries []parlour.LogEntry, err error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	const from = `SELECT ` + logColumns + ` FROM moderation_log l LEFT JOIN rooms r ON r.id = l.room_id AND r.deleted_at IS NULL`
	query, args := from+` WHERE l.id < $1 ORDER BY l.id DESC LIMIT $2`, []any{before, limit}
	if room != 0 {
		query = from + ` WHERE l.id < $1 AND l.room_id = $2 ORDER BY l.id DESC LIMIT $3`
		args = []any{before, room, limit}
	}
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(query, args...) {
			if err != nil {
				return fmt.Errorf("moderation log: %w", err)
			}
			entries = append(entries, logEntryIn(r))
		}
		return nil
	})
	return entries, err
}
