package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parlour"
)

const (
	// tailMost is how many messages without a run a search looks at: more are
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
	limit   int
	found   []parlour.Message // the newest first
	seen    map[int64]bool    // messages.id of found
	looked  int
	partial bool
}

// Search implements parlour.SearchStore.
func (s *Store) Search(ctx context.Context, wanted parlour.Wanted, limit int) (found parlour.Found, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		in := &search{conn: c, Wanted: wanted, limit: limit + 1, seen: make(map[int64]bool)}
		if err := in.tails(); err != nil {
			return fmt.Errorf("searching what is new: %w", err)
		}
		if err := in.runs(ctx); err != nil {
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

const (
	tailsQuery = `SELECT rooms.id, rooms.head, coalesce(search_rooms.upto, 0) FROM rooms
		LEFT JOIN search_rooms ON search_rooms.room_id = rooms.id
		WHERE rooms.deleted_at IS NULL AND rooms.head > coalesce(search_rooms.upto, 0)
		ORDER BY rooms.id`
	tailQuery = `SELECT rooms.id, rooms.head, coalesce(search_rooms.upto, 0) FROM rooms
		LEFT JOIN search_rooms ON search_rooms.room_id = rooms.id
		WHERE rooms.id = $1 AND rooms.deleted_at IS NULL AND rooms.head > coalesce(search_rooms.upto, 0)`
	tailPostsQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE id > $1 AND id <= $2 AND deleted_at IS NULL ORDER BY id DESC LIMIT $3`
	tailEditsQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE room_id = $1 AND changed > $2 AND changed <> seq AND id <= $3 AND edited_at IS NOT NULL
		ORDER BY changed DESC LIMIT $4`
)

// tail is what the runs do not have of a room: its changes after upto.
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

// tails looks at what is in no run yet.
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
		all, err := tailsIn(s.conn, tailsQuery)
		return slices.DeleteFunc(all, func(t tail) bool { _, isIn := s.Floors[t.room]; return !isIn }), err
	}
	for room := range s.Floors {
		some, err := tailsIn(s.conn, tailQuery, room)
		if err != nil {
			return nil, err
		}
		tails = append(tails, some...)
	}
	return tails, nil
}

const (
	runsQuery   = `SELECT id, oldest, newest, size FROM search_runs ORDER BY newest DESC`
	placesQuery = `SELECT places FROM search_runs WHERE id = $1`
	gramsQuery  = `SELECT gram, lists FROM search_grams
		WHERE run = $1 AND gram >= coalesce((SELECT gram FROM search_grams WHERE run = $1 AND gram <= $2 ORDER BY gram DESC LIMIT 1), $2)
			AND gram < $3
		ORDER BY gram`
)

// runHead is a run without its lists.
type runHead struct {
	id, oldest, newest int64
	size               int
}

func runsIn(c conn) (runs []runHead, err error) {
	for r, err := range c.rows(runsQuery) {
		if err != nil {
			return nil, fmt.Errorf("runs: %w", err)
		}
		runs = append(runs, runHead{id: r.int(0), oldest: r.int(1), newest: r.int(2), size: int(r.int(3))})
	}
	return runs, nil
}

func placesIn(c conn, run runHead) ([]runPlace, error) {
	r, err := c.one(placesQuery, run.id)
	if err != nil {
		return nil, fmt.Errorf("messages of run %d: %w", run.id, err)
	}
	return unpackPlaces(r.bytes(0), run.size)
}

// runs looks for what is wanted in the runs, the newest first.
func (s *search) runs(ctx context.Context) error {
	runs, err := runsIn(s.conn)
	if err != nil {
		return err
	}
	after, before := s.bounds()
	spans, more := spansOf(s.Query)
	for _, run := range runs {
		if s.isFull(run.newest) || s.partial {
			return nil
		}
		if run.newest < after || run.oldest >= before || len(s.Floors) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		var in members
		if some, err := s.inRun(&in, run, spans, more); err != nil || !some {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.lookAt(run, &in, after, before); err != nil {
			return err
		}
	}
	return nil
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

// fewLooks is up to how many messages are looked at sooner than at more lists.
const fewLooks = 4

// inRun leaves those messages of a run that have a gram of each span, and tells
// whether there are any. It looks at more only where many are left.
func (s *search) inRun(in *members, run runHead, spans, more []span) (bool, error) {
	in.fill()
	left := runSize
	for i, span := range append(slices.Clip(spans), more...) {
		if left == 0 || i >= len(spans) && left <= fewLooks {
			break
		}
		var have members
		for r, err := range s.rows(gramsQuery, run.id, int64(span.from), int64(span.to)) {
			if err == nil {
				err = unpackLists(&have, gram(r.int(0)), r.bytes(1), span)
			}
			if err != nil {
				return false, fmt.Errorf("lists of run %d: %w", run.id, err)
			}
		}
		left = in.keep(&have)
	}
	return left > 0, nil
}

// lookAt looks at messages of a run as they are now, the newest first.
func (s *search) lookAt(run runHead, in *members, after, before int64) error {
	places, err := placesIn(s.conn, run)
	if err != nil {
		return err
	}
	for n, p := range slices.Backward(places) {
		room, seq := p.id/(maxSeq+1), parlour.Seq(p.id%(maxSeq+1))
		floor, isIn := s.Floors[room]
		switch {
		case !in.has(n) || !isIn || seq <= floor || p.at < after || p.at >= before || s.seen[p.id]:
			continue
		case s.isFull(p.at):
			return nil
		case s.looked == looksMost:
			s.partial = true
			return nil
		}
		s.looked++
		m, err := messageAt(s.conn, room, seq)
		switch {
		case err == nil:
			s.take(m)
		case !errors.Is(err, parlour.ErrMessageNotFound): // the room may have been emptied
			return err
		}
	}
	return nil
}
