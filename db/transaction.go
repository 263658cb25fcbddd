package db

import (
	"errors"
	"fmt"

	"parlour"
)

// tx is the transaction that a batch of operations shares.
type tx struct {
	conn
	engine engine
	// headSuffix has whoever asks for a room's head lock it until the commit.
	headSuffix string
	heads      map[int64]head // the rooms asked for in this transaction
	changes    []parlour.Change
	written    int64 // rows that were inserted, updated or deleted, and told as such
	// controls are written at the end, see writeControls.
	controls []parlour.Control
	rights   rights
}

// head is a room's last number, and whether the table of rooms has yet to learn
// of it.
type head struct {
	seq    parlour.Seq
	raised bool
}

func (t *tx) begin(operations int) {
	clear(t.heads)
	t.written = 0
	t.changes = make([]parlour.Change, 0, operations) // anew: whoever is told keeps them
	t.controls, t.rights.isKnown, t.rights.isNarrowed = nil, false, false
}

// exec is the connection's, and counts.
func (t *tx) exec(query string, args ...any) (int64, error) {
	n, err := t.conn.exec(query, args...)
	t.written += n
	return n, err
}

// head is the room's last number in this transaction, or ErrRoomNotFound.
func (t *tx) head(room int64) (parlour.Seq, error) {
	if h, ok := t.heads[room]; ok {
		return h.seq, nil
	}
	r, err := headBy(t.conn, headAndRightsQuery+t.headSuffix, room)
	if err != nil {
		return 0, err
	}
	if t.headSuffix == "" { // nobody else writes; where others do, rights are read when the room is locked
		t.rights.found(r.int(1))
	}
	t.heads[room] = head{seq: r.seq(0)}
	return r.seq(0), nil
}

// record notes a change that was written under the room's next number.
func (t *tx) record(m parlour.Message) {
	t.written++
	t.heads[m.Room] = head{seq: m.Changed, raised: true}
	t.changes = append(t.changes, m.Change())
}

const (
	headQuery          = `SELECT head FROM rooms WHERE id = $1 AND deleted_at IS NULL`
	headAndRightsQuery = `SELECT head, (` + narrowedQuery + `) FROM rooms WHERE id = $1 AND deleted_at IS NULL`
)

// headOf is the room's last number in the database, or ErrRoomNotFound.
func headOf(c conn, room int64) (parlour.Seq, error) {
	r, err := headBy(c, headQuery, room)
	if err != nil {
		return 0, err
	}
	return r.seq(0), nil
}

// headBy answers a question for a room's head with its row, or ErrRoomNotFound.
func headBy(c conn, query string, room int64) (row, error) {
	r, err := c.one(query, room)
	switch {
	case errors.Is(err, errNoRow):
		return nil, parlour.ErrRoomNotFound
	case err != nil:
		return nil, fmt.Errorf("head of room %d: %w", room, err)
	}
	return r, nil
}
