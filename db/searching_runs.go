package db

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parlour"
)

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

func placesIn(c conn, run runHead) ([]timed, error) {
	r, err := c.one(placesQuery, run.id)
	if err != nil {
		return nil, fmt.Errorf("messages of run %d: %w", run.id, err)
	}
	return unpackPlaces(r.bytes(0), run.size)
}

// look looks for what is wanted in the runs, the newest first.
func (runs) look(ctx context.Context, s *search) error {
	heads, err := runsIn(s.conn)
	if err != nil {
		return err
	}
	after, before := s.bounds()
	spans, more := spansOf(s.Query)
	for _, run := range heads {
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
