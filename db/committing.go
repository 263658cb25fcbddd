package db

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"parlour"
)

const (
	// maxBatch is how many operations share one commit. More would make the
	// first of them wait longer and save next to nothing: the one fsync is
	// then a small part of the work.
	maxBatch = 512
	// maxQueue is how many operations may wait; whoever comes then waits
	// outside, with the patience of its context.
	maxQueue = 2 * maxBatch
	// tries is how often a batch is done again that had to give way to
	// another process, or that met a connection which was lost.
	tries = 4
	// settleEvery is how often the fate of a commit is asked for that nobody
	// knows.
	settleEvery = time.Second
)

// operation is a change to the house on its way through the committer.
type operation struct {
	ctx   context.Context
	reach reach
	run   func(*tx) error
	err   error
	// done has room for the one answer, so that the committer never waits for
	// who asked.
	done chan error
}

// reach is what an operation may read and write, by which several processes on
// one database know whom they have to wait for. The zero reach is the whole
// house: nobody else writes meanwhile.
type reach struct {
	// room is the room whose rows alone are written: what reaches other rooms
	// goes on beside it.
	room int64
	// once is the digest of what is posted there, if it may be there already.
	once []byte
	// isApart is for single rows that nothing else depends on: it waits for
	// nobody.
	isApart bool
}

// operations are reused with their channels: each is answered exactly once, and
// whoever asked always waits for the answer.
var operations = sync.Pool{New: func() any { return &operation{done: make(chan error, 1)} }}

// write has the committer run an operation, and answers when what it did is
// durable, or when nothing of it was done. An operation may be run again after
// a rollback; it must set its results anew each time and reach nothing but the
// transaction.
//
// The context counts until the operation runs. After that the answer is the
// truth, however long it takes.
func (s *Store) write(ctx context.Context, run func(*tx) error) error {
	return s.submit(ctx, reach{}, run)
}

// writeIn is write for what reaches nothing but one room; with 0 it is write. It may
// take rights away in that room only: whoever comes to another one looks at theirs
// again, which does no harm.
func (s *Store) writeIn(ctx context.Context, room int64, run func(*tx) error) error {
	return s.submit(ctx, reach{room: room}, run)
}

// writeApart is write for what reaches a few rows that nothing else depends on.
func (s *Store) writeApart(ctx context.Context, run func(*tx) error) error {
	return s.submit(ctx, reach{isApart: true}, run)
}

func (s *Store) submit(ctx context.Context, in reach, run func(*tx) error) error {
	op := operations.Get().(*operation)
	op.ctx, op.reach, op.run, op.err = ctx, in, run, nil
	if err := s.enqueue(op); err != nil {
		return err
	}
	err := <-op.done
	op.ctx, op.reach, op.run = nil, reach{}, nil
	operations.Put(op)
	return err
}

func (s *Store) enqueue(op *operation) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return errClosed
	}
	select {
	case s.queue <- op:
		return nil
	default:
	}
	select {
	case s.queue <- op:
		return nil
	case <-op.ctx.Done():
		return op.ctx.Err()
	}
}

// commitAll is the committing goroutine: the only one that writes. It takes all
// operations that wait and gives them one transaction, so that they share the
// one fsync; meanwhile the next ones gather. It ends when the queue is closed
// and empty.
func (s *Store) commitAll() {
	batch := make([]*operation, 0, maxBatch)
	for {
		op, ok := s.next()
		if !ok {
			return
		}
		// Those who were just answered are about to come back. Let them, or
		// the first of them would be committed alone while all others wait
		// for the next commit. With nobody else to run this returns at once.
		runtime.Gosched()
		batch = append(batch[:0], op)
	gather:
		for len(batch) < maxBatch {
			select {
			case op, ok := <-s.queue:
				if !ok {
					break gather
				}
				batch = append(batch, op)
			default:
				break gather
			}
		}
		s.commit(batch)
		clear(batch)
	}
}

// next is the next operation, before which everything is told that was in doubt.
// It tells whether there is one: not when the queue is closed and empty.
func (s *Store) next() (*operation, bool) {
	for {
		changes, left := s.engine.settle()
		s.tell(changes, nil)
		if !left {
			op, ok := <-s.queue
			return op, ok
		}
		select {
		case op, ok := <-s.queue:
			return op, ok
		case <-time.After(settleEvery):
		}
	}
}

// commit does a batch in one transaction and answers each operation.
func (s *Store) commit(batch []*operation) {
	if batch = wanted(batch); len(batch) == 0 {
		return
	}
	changes, err := s.attempt(batch)
	for try := 1; try < tries && errors.Is(err, errAgain); try++ {
		changes, err = s.attempt(batch)
	}
	switch {
	case err == nil:
		s.tell(changes, s.tx.controls)
		for _, op := range batch {
			op.done <- op.err
		}
		s.engine.committed(s.tx.written)
	case len(batch) == 1 || parlour.KindOf(err) == parlour.Unavailable:
		for _, op := range batch {
			op.done <- err
		}
	default: // one of them is at fault: the others shall not suffer
		for i := range batch {
			s.commit(batch[i : i+1])
		}
	}
}

// wanted is those of a batch for which somebody waits still; the others are
// answered.
func wanted(batch []*operation) []*operation {
	return slices.DeleteFunc(batch, func(op *operation) bool {
		err := op.ctx.Err()
		if err != nil {
			op.done <- err
		}
		return err != nil
	})
}

// attempt runs a batch in one transaction. After an error nothing of it was
// done.
func (s *Store) attempt(batch []*operation) (changes []parlour.Change, err error) {
	t := &s.tx
	t.begin(len(batch))
	if err := s.engine.begin(t, batch); err != nil {
		return nil, domain(err)
	}
	defer func() {
		if err != nil {
			s.engine.rollback(t)
			err = domain(err)
		}
	}()
	for _, op := range batch {
		if op.err = op.ctx.Err(); op.err != nil {
			continue
		}
		before := t.written
		op.err = s.run(op, t)
		if op.err != nil && (t.written != before || !isRefusal(op.err)) {
			return nil, op.err
		}
	}
	if err := t.writeControls(time.Now()); err != nil {
		return nil, err
	}
	if err := s.engine.commit(t); err != nil {
		t.rights.narrowings = -1 // whatever was counted is not, or may not be
		return nil, err
	}
	if t.rights.isNarrowed {
		// Whoever looked before this moment saw the rights as they were: by the commit,
		// or by those of others that were counted with it.
		t.rights.narrowedAt = time.Now()
	}
	return t.changes, nil
}

func (s *Store) run(op *operation, t *tx) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			s.log.Error("an operation of the store panicked", "panic", reason, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic in the store: %v", reason)
		}
	}()
	return op.run(t)
}

// tell hands the changes and controls of a durable commit to the house's live
// side. Should that fail, they are no less durable: they are found in the store.
func (s *Store) tell(changes []parlour.Change, controls []parlour.Control) {
	defer func() {
		if reason := recover(); reason != nil {
			s.log.Error("telling of a commit panicked", "panic", reason, "stack", string(debug.Stack()))
		}
	}()
	s.unindexed.Add(int64(len(changes)))
	if s.onControl != nil && len(controls) > 0 {
		s.onControl(controls)
	}
	if s.onCommit != nil && len(changes) > 0 {
		s.onCommit(changes)
	}
}
