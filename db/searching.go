package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parlour"
)

const (
	// tailMost is how many messages that are in no index a search looks at: more are
	// there only while the index of an old house is being made.
	tailMost = 50_000
	// looksMost is how many messages a search looks at that may be wanted by
	// their grams and are not: parts of words that are all frequent, and rare in
	// one piece.
	looksMost = 20_000
)

// search is one on its way.
type search struct {
	conn
	parlour.Wanted
	index   index
	limit   int
	found   []parlour.Message // the newest first
	seen    map[int64]bool    // messages.id of found
	looked  int
	partial bool
}

// Search implements parlour.SearchStore.
func (s *Store) Search(ctx context.Context, wanted parlour.Wanted, limit int) (found parlour.Found, err error) {
	return s.searchBy(ctx, s.index, wanted, limit)
}

func (s *Store) searchBy(ctx context.Context, by index, wanted parlour.Wanted, limit int) (found parlour.Found, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		in := &search{conn: c, index: by, Wanted: wanted, limit: limit + 1, seen: make(map[int64]bool)}
		if err := in.tails(); err != nil {
			return fmt.Errorf("searching what is new: %w", err)
		}
		if err := by.look(ctx, in); err != nil {
			return fmt.Errorf("searching: %w", err)
		}
		found = parlour.Found{Messages: in.found, More: len(in.found) > limit, Partial: in.partial}
		found.Messages = found.Messages[:min(len(found.Messages), limit)]
		return nil
	})
	return found, err
}

// take adds a message to those found, if it is wanted and new enough.
func (s *search) take(m parlour.Message) {
	floor, isIn := s.Floors[m.Room]
	id := place(m.Room, m.Seq)
	if !isIn || m.Seq <= floor || s.seen[id] || s.Older != (parlour.Mark{}) && !m.Mark().Before(s.Older) || !s.Finds(m) {
		return
	}
	s.seen[id] = true
	i, _ := slices.BinarySearchFunc(s.found, m, func(a, b parlour.Message) int {
		if b.Mark().Before(a.Mark()) {
			return -1
		}
		return 1
	})
	s.found = slices.Insert(s.found, i, m)
	s.found = s.found[:min(len(s.found), s.limit)]
}

// isFull tells whether enough was found that nothing from a time or before
// it changes that.
func (s *search) isFull(at int64) bool {
	return len(s.found) == s.limit && s.found[s.limit-1].At.UnixMilli() > at
}

// bounds are the times between which a message can be wanted: from the first
// until before the second.
func (s *search) bounds() (after, before int64) {
	before = 1<<63 - 1
	if !s.Query.After.IsZero() {
		after = s.Query.After.UnixMilli()
	}
	if !s.Query.Before.IsZero() {
		before = s.Query.Before.UnixMilli()
	}
	if !s.Older.At.Equal(time.Time{}) {
		before = min(before, s.Older.At.UnixMilli()+1)
	}
	return after, before
}

// tailsQuery finds the rooms of which an index lacks changes.
func tailsQuery(of index) string { return tailsWhere(of, "") }

// tailQuery is the same for one room.
func tailQuery(of index) string { return tailsWhere(of, "rooms.id = $1 AND") }

func tailsWhere(of index, where string) string {
	return `SELECT rooms.id, rooms.head, coalesce(done.upto, 0) FROM rooms
		LEFT JOIN ` + of.progress() + ` AS done ON done.room_id = rooms.id
		WHERE ` + where + ` rooms.deleted_at IS NULL AND rooms.head > coalesce(done.upto, 0)
		ORDER BY rooms.id`
}

const (
	tailPostsQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE id > $1 AND id <= $2 AND deleted_at IS NULL ORDER BY id DESC LIMIT $3`
	tailEditsQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE room_id = $1 AND changed > $2 AND changed <> seq AND id <= $3 AND edited_at IS NOT NULL
		ORDER BY changed DESC LIMIT $4`
)

// tail is what the index does not have of a room: its changes after upto.
type tail struct {
	room       int64
	head, upto parlour.Seq
}

func tailsIn(c conn, query string, args ...any) (tails []tail, err error) {
	for r, err := range c.rows(query, args...) {
		if err != nil {
			return nil, fmt.Errorf("rooms without an index: %w", err)
		}
		tails = append(tails, tail{room: r.int(0), head: r.seq(1), upto: r.seq(2)})
	}
	return tails, nil
}

// tails looks at what is not in the index yet.
func (s *search) tails() error {
	tails, err := s.wantedTails()
	if err != nil {
		return err
	}
	left := tailMost
	look := func(query string, args ...any) error {
		for r, err := range s.rows(query, append(args, left)...) {
			if err != nil {
				return err
			}
			left--
			m, err := messageIn(r)
			if err != nil {
				return err
			}
			s.take(m)
		}
		return nil
	}
	for _, t := range tails {
		if err := look(tailEditsQuery, t.room, t.upto, place(t.room, t.upto)); err != nil {
			return err
		}
		if err := look(tailPostsQuery, place(t.room, t.upto), place(t.room, t.head)); err != nil {
			return err
		}
		if left <= 0 {
			s.partial = true
			break
		}
	}
	return nil
}

// askEach is up to how many rooms are asked for one by one, where all would be
// many more.
const askEach = 20

func (s *search) wantedTails() (tails []tail, err error) {
	if len(s.Floors) > askEach {
		all, err := tailsIn(s.conn, tailsQuery(s.index))
		return slices.DeleteFunc(all, func(t tail) bool { _, isIn := s.Floors[t.room]; return !isIn }), err
	}
	for room := range s.Floors {
		some, err := tailsIn(s.conn, tailQuery(s.index), room)
		if err != nil {
			return nil, err
		}
		tails = append(tails, some...)
	}
	return tails, nil
}
