package db

import (
	"context"
	"fmt"
	"time"

	"parlour"
)

// controlsKept is for how long a node may be away and still be told what it
// missed. One that was away for longer looks at everything anew.
const controlsKept = 3 * 24 * time.Hour

// oldControlsAfter is after how many controls the old ones are deleted.
const oldControlsAfter = 64

// order has all nodes do something once the transaction is durable.
func (t *tx) order(c parlour.Control) { t.controls = append(t.controls, c) }

// writeControls numbers the controls of the transaction and stores them, and counts
// whether it has narrowed rights. The row
// that gives the numbers is locked from here to the commit, so that numbers are
// gapless and in the order of the commits; it is taken last of all, so that
// nobody who holds it waits for a room.
func (t *tx) writeControls(now time.Time) error {
	if len(t.controls) == 0 && !t.rights.isNarrowed {
		return nil
	}
	narrows := 0
	if t.rights.isNarrowed {
		narrows = 1
	}
	r, err := t.one(`UPDATE control_head SET number = number + $1, narrowed = narrowed + $2 WHERE id = 1
		RETURNING number, narrowed`, len(t.controls), narrows)
	if err != nil {
		return fmt.Errorf("numbering controls: %w", err)
	}
	number := r.int(0) - int64(len(t.controls))
	if narrows > 0 { // others may be counted in it since this transaction looked, see attempt
		t.rights.narrowings = r.int(1)
	}
	for i := range t.controls {
		c := &t.controls[i]
		number++
		c.Number, c.At = number, wholeMillis(now)
		_, err := t.exec(`INSERT INTO controls (number, at, kind, room_id, person_id, name, guest, lookalike, session, address)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, c.Number, c.At, string(c.Kind), c.Room,
			c.Person.ID, c.Person.Name, c.Person.Guest, c.Person.Lookalike, c.Session, c.Address)
		if err != nil {
			return fmt.Errorf("control %d: %w", c.Number, err)
		}
	}
	if before := number - int64(len(t.controls)); before/oldControlsAfter == number/oldControlsAfter {
		return nil
	}
	if _, err := t.exec(`DELETE FROM controls WHERE at < $1`, now.Add(-controlsKept)); err != nil {
		return fmt.Errorf("old controls: %w", err)
	}
	return nil
}

// Controls implements parlour.ControlStore.
func (s *Store) Controls(ctx context.Context, after int64, limit int) (controls []parlour.Control, head int64, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		r, err := c.one(`SELECT number FROM control_head WHERE id = 1`)
		if err != nil {
			return fmt.Errorf("head of the controls: %w", err)
		}
		if head = r.int(0); head <= after {
			return nil
		}
		for r, err := range c.rows(`SELECT number, at, kind, room_id, person_id, name, guest, lookalike, session, address
			FROM controls WHERE number > $1 ORDER BY number LIMIT $2`, after, limit) {
			if err != nil {
				return fmt.Errorf("controls after %d: %w", after, err)
			}
			controls = append(controls, parlour.Control{
				Number: r.int(0), At: r.time(1), Kind: parlour.ControlKind(r.text(2)), Room: r.int(3),
				Person:  parlour.Author{ID: r.text(4), Name: r.text(5), Guest: r.flag(6), Lookalike: r.flag(7)},
				Session: r.text(8), Address: r.text(9),
			})
		}
		return nil
	})
	return controls, head, err
}
