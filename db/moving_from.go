package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

// movingFrom is the file that a house is carried over from.
type movingFrom struct {
	conn *sqliteConn
	// house is known by it again, and state tells whether the file was written
	// to since it was last seen.
	house, state string
}

// errFileInUse is what somebody who forgot the server is told.
var errFileInUse = errors.New("another program has the house open: stop the server first")

// withFileAlone opens a file that nobody else has open, and keeps it so: whoever
// comes meanwhile finds it locked. In this way there is one moment that all of
// the house is carried over from, and none is left behind by a server that
// somebody forgot.
func withFileAlone(ctx context.Context, path string, do func(*movingFrom) error) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	// Not _journal_mode: it would open the log of the file together with others,
	// before the lock is asked for.
	q := url.Values{
		"mode": {"rw"}, "_locking_mode": {"EXCLUSIVE"}, "_busy_timeout": {"1000"}, "_foreign_keys": {"on"},
		"_synchronous": {"FULL"}, "_txlock": {"immediate"}, "_cache_size": {"-16384"},
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	pool, err := sql.Open("sqlite3", u.String())
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	for _, statement := range []string{`BEGIN EXCLUSIVE`, `COMMIT`} { // the lock stays
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			if failure, ok := errors.AsType[sqlite3.Error](err); ok && failure.Code == sqlite3.ErrBusy {
				return fmt.Errorf("%s: %w", path, errFileInUse)
			}
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := migrate(ctx, goose.DialectSQLite3, pool); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	only, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer only.Close()
	return only.Raw(func(c any) (err error) {
		from := &movingFrom{conn: &sqliteConn{sqlite: c.(*sqlite3.SQLiteConn), statements: make(map[string]*statement)}}
		defer func() { err = errors.Join(err, from.conn.closeStatements()) }()
		if err := from.look(path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return do(from)
	})
}

// look finds out which house this is, and in what state.
func (f *movingFrom) look(path string) error {
	if _, err := f.conn.one(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return err
	}
	file, err := os.Stat(path)
	if err != nil {
		return err
	}
	f.state = fmt.Sprintf("%d bytes, %d", file.Size(), file.ModTime().UnixNano())
	r, err := f.conn.one(`SELECT coalesce((SELECT value FROM settings WHERE name = 'secret.forms'), ''),
		coalesce((SELECT min(id) FROM rooms), 0), coalesce((SELECT min(created_at) FROM rooms), 0)`)
	if err != nil {
		return err
	}
	house := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", r.text(0), r.int(1), r.int(2)))
	f.house = hex.EncodeToString(house[:])
	return nil
}

// tables are all that hold what cannot be made from others, after those that
// they refer to. The tables of the search index are made from others: the house
// makes them anew in its new place, while it serves.
func (f *movingFrom) tables() ([]movingTable, error) {
	numbering, err := f.texts(`SELECT name FROM sqlite_sequence`)
	if err != nil {
		return nil, err
	}
	names, err := f.texts(`SELECT name FROM pragma_table_list
		WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'search\_%' ESCAPE '\'
		AND name <> 'goose_db_version' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	var tables []movingTable
	for _, name := range names {
		t := movingTable{name: name, numbers: slices.Contains(numbering, name)}
		if t.after, err = f.texts(`SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`, name); err != nil {
			return nil, err
		}
		if t.key, err = f.texts(`SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk`, name); err != nil {
			return nil, err
		}
		if len(t.key) == 0 {
			return nil, fmt.Errorf("%s has no primary key", name)
		}
		for r, err := range f.conn.rows(`SELECT name, type FROM pragma_table_info($1) ORDER BY name`, name) {
			if err != nil {
				return nil, err
			}
			t.columns = append(t.columns, movingColumn{name: r.text(0), kind: strings.ToUpper(r.text(1))})
		}
		tables = append(tables, t)
	}
	return inOrder(tables)
}

func (f *movingFrom) texts(query string, args ...any) (texts []string, err error) {
	for r, err := range f.conn.rows(query, args...) {
		if err != nil {
			return nil, err
		}
		texts = append(texts, r.text(0))
	}
	return texts, nil
}

func (f *movingFrom) count(t movingTable) (int64, error) {
	r, err := f.conn.one(`SELECT count(*) FROM "` + t.name + `"`)
	if err != nil {
		return 0, err
	}
	return r.int(0), nil
}

// rows are those of a table in the order of its key, after some that are left
// out, as PostgreSQL is to keep them.
func (f *movingFrom) rows(t movingTable, leftOut int64) iter.Seq2[row, error] {
	return f.conn.rows(`SELECT `+t.selection()+` FROM "`+t.name+`" ORDER BY `+quoted(t.key)+` LIMIT -1 OFFSET $1`, leftOut)
}

// lastNumber is the last id that a table gave out, to whatever became of it.
func (f *movingFrom) lastNumber(t movingTable) (int64, error) {
	r, err := f.conn.one(`SELECT max(seq) FROM sqlite_sequence WHERE name = $1`, t.name)
	if err != nil {
		return 0, err
	}
	return r.int(0), nil
}
