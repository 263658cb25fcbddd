package db

import (
	"fmt"
	"time"

	"parlour"
)

// rights is what the transaction knows of when somebody last lost a right.
type rights struct {
	narrowedAt time.Time // by this process' clock
	narrowings int64     // how many there were in the whole house when that was looked up
	isKnown    bool      // it was looked up in this transaction
	isNarrowed bool      // and this transaction is another one
}

const narrowedQuery = `SELECT narrowed FROM control_head WHERE id = 1`

// found is told how often rights were lost in the whole house, in this
// transaction.
func (r *rights) found(narrowings int64) {
	if narrowings != r.narrowings {
		r.narrowings, r.narrowedAt = narrowings, time.Now()
	}
	r.isKnown = true
}

// narrowedPosting notes that some may have lost a right, though none to read: posts
// that were allowed before are looked at again, through whichever process they
// come. Should the transaction be rolled back, those of this one are so in vain,
// which does no harm.
func (t *tx) narrowedPosting() {
	t.rights.narrowedAt, t.rights.isNarrowed = time.Now(), true
}

// narrowed notes that some may have lost any right in a room, or with 0 in all:
// besides, streams are looked at again on all nodes.
func (t *tx) narrowed(room int64, whom parlour.Whom) {
	t.narrowedPosting()
	t.order(parlour.Control{
		Kind: parlour.ControlRecheck, Room: room,
		Person: parlour.Author{ID: whom.Person}, Session: whom.Session, Address: whom.Address,
	})
}

// overtaken is ErrOvertaken when a right may have gone since it was looked at, be
// it through another process: then nobody knows when, and it is taken for now.
func (t *tx) overtaken(asked time.Time) error {
	if asked.IsZero() {
		return nil
	}
	if !t.rights.isKnown {
		r, err := t.one(narrowedQuery)
		if err != nil {
			return fmt.Errorf("rights: %w", err)
		}
		t.rights.found(r.int(0))
	}
	if !t.rights.narrowedAt.Before(asked) {
		return parlour.ErrOvertaken
	}
	return nil
}
