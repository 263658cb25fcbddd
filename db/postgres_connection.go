package db

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"parlour"
)

// postgresConn is a connection that the pool has lent. pgx prepares each
// statement once for a connection and keeps it.
type postgresConn struct {
	lent *pgxpool.Conn
	ctx  context.Context // ends when the connection has been out for too long
	done context.CancelFunc
	// before is sent ahead of the next statement, if it is not empty.
	before  string
	isAsked bool // something was sent
	// renew puts another connection in the place of one that was lost while it
	// lay in the pool, as shows with the first question; nil where somebody else
	// sees to that.
	renew func(*postgresConn) error
}

// errLost is an error after which the connection is gone, with whatever
// transaction it was in.
var errLost = errors.New("the connection is lost")

// trouble tells what became of the connection by an error.
func (c *postgresConn) trouble(err error) error {
	if err != nil && c.lent.Conn().IsClosed() {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

func (c *postgresConn) exec(query string, args ...any) (int64, error) {
	if err := c.begun(); err != nil {
		return 0, err
	}
	tag, err := c.lent.Exec(c.ctx, query, inForm(args)...)
	return tag.RowsAffected(), c.trouble(err)
}

func (c *postgresConn) rows(query string, args ...any) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		args, isFirst, hasSome := inForm(args), !c.isAsked, false
		c.isAsked = true
		each := func(r row) bool {
			hasSome = true
			return yield(r, nil)
		}
		err := c.ask(query, args, each)
		if errors.Is(err, errLost) && isFirst && !hasSome && c.renew != nil {
			if again := c.renew(c); again == nil {
				err = c.ask(query, args, each)
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// ask goes through what a query finds until it is told that this is enough.
func (c *postgresConn) ask(query string, args []any, each func(row) bool) error {
	found, end, err := c.query(query, args)
	if err != nil {
		return c.trouble(err)
	}
	defer end()
	var r row
	for found.Next() {
		if r, err = rowIn(found, r); err != nil {
			return err
		}
		if !each(r) {
			return nil
		}
	}
	return c.trouble(found.Err())
}

// query sends a question, together with what is to go ahead of it. The end has to
// be called, whatever was found.
func (c *postgresConn) query(query string, args []any) (found pgx.Rows, end func(), err error) {
	if c.before == "" {
		found, err = c.lent.Query(c.ctx, query, args...)
		return found, found.Close, err
	}
	both := &pgx.Batch{}
	both.Queue(c.before)
	both.Queue(query, args...)
	answers := c.lent.SendBatch(c.ctx, both)
	if _, err := answers.Exec(); err != nil {
		return nil, nil, errors.Join(err, answers.Close())
	}
	c.before = ""
	found, err = answers.Query()
	end = func() { found.Close(); _ = answers.Close() } // found tells what went wrong
	if err != nil {
		end()
	}
	return found, end, err
}

func (c *postgresConn) one(query string, args ...any) (row, error) {
	return first(c.rows(query, args...))
}

// begun sends what is to go ahead.
func (c *postgresConn) begun() error {
	if c.before == "" {
		return nil
	}
	if _, err := c.lent.Exec(c.ctx, c.before); err != nil {
		return c.trouble(err)
	}
	c.before = ""
	return nil
}

// inForm puts arguments in the form of the columns, in place: there are whole
// numbers, texts and bytes.
func inForm(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case parlour.Seq:
			args[i] = int64(v)
		case parlour.MessageKind:
			args[i] = string(v)
		case int:
			args[i] = int64(v)
		case bool:
			args[i] = int64(0)
			if v {
				args[i] = int64(1)
			}
		case time.Time:
			args[i] = v.UnixMilli()
		case string:
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				args[i] = sound(v)
			}
		}
	}
	return args
}

// sound is a text without what PostgreSQL keeps in none: NUL, and bytes that are
// no UTF-8, as they come in headers of requests. They are replaced and not left
// out, so that no such text is taken for another.
func sound(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// rowIn reads a row into the one before it.
func rowIn(found pgx.Rows, r row) (row, error) {
	fields := found.FieldDescriptions()
	if r == nil {
		r = make(row, len(fields))
	}
	for i, raw := range found.RawValues() {
		switch oid := fields[i].DataTypeOID; {
		case raw == nil:
			r[i] = nil
		case oid == pgtype.TextOID:
			r[i] = string(raw)
		case fields[i].Format != pgx.BinaryFormatCode:
			return nil, fmt.Errorf("column %s came as text", fields[i].Name)
		case oid == pgtype.Int8OID:
			r[i] = int64(binary.BigEndian.Uint64(raw))
		case oid == pgtype.Int4OID:
			r[i] = int64(int32(binary.BigEndian.Uint32(raw)))
		case oid == pgtype.ByteaOID:
			r[i] = append([]byte{}, raw...)
		default:
			return nil, fmt.Errorf("column %s has a type that the store does not know, %d", fields[i].Name, oid)
		}
	}
	return r, nil
}
