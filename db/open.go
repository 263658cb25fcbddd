// Package db keeps the house in one SQLite file, or in a PostgreSQL database that
// several servers share. It owns the numbers that changes take, the order in
// which they become durable, and the translation of the drivers' errors into the
// domain's. It never decides who may do what, and it never speaks to readers:
// whoever opens the store is told of each commit.
//
// One goroutine writes, for all of its process (committing.go); reads go past it
// through a small pool of connections. What the two databases do differently
// stands behind engine, everything else is asked of both in the same words.
package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parlour"
)

// Options say how a store is opened. The zero value will do.
type Options struct {
	// OnCommit is called after each durable commit and before its writers are
	// answered, with its changes in the order of each room's numbers. Calls
	// never overlap. No other commit happens meanwhile, so it should be quick,
	// and it must not write to the store, which would wait for itself. The
	// slice is the callee's to keep. May be nil.
	OnCommit func(changes []parlour.Change)
	// OnControl is called in the same way with the controls of the commit, before
	// OnCommit. The live side of this process is told by those who wrote: this is
	// for the other nodes. May be nil.
	OnControl func(controls []parlour.Control)
	// Log takes what goes wrong and has nobody to be told; slog.Default()
	// when nil.
	Log *slog.Logger

	// busyTimeout is how long the committer waits for a lock that another
	// program holds on the SQLite file, or another node in PostgreSQL.
	busyTimeout time.Duration
}

// Store is the house in its database. It implements parlour.Store.
type Store struct {
	engine    engine
	index     index
	onCommit  func([]parlour.Change)
	onControl func([]parlour.Control)
	log       *slog.Logger

	tx    tx // belongs to the committing goroutine
	queue chan *operation

	closing sync.RWMutex // held for reading while an operation is put in the queue
	closed  bool         // guarded by closing
	stop    chan struct{}
	working sync.WaitGroup

	unindexed atomic.Int64 // changes since the search index was looked after
}

var _ parlour.Store = (*Store)(nil)

// Open opens the house in the SQLite file at path. It creates the file, for its
// owner alone, and the folder where they are missing, brings the tables up to
// date, and makes the room "lobby" where there is no room at all.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	o.complete()
	file, err := openSQLite(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, domain(err))
	}
	s, err := open(ctx, file, o)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return s, nil
}

func (o *Options) complete() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.busyTimeout == 0 {
		o.busyTimeout = 5 * time.Second
	}
}

func open(ctx context.Context, e engine, o Options) (*Store, error) {
	s := &Store{
		engine:   e,
		index:    e.index(),
		onCommit: o.OnCommit, onControl: o.OnControl,
		log:   o.Log,
		tx:    tx{engine: e, heads: make(map[int64]head)},
		queue: make(chan *operation, maxQueue),
		stop:  make(chan struct{}),
	}
	s.working.Go(s.commitAll)
	s.working.Go(func() { e.tend(s.stop) })
	if err := s.ensureLobby(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.emptyDeletedRooms(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.working.Go(s.Sessions().purgeNowAndThen)
	s.working.Go(s.indexNowAndThen)
	return s, nil
}

// Abandon has whatever waits for a PostgreSQL database fail at once as Unavailable,
// and so all that comes later. It is for a process that has to end although
// nothing is heard of its database: Close does not wait for that either then. What
// has become of commits under way nobody is told.
func (s *Store) Abandon() { s.engine.abandon() }

// Close finishes what is queued, waits for reads that are under way, and closes
// the database. What comes later is refused as Unavailable. Closing again does
// nothing.
func (s *Store) Close() error {
	s.closing.Lock()
	if s.closed {
		s.closing.Unlock()
		return nil
	}
	s.closed = true
	close(s.stop)
	close(s.queue)
	s.closing.Unlock()
	s.working.Wait()
	return s.engine.close()
}

// Ping tells whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.read(ctx, func(c conn) error {
		_, err := c.one(`SELECT 1`)
		return err
	})
}
