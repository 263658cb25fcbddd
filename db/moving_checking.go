package db

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math/bits"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// tellEvery is after how many checked rows it is told how many there were.
const tellEvery = 20_000

// sum is of the rows of a table: how many they are, and the digests of all of
// them added up, so that their order means nothing.
type sum struct {
	rows    int64
	digests [4]uint64
	mended  int64

	buffer []byte
}

// add adds a row. Values are told apart by a letter and their lengths, so that
// none is taken for another beside it.
func (s *sum) add(r row) {
	b := s.buffer[:0]
	for _, v := range r {
		switch v := v.(type) {
		case nil:
			b = append(b, 'n')
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, 't'), uint64(len(v))), v...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, 'b'), uint64(len(v))), v...)
		}
	}
	s.buffer = b
	digest := sha256.Sum256(b)
	var carry uint64
	for i := range s.digests {
		s.digests[i], carry = bits.Add64(s.digests[i], binary.LittleEndian.Uint64(digest[8*i:]), carry)
	}
	s.rows++
}

func (s *sum) String() string {
	var b []byte
	for _, digits := range s.digests {
		b = binary.LittleEndian.AppendUint64(b, digits)
	}
	return hex.EncodeToString(b)
}

// sumOf adds up a table, and tells of each row of it.
func sumOf(t movingTable, rows iter.Seq2[row, error], tell func()) (*sum, error) {
	s := new(sum)
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		mended, err := t.inKinds(r)
		if err != nil {
			return nil, err
		}
		s.mended += mended
		s.add(r)
		tell()
	}
	return s, nil
}

// check reads both sides anew and compares them.
func (m Move) check(ctx context.Context, from *movingFrom, to *movingTo, tables []movingTable) ([]MovedTable, error) {
	var moved []MovedTable
	var differing []error
	var done int64
	for _, t := range tables {
		tell := func() {
			if done++; done%tellEvery == 0 {
				m.tell(MoveStep{Checking: true, Table: t.name, Rows: done})
			}
		}
		var here, there *sum
		both, ctx := errgroup.WithContext(ctx)
		both.Go(func() (err error) {
			here, err = sumOf(t, untilDone(ctx, from.rows(t, 0)), tell)
			return err
		})
		both.Go(func() (err error) {
			there, err = sumOf(t, to.rows(ctx, t), func() {})
			return err
		})
		if err := both.Wait(); err != nil {
			return nil, fmt.Errorf("checking %s: %w", t.name, err)
		}
		m.tell(MoveStep{Checking: true, Table: t.name, Rows: done})
		if here.rows != there.rows || here.digests != there.digests {
			differing = append(differing, fmt.Errorf("%s has %d rows in the file, sum %s, and %d rows in the database, sum %s",
				t.name, here.rows, here, there.rows, there))
		}
		moved = append(moved, MovedTable{Name: t.name, Rows: here.rows, Sum: here.String(), Mended: here.mended})
	}
	if len(differing) == 0 {
		return moved, nil
	}
	differing = append(differing, errors.New("the two differ: start again, and everything will be carried over anew"))
	return nil, errors.Join(append(differing, to.spoil(ctx))...)
}

// untilDone ends with an error once the context does.
func untilDone(ctx context.Context, rows iter.Seq2[row, error]) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for r, err := range rows {
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// rows are those of a table, in any order.
func (m *movingTo) rows(ctx context.Context, t movingTable) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		found, err := m.conn.Query(ctx, `SELECT `+t.selection()+` FROM `+quoted([]string{t.name}))
		if err != nil {
			yield(nil, err)
			return
		}
		defer found.Close()
		var r row
		for found.Next() {
			if r, err = rowIn(found, r); err != nil {
				yield(nil, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
		if err := found.Err(); err != nil {
			yield(nil, err)
		}
	}
}

var _ pgx.CopyFromSource = (*carried)(nil)
