package db

import (
	"errors"
	"fmt"

	"parlour"
)

// tx is the transaction that a batch of operations shares.
type tx struct {
	*conn
	heads   map[int64]head // the rooms asked for in this transaction
	changes []parlour.Change
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
	t.changes = make([]parlour.Change, 0, operations) // anew: whoever is told keeps them
	t.controls, t.rights.isKnown = nil, false
}

// head is the room's last number in this transaction, or ErrRoomNotFound.
func (t *tx) head(room int64) (parlour.Seq, error) {
	if h, ok := t.heads[room]; ok {
		return h.seq, nil
	}
	seq, err := headOf(t.conn, room)
	if err != nil {
		return 0, err
	}
	t.heads[room] = head{seq: seq}
	return seq, nil
}

// record notes a change that was written under the room's next number.
func (t *tx) record(m parlour.Message) {
	t.heads[m.Room] = head{seq: m.Changed, raised: true}
	t.changes = append(t.changes, m.Change())
}

// raiseHeads writes down the heads of the rooms that changed, once for each.
func (t *tx) raiseHeads() error {
	for room, head := range t.heads {
		if !head.raised {
			continue
		}
		if _, err := t.exec(`UPDATE rooms SET head = $1 WHERE id = $2`, int64(head.seq), room); err != nil {
			return fmt.Errorf("head of room %d: %w", room, err)
		}
	}
	return nil
}

// headOf is the room's last number in the file, or ErrRoomNotFound.
func headOf(c *conn, room int64) (parlour.Seq, error) {
	r, err := c.one(`SELECT head FROM rooms WHERE id = $1 AND deleted_at IS NULL`, room)
	switch {
	case errors.Is(err, errNoRow):
		return 0, parlour.ErrRoomNotFound
	case err != nil:
		return 0, fmt.Errorf("head of room %d: %w", room, err)
	}
	return r.seq(0), nil
}
