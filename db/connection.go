package db

import (
	"database/sql/driver"
	"errors"
	"iter"
	"time"

	"parlour"
)

// conn is one connection to the database, whichever it is. It is used by one
// goroutine at a time, and answers one question at a time: whoever asks another
// while going through rows has to collect them first.
//
// Statements are constant texts that both databases understand, with arguments
// named $1, $2 … in the order of their first appearance. Arguments are texts,
// bytes, whole numbers, flags (0 or 1), times (whole milliseconds) and nil.
//
// There is no context: statements are short, and one that is cut off in the
// middle of a shared transaction would spoil it for all.
type conn interface {
	// exec runs a statement and tells how many rows it wrote.
	exec(query string, args ...any) (int64, error)
	// rows are what a query finds. A row is good until the next one is asked
	// for.
	rows(query string, args ...any) iter.Seq2[row, error]
	// one is the first row that a query finds, or errNoRow. It is good until
	// the next question.
	one(query string, args ...any) (row, error)
}

// errNoRow answers a question for one row that has none.
var errNoRow = errors.New("no such row")

// first is the first of some rows, or errNoRow.
func first(rows iter.Seq2[row, error]) (row, error) {
	for r, err := range rows {
		return r, err
	}
	return nil, errNoRow
}

// row is one row's columns, counted from 0.
type row []driver.Value

func (r row) int(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r row) seq(i int) parlour.Seq { return parlour.Seq(r.int(i)) }

func (r row) flag(i int) bool { return r.int(i) != 0 }

// duration reads whole milliseconds.
func (r row) duration(i int) time.Duration { return time.Duration(r.int(i)) * time.Millisecond }

func (r row) text(i int) string {
	s, _ := r[i].(string)
	return s
}

func (r row) bytes(i int) []byte {
	b, _ := r[i].([]byte)
	return b
}

func (r row) isNull(i int) bool { return r[i] == nil }

// time is zero for NULL.
func (r row) time(i int) time.Time {
	if r.isNull(i) {
		return time.Time{}
	}
	return time.UnixMilli(r.int(i)).UTC()
}
