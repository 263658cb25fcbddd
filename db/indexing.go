package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parlour"
)

const (
	// indexEvery is how often somebody looks whether there is enough for a run,
	// and indexAfter how long less than that waits: so long what was deleted can
	// still be made out in the index.
	indexEvery = time.Second
	indexAfter = 5 * time.Minute
)

// indexNowAndThen makes the runs of the search index until the store is closed.
// Posts do not wait for it: a search looks at what has no run yet. While they come
// faster than it is good for, one run is made at a time, and the rest afterwards.
func (s *Store) indexNowAndThen() {
	tick := time.NewTicker(indexEvery)
	defer tick.Stop()
	changes, last := int64(0), time.Now().Add(-indexAfter)
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		since := s.unindexed.Swap(0)
		changes += since
		isDue := time.Since(last) >= indexAfter
		if !isDue && changes < runSize {
			continue
		}
		isBusy := since >= runSize
		isLeft, err := s.indexStep(isDue && !isBusy)
		for isLeft && err == nil && !isBusy {
			isLeft, err = s.indexStep(isDue)
			isBusy = s.unindexed.Load() >= runSize
		}
		if err != nil && !errors.Is(err, errClosed) && !errors.Is(err, errStaleRun) {
			s.log.Warn("the search index lags behind", "error", err)
		}
		if isLeft || err != nil {
			continue
		}
		if changes = 0; isDue {
			last = time.Now()
		}
	}
}

// Index makes the search index of all that is in none, which happens by and by
// otherwise. Its errors are the database's, of kind Unavailable.
func (s *Store) Index() error {
	for {
		isLeft, err := s.indexStep(true)
		if errors.Is(err, errStaleRun) {
			continue // who was there first has done a part of it
		}
		if err != nil || !isLeft {
			return err
		}
	}
}

// indexStep makes one run of what is in none, and tells whether there may be more.
func (s *Store) indexStep(all bool) (bool, error) {
	var p *indexing
	err := s.read(context.Background(), func(c conn) error {
		return s.engine.skim(c, func(c conn) (err error) {
			p, err = plan(c, all)
			return err
		})
	})
	if err != nil || p == nil {
		return false, err
	}
	p.build()
	return true, s.writeApart(context.Background(), p.write)
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

const (
	indexPostsQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3`
	indexChangesQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE room_id = $1 AND changed > $2 AND changed <> seq AND id <= $3 AND changed <= $4
			AND (edited_at IS NOT NULL OR deleted_at IS NOT NULL)
		ORDER BY changed`
)

// plan is what there is to do, or nil.
func plan(c conn, all bool) (*indexing, error) {
	tails, err := tailsIn(c, tailsQuery)
	if err != nil {
		return nil, err
	}
	if len(tails) == 0 {
		if !all {
			return nil, nil
		}
		return forgetting(c)
	}
	p := &indexing{}
	left := runSize
	var changed []runPlace
	for _, t := range tails {
		posted, err := messagesIn(c, left, indexPostsQuery, place(t.room, t.upto), place(t.room, t.head), left)
		if err != nil {
			return nil, fmt.Errorf("messages for the search index: %w", err)
		}
		if len(posted) == left { // there may be more
			t.head = posted[left-1].Seq
		}
		changes, err := messagesIn(c, 0, indexChangesQuery, t.room, t.upto, place(t.room, t.upto), t.head)
		if err != nil {
			return nil, fmt.Errorf("changes for the search index: %w", err)
		}
		for _, m := range changes {
			changed = append(changed, runPlace{m.At.UnixMilli(), place(m.Room, m.Seq)})
		}
		p.messages = append(p.messages, posted...)
		p.tails = append(p.tails, t)
		if left -= len(posted); left == 0 {
			break
		}
	}
	if left > 0 && !all {
		return nil, nil
	}
	if len(p.messages) == 0 && len(changed) == 0 {
		return p, nil
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
func (p *indexing) replace(c conn, changed []runPlace) error {
	runs, err := runsIn(c)
	if err != nil {
		return err
	}
	for _, run := range runs {
		isHit := slices.ContainsFunc(changed, func(m runPlace) bool { return run.oldest <= m.at && m.at <= run.newest })
		if run.size > shortRun && !isHit {
			continue
		}
		places, err := placesIn(c, run)
		if err != nil {
			return err
		}
		isHit = isHit && slices.ContainsFunc(places, func(m runPlace) bool { return slices.Contains(changed, m) })
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
func (p *indexing) takeUp(c conn, run runHead, places []runPlace) error {
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
	r, err := c.one(`SELECT search_rooms.room_id FROM rooms JOIN search_rooms ON search_rooms.room_id = rooms.id
		WHERE rooms.deleted_at IS NOT NULL LIMIT 1`)
	if errors.Is(err, errNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("deleted rooms in the search index: %w", err)
	}
	p := &indexing{forgets: r.int(0), isLast: true}
	runs, err := runsIn(c)
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		places, err := placesIn(c, run)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(places, func(m runPlace) bool { return m.id/(maxSeq+1) == p.forgets }) {
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

// errStaleRun is an index that another node has changed meanwhile.
var errStaleRun = errors.New("the search index is made elsewhere too")

// write stores a step, unless another one was stored since it was planned.
func (p *indexing) write(t *tx) error {
	for _, room := range p.tails {
		n, err := t.exec(`INSERT INTO search_rooms (room_id, upto) VALUES ($1, $2)
			ON CONFLICT (room_id) DO UPDATE SET upto = excluded.upto WHERE search_rooms.upto = $3`, room.room, room.head, room.upto)
		if err != nil {
			return fmt.Errorf("search index of room %d: %w", room.room, err)
		}
		if n == 0 {
			return errStaleRun
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
			return errStaleRun
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
