package db

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// movingLock is the number of the advisory lock of whoever moves a house in.
const movingLock = 7_263_548_103

// movingTo is the database that a house is carried over to. While it is
// under way there are two tables more: moving has one row, which says whose house
// it is, and moving_tables says how many rows of each table are there. They are
// written together with the rows.
type movingTo struct {
	conn   *pgx.Conn
	atOnce int
}

func (m Move) openTo(ctx context.Context) (*movingTo, error) {
	pool, err := pgxpool.ParseConfig(m.URL) // it takes the parameters of a pool off
	if err != nil {
		return nil, err // pgx leaves the password out
	}
	config := pool.ConnConfig
	config.RuntimeParams["application_name"] = "parlour migrate"
	// What is lost by a crash of the database is lost with the note that it was
	// there, and the last commit waits for all before it.
	config.RuntimeParams["synchronous_commit"] = "off"
	// Transactions wait for the file, whatever is set for the user of the database.
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	if _, err := migratePostgres(ctx, config, slog.Default()); err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	to := &movingTo{conn: conn, atOnce: m.atOnce}
	if err := to.lock(ctx); err != nil {
		to.close(ctx)
		return nil, err
	}
	return to, nil
}

// lock keeps other moves out. The database may take a while to notice that one
// that was killed is gone.
func (m *movingTo) lock(ctx context.Context) error {
	if _, err := m.conn.Exec(ctx, `SET lock_timeout = '10s'`); err != nil {
		return err
	}
	_, err := m.conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(movingLock))
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok && failure.Code == "55P03" {
		return errors.New("another program moves a house in here at this moment")
	}
	return err
}

// close gives the lock back with the connection.
func (m *movingTo) close(ctx context.Context) { _ = m.conn.Close(context.WithoutCancel(ctx)) }

// hasTables requires that the database has the same tables with the same columns
// as the file.
func (m *movingTo) hasTables(ctx context.Context, tables []movingTable) error {
	found, err := m.conn.Query(ctx, `SELECT table_name::text, column_name::text, data_type::text
		FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
		AND table_name NOT LIKE 'search\_%' AND table_name NOT IN ('goose_db_version', 'moving', 'moving_tables')`)
	if err != nil {
		return err
	}
	kinds := map[string]string{"bigint": "INTEGER", "text": "TEXT", "bytea": "BLOB"}
	there := make(map[string]string)
	var table, column, kind string
	_, err = pgx.ForEachRow(found, []any{&table, &column, &kind}, func() error {
		there[table+"."+column] = kinds[kind]
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range tables {
		for _, c := range t.columns {
			name := t.name + "." + c.name
			if there[name] != c.kind {
				return fmt.Errorf("%s is %q there and %q in the file", name, there[name], c.kind)
			}
			delete(there, name)
		}
	}
	for name := range there {
		table, _, _ := strings.Cut(name, ".")
		if !slices.ContainsFunc(tables, func(t movingTable) bool { return t.name == table }) {
			return fmt.Errorf("the database has a table %s that is none of the house's: name an empty one", table)
		}
		return fmt.Errorf("the file has no %s", name)
	}
	return nil
}

// madeWithTables have a row of their own as soon as they are made.
var madeWithTables = []string{"control_head"}

// prepare finds out how many rows of each table are there already, or empties
// what is to be begun anew.
func (m *movingTo) prepare(ctx context.Context, from *movingFrom, tables []movingTable) (there map[string]int64, isAnew bool, err error) {
	there = make(map[string]int64)
	err = pgx.BeginFunc(ctx, m.conn, func(tx pgx.Tx) error {
		var isUnderWay bool
		if err := tx.QueryRow(ctx, movingQuery).Scan(&isUnderWay); err != nil {
			return err
		}
		if isUnderWay {
			var house, state string
			if err := tx.QueryRow(ctx, `SELECT house, state FROM moving`).Scan(&house, &state); err != nil {
				return err
			}
			if house != from.house {
				return errors.New("another house was being moved in here: empty the database, or name another one")
			}
			if isAnew = state != from.state; !isAnew {
				return m.readThere(ctx, tx, there)
			}
			return m.begin(ctx, tx, from, tables)
		}
		for _, t := range tables {
			if slices.Contains(madeWithTables, t.name) {
				continue
			}
			var hasSome bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+quoted([]string{t.name})+`)`).Scan(&hasSome); err != nil {
				return err
			}
			if hasSome {
				return errors.New("there is a house in the database already: name an empty one")
			}
		}
		if _, err := tx.Exec(ctx, `CREATE TABLE moving (house TEXT NOT NULL, state TEXT NOT NULL);
			CREATE TABLE moving_tables (name TEXT PRIMARY KEY, rows BIGINT NOT NULL)`); err != nil {
			return err
		}
		return m.begin(ctx, tx, from, tables)
	})
	return there, isAnew, err
}

const movingQuery = `SELECT to_regclass('moving') IS NOT NULL`

// isWhole refuses a database into which a house is being moved: a server would
// find half of it, and add to that.
func (p *postgres) isWhole(ctx context.Context) error {
	var isUnderWay bool
	if err := p.readers.QueryRow(ctx, movingQuery).Scan(&isUnderWay); err != nil {
		return err
	}
	if isUnderWay {
		return errors.New("a house is being moved in here: let 'parlour migrate' finish first")
	}
	return nil
}

func (m *movingTo) readThere(ctx context.Context, tx pgx.Tx, there map[string]int64) error {
	found, err := tx.Query(ctx, `SELECT name, rows FROM moving_tables`)
	if err != nil {
		return err
	}
	var name string
	var rows int64
	_, err = pgx.ForEachRow(found, []any{&name, &rows}, func() error {
		there[name] = rows
		return nil
	})
	return err
}

// begin empties all tables, with what was made from them, and notes whose house
// comes.
func (m *movingTo) begin(ctx context.Context, tx pgx.Tx, from *movingFrom, tables []movingTable) error {
	names := []string{"moving", "moving_tables"}
	for _, t := range tables {
		names = append(names, t.name)
	}
	if _, err := tx.Exec(ctx, `TRUNCATE `+quoted(names)+` CASCADE`); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO moving (house, state) VALUES ($1, $2)`, from.house, from.state)
	return err
}

// spoil has the next run begin anew.
func (m *movingTo) spoil(ctx context.Context) error {
	_, err := m.conn.Exec(ctx, `UPDATE moving SET state = ''`)
	return err
}

// carry carries the rows of a table over that are not there yet.
func (m *movingTo) carry(ctx context.Context, from *movingFrom, t movingTable, there int64, tell func(rows int64)) error {
	next, stop := iter.Pull2(from.rows(t, there))
	defer stop()
	for {
		var n int64
		err := pgx.BeginFunc(ctx, m.conn, func(tx pgx.Tx) (err error) {
			n, err = tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.names(), &carried{table: t, next: next, left: m.atOnce})
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `INSERT INTO moving_tables (name, rows) VALUES ($1, $2)
				ON CONFLICT (name) DO UPDATE SET rows = moving_tables.rows + excluded.rows`, t.name, n)
			return err
		})
		if err != nil {
			return err
		}
		tell(n)
		if n < int64(m.atOnce) {
			return nil
		}
	}
}

// carried are the rows of one transaction, as pgx asks for them.
type carried struct {
	table movingTable
	next  func() (row, error, bool)
	left  int
	row   []any
	err   error
}

func (c *carried) Next() bool {
	if c.left == 0 {
		return false
	}
	r, err, isThere := c.next()
	if !isThere {
		return false
	}
	if err == nil {
		_, err = c.table.inKinds(r)
	}
	if c.err = err; err != nil {
		return false
	}
	c.left--
	c.row = c.row[:0]
	for _, v := range r {
		c.row = append(c.row, v)
	}
	return true
}

func (c *carried) Values() ([]any, error) { return c.row, nil }
func (c *carried) Err() error             { return c.err }

// finish has the tables go on with the numbers that the file had come to, and
// opens the house to servers. With its commit everything is on the disk.
func (m *movingTo) finish(ctx context.Context, from *movingFrom, tables []movingTable) error {
	for _, t := range tables { // so that the first questions are answered as quickly as the later ones
		if _, err := m.conn.Exec(ctx, `ANALYZE `+quoted([]string{t.name})); err != nil {
			return err
		}
	}
	return pgx.BeginFunc(ctx, m.conn, func(tx pgx.Tx) error {
		for _, t := range tables {
			if !t.numbers {
				continue
			}
			last, err := from.lastNumber(t)
			if err != nil {
				return err
			}
			if last == 0 {
				continue
			}
			if _, err := tx.Exec(ctx, `SELECT setval(pg_get_serial_sequence($1, $2), $3)`, t.name, t.key[0], last); err != nil {
				return fmt.Errorf("numbers of %s: %w", t.name, err)
			}
		}
		_, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = on; DROP TABLE moving, moving_tables`)
		return err
	})
}
