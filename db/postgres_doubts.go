package db

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"parlour"
)

// When the connection breaks after COMMIT was sent, nobody knows whether it was
// done. The database does: it keeps the fate of each transaction under its
// number. Only a number whose transaction was lost in a crash is given out again,
// and then "committed" is said of another one: so what is told and acknowledged is
// what stands in the rows.

// fate is what has become of a transaction.
type fate int

const (
	isUnknown fate = iota
	isDurable
	isUndone
)

// settleAtOnce is for how long those who wait for the commit are kept waiting for
// its fate.
const settleAtOnce = time.Second

// doubt finds out the fate of the transaction, at once if possible; else it is
// noted, and those who wait are told that nobody knows.
func (p *postgres) doubt(t *tx, lost error) error {
	d := doubt{number: p.posting.number, changes: t.changes}
	ctx, cancel := context.WithTimeout(p.waiting, settleAtOnce)
	defer cancel()
	switch p.fateOf(ctx, d) {
	case isDurable:
		stored, err := p.asStored(d.changes)
		if err == nil && len(stored) > 0 && reflect.DeepEqual(stored, d.changes) {
			return nil
		}
	case isUndone:
		return fmt.Errorf("%w: commit: %w", errAgain, lost)
	}
	p.posting.doubts = append(p.posting.doubts, d)
	p.log.Warn("the connection broke during a commit, and nobody knows yet whether it was done", "error", lost)
	return fmt.Errorf("commit: %w", lost)
}

// asStored are those of some changes that are the last of their messages, with
// the messages as they are.
func (p *postgres) asStored(changes []parlour.Change) (stored []parlour.Change, err error) {
	c, err := p.take(p.waiting, nil)
	if err != nil {
		return nil, err
	}
	defer p.giveBack(c)
	for _, change := range changes {
		m, err := messageAt(c, change.Message.Room, change.Message.Seq)
		switch {
		case err == nil && m.Changed == change.Seq:
			stored = append(stored, m.Change())
		case err != nil && !errors.Is(err, parlour.ErrMessageNotFound):
			return nil, err
		}
	}
	return stored, nil
}

// fateOf asks for the fate of a transaction until it is known or the context ends.
func (p *postgres) fateOf(ctx context.Context, d doubt) fate {
	for {
		var status *string
		err := p.writers.QueryRow(ctx, `SELECT pg_xact_status($1::text::xid8)`, d.number).Scan(&status)
		failure, isAnswer := errors.AsType[*pgconn.PgError](err)
		switch {
		case err == nil && status != nil && *status == "committed":
			return isDurable
		case err == nil && status != nil && *status == "aborted":
			return isUndone
		case isAnswer && failure.Code == "22023": // a number of the future: another database has taken this one's place
			return isUndone
		}
		select {
		case <-ctx.Done():
			return isUnknown
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// settle finds out about the commits in doubt. What is durable has to be told,
// though nobody waits for it any more. Controls are not: this node did not do what
// they mean, since whoever ordered them was told of trouble, and so it finds them
// in the store as it finds those of others.
func (p *postgres) settle() (changes []parlour.Change, left bool) {
	ctx, cancel := context.WithTimeout(p.waiting, settleAtOnce)
	defer cancel()
	in := &p.posting
	for len(in.doubts) > 0 {
		d := in.doubts[0]
		switch p.fateOf(ctx, d) {
		case isUnknown:
			return changes, true
		case isDurable:
			stored, err := p.asStored(d.changes)
			if err != nil {
				return changes, true
			}
			changes = append(changes, stored...)
			p.forget(stored)
		}
		in.doubts = in.doubts[1:]
	}
	return changes, false
}

// forget takes changes that are told out of what is in doubt. A commit that bears a
// number which is in doubt shows that the doubtful one was lost, and later its
// transaction's number may be that of another.
func (p *postgres) forget(told []parlour.Change) {
	for i := range p.posting.doubts {
		d := &p.posting.doubts[i]
		d.changes = slices.DeleteFunc(d.changes, func(c parlour.Change) bool {
			return slices.ContainsFunc(told, func(t parlour.Change) bool {
				return t.Message.Room == c.Message.Room && t.Seq == c.Seq
			})
		})
	}
}
