package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"parlour"
)

// runs is the index made of runs: see grams.go. SQLite has it, and a PostgreSQL
// without trigrams.
type runs struct{}

func (runs) progress() string { return "search_rooms" }

// step makes one run of what is in none, and a short one if all is to be there.
func (runs) step(ctx context.Context, s *Store, all bool) (bool, error) {
	var p *indexing
	err := s.skim(ctx, func(c conn) (err error) {
		p, err = plan(c, all)
		return err
	})
	if err != nil || p == nil {
		return false, err
	}
	p.build()
	return true, s.writeApart(ctx, p.write)
}

// indexing is a step of the index: some runs go, others come in their place, and
// rooms are further than they were.
type indexing struct {
	tails    []tail // with head: how far the room is then
	gone     []runHead
	messages []parlour.Message
	again    [][]parlour.Message // those of runs that stay apart
	fresh    []run
	forgets  int64 // a deleted room
	isLast   bool  // nothing is left of that then
}

// plan is what there is to do, or nil.
func plan(c conn, all bool) (*indexing, error) {
	n, err := newsIn(c, runs{})
	switch {
	case err != nil:
		return nil, err
	case len(n.tails) == 0 && all:
		return forgetting(c)
	case len(n.tails) == 0 || n.isFew && !all:
		return nil, nil
	}
	p := &indexing{tails: n.tails, messages: n.posted}
	if len(n.posted) == 0 && len(n.changed) == 0 {
		return p, nil
	}
	var changed []timed
	for _, m := range n.changed {
		changed = append(changed, timed{m.At.UnixMilli(), place(m.Room, m.Seq)})
	}
	return p, p.replace(c, changed)
}

// build makes the runs.
func (p *indexing) build() {
	for ms := range slices.Chunk(ordered(p.messages), runSize) {
		p.fresh = append(p.fresh, runOf(ms))
	}
	for _, ms := range p.again {
		p.fresh = append(p.fresh, runOf(ms))
	}
	p.messages, p.again = nil, nil
}

// ordered are those of some messages that can be found, in the order of a run.
func ordered(ms []parlour.Message) []parlour.Message {
	ms = slices.DeleteFunc(ms, func(m parlour.Message) bool { return !m.IsAnswerable() })
	slices.SortFunc(ms, func(a, b parlour.Message) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(place(a.Room, a.Seq), place(b.Room, b.Seq)))
	})
	return ms
}

// shortRun is up to how many messages a run is joined with what is new.
const shortRun = runSize / 2

// replace takes up the runs that have changed messages, and those that are short.
func (p *indexing) replace(c conn, changed []timed) error {
	heads, err := runsIn(c)
	if err != nil {
		return err
	}
	for _, run := range heads {
		isHit := slices.ContainsFunc(changed, func(m timed) bool { return run.oldest <= m.at && m.at <= run.newest })
		if run.size > shortRun && !isHit {
			continue
		}
		places, err := placesIn(c, run)
		if err != nil {
			return err
		}
		isHit = isHit && slices.ContainsFunc(places, func(m timed) bool { return slices.Contains(changed, m) })
		if run.size > shortRun && !isHit {
			continue
		}
		if err := p.takeUp(c, run, places); err != nil {
			return err
		}
	}
	return nil
}

// takeUp has a run made again, of its messages as they are now.
func (p *indexing) takeUp(c conn, run runHead, places []timed) error {
	var ms []parlour.Message
	for _, at := range places {
		m, err := messageAt(c, at.id/(maxSeq+1), parlour.Seq(at.id%(maxSeq+1)))
		switch {
		case err == nil && m.Room != p.forgets:
			ms = append(ms, m)
		case err != nil && !errors.Is(err, parlour.ErrMessageNotFound):
			return err
		}
	}
	p.gone = append(p.gone, run)
	if ms = ordered(ms); len(ms) > shortRun {
		p.again = append(p.again, ms)
	} else {
		p.messages = append(p.messages, ms...)
	}
	return nil
}

// forgetAtOnce is how many runs are made again in one step because a room was
// deleted.
const forgetAtOnce = 8

// forgetting plans to have nothing left of a room that was deleted, or nothing.
func forgetting(c conn) (*indexing, error) {
	room, err := forgotten(c, runs{})
	if errors.Is(err, errNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &indexing{forgets: room, isLast: true}
	heads, err := runsIn(c)
	if err != nil {
		return nil, err
	}
	for _, run := range heads {
		places, err := placesIn(c, run)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(places, func(m timed) bool { return m.id/(maxSeq+1) == p.forgets }) {
			continue
		}
		if len(p.gone) == forgetAtOnce {
			p.isLast = false
			break
		}
		if err := p.takeUp(c, run, places); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// write stores a step, unless another one was stored since it was planned.
func (p *indexing) write(t *tx) error {
	for _, room := range p.tails {
		n, err := t.exec(`INSERT INTO search_rooms (room_id, upto) VALUES ($1, $2)
			ON CONFLICT (room_id) DO UPDATE SET upto = excluded.upto WHERE search_rooms.upto = $3`, room.room, room.head, room.upto)
		if err != nil {
			return fmt.Errorf("search index of room %d: %w", room.room, err)
		}
		if n == 0 {
			return errStaleStep
		}
	}
	if p.isLast {
		if _, err := t.exec(`DELETE FROM search_rooms WHERE room_id = $1`, p.forgets); err != nil {
			return fmt.Errorf("search index of room %d: %w", p.forgets, err)
		}
	}
	for _, run := range p.gone {
		if _, err := t.exec(`DELETE FROM search_grams WHERE run = $1`, run.id); err != nil {
			return fmt.Errorf("lists of run %d: %w", run.id, err)
		}
		n, err := t.exec(`DELETE FROM search_runs WHERE id = $1`, run.id)
		if err != nil {
			return fmt.Errorf("run %d: %w", run.id, err)
		}
		if n == 0 {
			return errStaleStep
		}
	}
	for _, run := range p.fresh {
		r, err := t.one(`INSERT INTO search_runs (oldest, newest, size, places) VALUES ($1, $2, $3, $4) RETURNING id`,
			run.oldest, run.newest, run.size, run.places)
		if err != nil {
			return fmt.Errorf("a run of the search index: %w", err)
		}
		id := r.int(0)
		for _, row := range run.rows {
			if _, err := t.exec(`INSERT INTO search_grams (run, gram, lists) VALUES ($1, $2, $3)`, id, int64(row.first), row.lists); err != nil {
				return fmt.Errorf("lists of a run of the search index: %w", err)
			}
		}
	}
	return nil
}
