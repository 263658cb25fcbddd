package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/mattn/go-sqlite3"

	"parlour"
)

// sqliteConn is one connection to the file with its prepared statements.
//
// It speaks to the driver without database/sql between, which saves a third of
// a page's time and half its allocations.
type sqliteConn struct {
	sqlite *sqlite3.SQLiteConn
	// statements are prepared once and live as long as the connection. Their
	// texts are constants, so there are only so many of them.
	statements map[string]*statement
	args       []driver.NamedValue // reused
}

type statement struct {
	*sqlite3.SQLiteStmt
	row []driver.Value // reused; its length is the number of columns
}

func connect(dsn string) (*sqliteConn, error) {
	c, err := new(sqlite3.SQLiteDriver).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{sqlite: c.(*sqlite3.SQLiteConn), statements: make(map[string]*statement)}, nil
}

func (c *sqliteConn) close() error { return errors.Join(c.closeStatements(), c.sqlite.Close()) }

func (c *sqliteConn) closeStatements() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	clear(c.statements)
	return errors.Join(errs...)
}

func (c *sqliteConn) prepare(query string) (*statement, error) {
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	s, err := c.sqlite.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("preparing %.60q: %w", query, err)
	}
	prepared := &statement{SQLiteStmt: s.(*sqlite3.SQLiteStmt)}
	c.statements[query] = prepared
	return prepared, nil
}

// bind puts arguments in the form of the driver, which counts them in the order
// of their first appearance.
func (c *sqliteConn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, arg := range args {
		switch v := arg.(type) {
		case parlour.Seq:
			arg = int64(v)
		case parlour.MessageKind:
			arg = string(v)
		case int:
			arg = int64(v)
		case time.Time:
			arg = v.UnixMilli()
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return c.args
}

func (c *sqliteConn) exec(query string, args ...any) (int64, error) {
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// control runs a statement that writes no rows, such as BEGIN. The driver tells
// the count of the last writing statement for it, which must not be counted; as
// a query it tells none.
func (c *sqliteConn) control(query string) error {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	done, err := s.QueryContext(context.Background(), nil)
	if err != nil {
		return err
	}
	if err = done.Next(nil); errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, done.Close())
}

func (c *sqliteConn) rows(query string, args ...any) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		s, err := c.prepare(query)
		if err != nil {
			yield(nil, err)
			return
		}
		found, err := s.QueryContext(context.Background(), c.bind(args))
		if err != nil {
			yield(nil, err)
			return
		}
		defer found.Close()
		if s.row == nil {
			s.row = make([]driver.Value, len(found.Columns()))
		}
		for {
			switch err := found.Next(s.row); {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(nil, err)
				return
			case !yield(s.row, nil):
				return
			}
		}
	}
}

func (c *sqliteConn) one(query string, args ...any) (row, error) {
	return first(c.rows(query, args...))
}
