package db

import (
	"context"
	"errors"
	"fmt"

	"parlour"
)

const filterColumns = `id, room_id, kind, pattern, act, created_at`

func filterIn(r row) parlour.Filter {
	return parlour.Filter{
		ID: r.int(0), Room: r.int(1), Kind: parlour.FilterKind(r.text(2)), Pattern: r.text(3),
		Act: parlour.FilterAct(r.text(4)), At: r.time(5),
	}
}

// Filters implements parlour.Store.
func (s *Store) Filters(ctx context.Context, room int64) (filters []parlour.Filter, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT `+filterColumns+` FROM filters WHERE room_id = $1 ORDER BY id`, room) {
			if err != nil {
				return fmt.Errorf("filters of room %d: %w", room, err)
			}
			filters = append(filters, filterIn(r))
		}
		return nil
	})
	return filters, err
}

// AddFilter implements parlour.Store.
func (s *Store) AddFilter(ctx context.Context, filter parlour.Filter, entry parlour.LogEntry) (added parlour.Filter, err error) {
	err = s.write(ctx, func(t *tx) error {
		r, err := t.one(`SELECT count(*) FROM filters WHERE room_id = $1`, filter.Room)
		if err != nil {
			return fmt.Errorf("filters of room %d: %w", filter.Room, err)
		}
		if r.int(0) >= parlour.MaxFilters {
			return parlour.ErrTooManyFilters
		}
		r, err = t.one(`INSERT INTO filters (room_id, kind, pattern, act, created_at) VALUES ($1, $2, $3, $4, $5)
			RETURNING `+filterColumns, filter.Room, string(filter.Kind), filter.Pattern, string(filter.Act), filter.At)
		if err != nil {
			return fmt.Errorf("filter of room %d: %w", filter.Room, err)
		}
		added = filterIn(r)
		t.order(parlour.Control{Kind: parlour.ControlFilters, Room: filter.Room})
		return t.logAct(entry)
	})
	return added, err
}

// RemoveFilter implements parlour.Store.
func (s *Store) RemoveFilter(ctx context.Context, room, id int64, entry parlour.LogEntry) error {
	return s.write(ctx, func(t *tx) error {
		r, err := t.one(`DELETE FROM filters WHERE room_id = $1 AND id = $2 RETURNING `+filterColumns, room, id)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrFilterNotFound
		case err != nil:
			return fmt.Errorf("filter %d: %w", id, err)
		}
		completed := entry
		completed.Detail = filterIn(r).String()
		t.order(parlour.Control{Kind: parlour.ControlFilters, Room: room})
		return t.logAct(completed)
	})
}
