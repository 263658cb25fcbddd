package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"parlour"
)

// sqliteFile is a house in a SQLite file: one connection writes, and a few read
// past it.
type sqliteFile struct {
	log     *slog.Logger
	writer  *sqliteConn
	readers readers

	unchecked    int64 // the committing goroutine's
	checkpointer *sqliteConn
	grown        chan struct{}
}

// openSQLite opens the file, which it creates for its owner alone, and brings
// its tables up to date.
func openSQLite(ctx context.Context, path string, o Options) (*sqliteFile, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	f := &sqliteFile{log: o.Log, grown: make(chan struct{})}
	if err := f.connect(ctx, path, o.busyTimeout); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
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

func (f *sqliteFile) connect(ctx context.Context, path string, busyTimeout time.Duration) (err error) {
	if err := migrateSQLite(ctx, dsn(path, busyTimeout, false)); err != nil {
		return err
	}
	if f.writer, err = connect(dsn(path, busyTimeout, false)); err != nil {
		return err
	}
	if _, err := f.writer.one(fmt.Sprintf(`PRAGMA wal_autocheckpoint = %d`, walPages)); err != nil {
		return err
	}
	if f.checkpointer, err = connect(dsn(path, busyTimeout, false)); err != nil {
		return err
	}
	return f.readers.open(dsn(path, busyTimeout, true), max(4, runtime.GOMAXPROCS(0)))
}

// readerCache and skimmerCache are how many KiB of pages a reading connection
// keeps, as SQLite wants it: negative.
const (
	readerCache  = -8192
	skimmerCache = -256
)

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
		q.Set("_cache_size", strconv.Itoa(readerCache))
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	return u.String()
}

func (f *sqliteFile) take(ctx context.Context, stopped <-chan struct{}) (conn, error) {
	c, err := f.readers.take(ctx, stopped)
	if err != nil {
		return nil, err // and no conn: a nil *sqliteConn would be one
	}
	return c, nil
}

func (f *sqliteFile) giveBack(c conn) { f.readers.giveBack(c.(*sqliteConn)) }

func (f *sqliteFile) snapshot(c conn, ask func(conn) error) (err error) {
	in := c.(*sqliteConn)
	if err := in.control("BEGIN"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.control("COMMIT")) }()
	return ask(c)
}

func (f *sqliteFile) skim(c conn, ask func(conn) error) error {
	in := c.(*sqliteConn)
	if err := in.control(fmt.Sprintf(`PRAGMA cache_size = %d`, skimmerCache)); err != nil {
		return err
	}
	err := f.snapshot(c, ask)
	return errors.Join(err, in.control(fmt.Sprintf(`PRAGMA cache_size = %d`, readerCache)))
}

func (f *sqliteFile) index() index { return runs{} }

func (f *sqliteFile) begin(t *tx, _ []*operation) error {
	t.conn = f.writer
	return f.writer.control("BEGIN IMMEDIATE")
}

func (f *sqliteFile) posted(t *tx, room int64, once []byte) (parlour.Message, error) {
	return postedOnceIn(t.conn, room, once)
}

func (f *sqliteFile) insert(t *tx, _ parlour.Message, _ []byte, values ...any) (bool, error) {
	_, err := t.one(insertMessage+` RETURNING 1`, values...) // asks for less memory than an exec
	if errors.Is(err, errNoRow) {
		return false, nil
	}
	return err == nil, err
}

func (f *sqliteFile) commit(t *tx) error {
	for room, head := range t.heads {
		if !head.raised {
			continue
		}
		if _, err := t.one(`UPDATE rooms SET head = $1 WHERE id = $2 RETURNING 1`, int64(head.seq), room); err != nil { // as for insert
			return fmt.Errorf("head of room %d: %w", room, err)
		}
		t.written++
	}
	if err := f.writer.control("COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback may find that SQLite has rolled back by itself, as it does when the
// disk is full.
func (f *sqliteFile) rollback(*tx) {
	if f.writer.sqlite.AutoCommit() {
		return
	}
	if err := f.writer.control("ROLLBACK"); err != nil {
		f.log.Error("the store cannot roll back", "error", err)
	}
}

// settle has nothing to do: a commit that fails was not done.
func (f *sqliteFile) settle() ([]parlour.Change, bool) { return nil, false }

// abandon has nothing to do: a file does not fall silent.
func (f *sqliteFile) abandon() {}

func (f *sqliteFile) close() error {
	errs := []error{f.readers.close()}
	if f.checkpointer != nil {
		errs = append(errs, f.checkpointer.close())
	}
	if f.writer != nil {
		errs = append(errs, f.writer.close()) // the last to go: it empties the WAL into the file
	}
	return errors.Join(errs...)
}
