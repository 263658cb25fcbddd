package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// A node that was cut off in the middle of a transaction is given up by the
// database (idlePatience) before others lose patience with the rooms that it
// holds (Options.busyTimeout), and they hear of that before they take the
// database itself for lost (morePatience on top).
const (
	idlePatience = 3 * time.Second
	morePatience = time.Second
)

// maxWriters is how many connections the committing goroutine may have, which uses
// one at a time: the pool counts those that were lost for as long as they take to
// close, up to 15 s.
const maxWriters = 3

// migrationLock and houseLock are the numbers of advisory locks. They are of one
// database; nobody else in it should use them.
const (
	migrationLock = 7_263_548_101
	houseLock     = 7_263_548_102
)

// postgres is a house in a PostgreSQL database, which any number of processes
// share. Reads have a pool of connections, and the committing goroutine has one
// for itself.
//
// Each transaction holds the house's lock: shared with all others when it
// reaches into rooms that it has named, and alone when it does anything else.
// So what checks first and writes then may do so in peace, as it may in SQLite,
// and posts to different rooms do not wait for each other. Rooms are locked in
// the order of their ids, so that nobody waits in a circle.
type postgres struct {
	log         *slog.Logger
	patience    time.Duration   // how long a question or a batch may take, with its connecting
	waiting     context.Context // ends when nothing is waited for any more
	stopWaiting context.CancelFunc
	readers     *pgxpool.Pool
	writers     *pgxpool.Pool
	posting     posting
	// lack is why there are no trigrams, or nil.
	lack error
}

// OpenPostgres opens the house in a database, postgres://user:password@host/name
// (parameters as of libpq, and those of pgxpool, such as pool_max_conns). It
// brings the tables up to date, and makes the room "lobby" where there is no room
// at all. Several processes may do so at the same time.
func OpenPostgres(ctx context.Context, url string, o Options) (*Store, error) {
	o.complete()
	p, err := openPostgres(ctx, url, o)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", domain(err))
	}
	s, err := open(ctx, p, o)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return s, nil
}

func openPostgres(ctx context.Context, url string, o Options) (*postgres, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err // pgx leaves the password out
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = o.busyTimeout
	}
	lack, err := migratePostgres(ctx, config.ConnConfig, o.Log)
	if err != nil {
		return nil, err
	}
	if lack != nil {
		o.Log.Warn("the database has no trigrams: the house makes its own search index", "error", lack)
	}
	parameters := config.ConnConfig.RuntimeParams
	for name, value := range map[string]string{
		"application_name":                    "parlour",
		"synchronous_commit":                  "on", // each commit is on the disk before it is acknowledged
		"default_transaction_isolation":       "read committed",
		"lock_timeout":                        milliseconds(o.busyTimeout),
		"idle_in_transaction_session_timeout": milliseconds(idlePatience),
	} {
		if _, isSet := parameters[name]; !isSet {
			parameters[name] = value
		}
	}
	config.PingTimeout = o.busyTimeout / 2 // after one that was lost while it lay idle there is time for another
	writing := config.Copy()
	writing.MinConns, writing.MaxConns = 0, maxWriters
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = int32(max(8, 2*runtime.GOMAXPROCS(0)))
	}
	p := &postgres{log: o.Log, patience: o.busyTimeout + morePatience, lack: lack}
	p.waiting, p.stopWaiting = context.WithCancel(context.Background())
	if p.readers, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	if p.writers, err = pgxpool.NewWithConfig(ctx, writing); err != nil {
		p.readers.Close()
		return nil, err
	}
	if err := errors.Join(p.isWhole(ctx), p.checkLimits(ctx)); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// checkLimits tells the log when the database has dropped the settings by which nodes
// do not wait for each other without end, as poolers do.
func (p *postgres) checkLimits(ctx context.Context) error {
	var lock, idle string
	err := p.readers.QueryRow(ctx, `SELECT current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')`).Scan(&lock, &idle)
	if err == nil && (lock == "0" || idle == "0") {
		p.log.Warn("a node that is cut off may hold others up for long: set these for the user of the database",
			"lock_timeout", lock, "idle_in_transaction_session_timeout", idle)
	}
	return err
}

// migratePostgres brings the tables up to date, and tells why there are no
// trigrams, if so. All processes that start wait for the one that is at it.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig, log *slog.Logger) (lack, err error) {
	lock, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	defer lock.Close(context.WithoutCancel(ctx))
	if err := suits(ctx, lock); err != nil {
		return nil, err
	}
	// The lock belongs to a transaction, in which nothing else is done: one of the
	// session would stay behind on the connection of a pooler.
	err = pgx.BeginFunc(ctx, lock, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`)
		if err != nil {
			return err
		}
		var isFirst bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(migrationLock)).Scan(&isFirst); err != nil {
			return fmt.Errorf("asking for others who migrate: %w", err)
		}
		if !isFirst {
			log.Info("another program brings the tables up to date: waiting for it")
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
				return fmt.Errorf("waiting for others who migrate: %w", err)
			}
		}
		lack, err = migrateLocked(ctx, config)
		return err
	})
	return lack, err
}

func migrateLocked(ctx context.Context, config *pgx.ConnConfig) (lack, err error) {
	pool := stdlib.OpenDB(*config.Copy())
	defer pool.Close()
	if err := migrate(ctx, goose.DialectPostgres, pool); err != nil {
		return nil, err
	}
	c, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	return makeTexts(ctx, c)
}

// suits refuses a database that the house cannot be kept in: one that does not
// know what has become of a transaction, or does not keep text as it is.
func suits(ctx context.Context, c *pgx.Conn) error {
	var version int
	var encoding string
	err := c.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`).Scan(&version, &encoding)
	switch {
	case err != nil:
		return fmt.Errorf("asking for the version: %w", err)
	case version < 130_000:
		return errors.New("PostgreSQL 13 or later is needed")
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s, and has to have UTF8", encoding)
	}
	return nil
}

func (p *postgres) take(ctx context.Context, stopped <-chan struct{}) (conn, error) {
	select {
	case <-stopped:
		return nil, errClosed
	default:
	}
	c := p.conn()
	connecting, done := context.WithCancel(c.ctx)
	defer done()
	defer context.AfterFunc(ctx, done)()
	lent, err := p.readers.Acquire(connecting)
	if err != nil {
		c.done()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, domain(fmt.Errorf("connecting: %w: %w", errLost, err))
	}
	c.lent, c.renew = lent, p.renew
	return c, nil
}

// renew replaces a connection that was lost, and all that wait beside it.
func (p *postgres) renew(c *postgresConn) error {
	p.readers.Reset()
	lent, err := p.readers.Acquire(c.ctx)
	if err != nil {
		return err
	}
	c.lent.Release()
	c.lent = lent
	return nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// conn is a connection that is still to be lent: what it is to be waited for counts
// already.
func (p *postgres) conn() *postgresConn {
	c := &postgresConn{}
	c.ctx, c.done = context.WithTimeout(p.waiting, p.patience)
	return c
}

// giveBack hands a connection back. When it was lost, the others that wait in the
// pool are likely to be lost too: all are made anew.
func (p *postgres) giveBack(c conn) {
	back := c.(*postgresConn)
	isLost := back.lent.Conn().IsClosed()
	back.done()
	back.lent.Release()
	if isLost {
		p.readers.Reset()
	}
}

// skim is a snapshot: PostgreSQL keeps its pages for all connections, and sees to
// it itself that one reader does not take them all.
func (p *postgres) skim(c conn, ask func(conn) error) error { return p.snapshot(c, ask) }

func (p *postgres) snapshot(c conn, ask func(conn) error) error {
	in := c.(*postgresConn)
	in.before = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	err := ask(in)
	if in.before != "" { // it was never begun
		in.before = ""
		return err
	}
	_, end := in.lent.Exec(in.ctx, "COMMIT")
	return errors.Join(err, in.trouble(end))
}

func (p *postgres) index() index {
	if p.lack != nil {
		return runs{}
	}
	return textsIn(p)
}

// committed has nothing to do: PostgreSQL keeps its log itself.
func (p *postgres) committed(int64) {}

func (p *postgres) tend(<-chan struct{}) {}

func (p *postgres) abandon() { p.stopWaiting() }

// close waits for no connection once it was abandoned: for one that was lost the
// pool would do so for 15 s.
func (p *postgres) close() error {
	closed := make(chan struct{})
	go func() {
		p.readers.Close()
		p.writers.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-p.waiting.Done():
	}
	p.stopWaiting()
	return nil
}

var _ engine = (*postgres)(nil)
