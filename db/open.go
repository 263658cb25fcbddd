// Package db keeps the house in one SQLite file. It owns the numbers that
// changes take, the order in which they become durable, and the translation of
// the driver's errors into the domain's. It never decides who may do what, and
// it never speaks to readers: whoever opens the store is told of each commit.
//
// One goroutine writes, for all (committing.go); reads go past it through a
// small pool of connections that cannot write.
package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/pressly/goose/v3"

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
	// program holds.
	busyTimeout time.Duration
}

// Store is the house in a SQLite file. It implements parlour.Store.
type Store struct {
	onCommit  func([]parlour.Change)
	onControl func([]parlour.Control)
	log       *slog.Logger

	tx        tx // this and unchecked belong to the committing goroutine
	unchecked int64
	queue     chan *operation

	checkpointer *conn
	grown        chan struct{}

	readers readers

	closing sync.RWMutex // held for reading while an operation is put in the queue
	closed  bool         // guarded by closing
	stop    chan struct{}
	working sync.WaitGroup
}

var _ parlour.Store = (*Store)(nil)

//go:embed migrations/*.sql
var migrations embed.FS

// Open opens the house in the file at path. It creates the file, for its owner
// alone, and the folder where they are missing, brings the tables up to date,
// and makes the room "lobby" where there is no room at all.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.busyTimeout == 0 {
		o.busyTimeout = 5 * time.Second
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	s := &Store{
		onCommit: o.OnCommit, onControl: o.OnControl,
		log:   o.Log,
		queue: make(chan *operation, maxQueue),
		grown: make(chan struct{}),
		stop:  make(chan struct{}),
	}
	if err := s.connect(ctx, path, o.busyTimeout); err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, errors.Join(domain(err), s.disconnect()))
	}
	s.working.Go(s.commitAll)
	s.working.Go(s.checkpointNowAndThen)
	if err := s.ensureLobby(ctx); err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, errors.Join(err, s.Close()))
	}
	if err := s.emptyDeletedRooms(ctx); err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, errors.Join(err, s.Close()))
	}
	s.working.Go(s.Sessions().purgeNowAndThen)
	return s, nil
}

func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (s *Store) connect(ctx context.Context, path string, busyTimeout time.Duration) (err error) {
	if err := migrate(ctx, dsn(path, busyTimeout, false)); err != nil {
		return err
	}
	if s.tx.conn, err = connect(dsn(path, busyTimeout, false)); err != nil {
		return err
	}
	s.tx.heads = make(map[int64]head)
	if _, err := s.tx.one(fmt.Sprintf(`PRAGMA wal_autocheckpoint = %d`, walPages)); err != nil {
		return err
	}
	if s.checkpointer, err = connect(dsn(path, busyTimeout, false)); err != nil {
		return err
	}
	return s.readers.open(dsn(path, busyTimeout, true), max(4, runtime.GOMAXPROCS(0)))
}

// dsn says how each connection is set up. All of it stands here and not in
// statements run later, which would reach one connection and miss the others.
func dsn(path string, busyTimeout time.Duration, readOnly bool) string {
	q := url.Values{
		"_journal_mode":  {"WAL"},
		"_synchronous":   {"FULL"}, // in WAL mode: each commit is on the disk before it is acknowledged
		"_busy_timeout":  {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_foreign_keys":  {"on"},
		"_txlock":        {"immediate"}, // for the migrations
		"_secure_delete": {"FAST"},      // what was deleted is overwritten where that costs no more reading
		"_mutex":         {"no"},        // a connection serves one goroutine at a time
		"_cache_size":    {"-16384"},    // KiB
	}
	if readOnly {
		// Not mode=ro: a reader of a WAL has to write to its index.
		q.Set("_query_only", "on")
		q.Set("_cache_size", "-8192")
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	return u.String()
}

func migrate(ctx context.Context, dsn string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	pool, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
}

// Close finishes what is queued, waits for reads that are under way, and closes
// the file. What comes later is refused as Unavailable. Closing again does
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
	return s.disconnect()
}

func (s *Store) disconnect() error {
	errs := []error{s.readers.close()}
	if s.checkpointer != nil {
		errs = append(errs, s.checkpointer.close())
	}
	if s.tx.conn != nil {
		errs = append(errs, s.tx.close()) // the last to go: it empties the WAL into the file
	}
	return errors.Join(errs...)
}

// Ping tells whether the store can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.read(ctx, func(c *conn) error {
		_, err := c.one(`SELECT 1`)
		return err
	})
}
