package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// index is what a search goes by, apart from what is too new to be in it. It only
// proposes: a message that it has is looked at as it is now.
type index interface {
	// progress is the table that tells up to which change of each room the index
	// has what was said, as room_id and upto.
	progress() string
	// step puts some of what is new into the index, if that is enough for a step
	// or all of it is to be there, and tells whether there may be more.
	step(ctx context.Context, s *Store, all bool) (isLeft bool, err error)
	// look takes what the index proposes, the newest first, until enough is
	// found.
	look(ctx context.Context, s *search) error
}

const (
	// indexEvery is how often somebody looks whether there is enough for a step,
	// and indexAfter how long less than that waits: so long what was deleted can
	// still be made out in the index.
	indexEvery = time.Second
	indexAfter = 5 * time.Minute
)

// indexNowAndThen has the index follow what is said until the store is closed.
// Posts do not wait for it: a search looks at what it does not have yet. While they
// come faster than it is good for, it takes one step at a time, and the rest
// afterwards.
func (s *Store) indexNowAndThen() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.working.Go(func() {
		<-s.stop
		cancel()
	})
	tick := time.NewTicker(indexEvery)
	defer tick.Stop()
	changes, last := int64(0), time.Now().Add(-indexAfter)
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		since := s.unindexed.Swap(0)
		changes += since
		isDue := time.Since(last) >= indexAfter
		if !isDue && changes < indexAtOnce {
			continue
		}
		isBusy := since >= indexAtOnce
		isLeft, err := s.index.step(ctx, s, isDue && !isBusy)
		for isLeft && err == nil && !isBusy {
			isLeft, err = s.index.step(ctx, s, isDue)
			isBusy = s.unindexed.Load() >= indexAtOnce
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, errClosed) && !errors.Is(err, errStaleStep) {
			s.log.Warn("the search index lags behind", "error", err)
		}
		if isLeft || err != nil {
			continue
		}
		if changes = 0; isDue {
			last = time.Now()
		}
	}
}

// Index makes the search index of all that is in none, which happens by and by
// otherwise. Its errors are the database's, of kind Unavailable.
func (s *Store) Index() error {
	for {
		isLeft, err := s.index.step(context.Background(), s, true)
		if errors.Is(err, errStaleStep) {
			continue // who was there first has done a part of it
		}
		if err != nil || !isLeft {
			return err
		}
	}
}

// indexAtOnce is how many posts one step takes. The more, the less each of them
// costs, and the more messages each search looks at one by one that are not in the
// index yet.
const indexAtOnce = 4096

// errStaleStep is an index that another node has changed meanwhile.
var errStaleStep = errors.New("the search index is made elsewhere too")

// news is what the index does not have yet: what was posted to some rooms, and
// what became of messages that it has.
type news struct {
	tails           []tail // with head: how far the room is then
	posted, changed []parlour.Message
	isFew           bool // it is less than a step
}

const (
	indexPostsQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3`
	indexChangesQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE room_id = $1 AND changed > $2 AND changed <> seq AND id <= $3 AND changed <= $4
			AND (edited_at IS NOT NULL OR deleted_at IS NOT NULL)
		ORDER BY changed`
)

// skim is read for going through much of the house, see engine.
func (s *Store) skim(ctx context.Context, ask func(conn) error) error {
	return s.read(ctx, func(c conn) error { return s.engine.skim(c, ask) })
}

func newsIn(c conn, of index) (n news, err error) {
	tails, err := tailsIn(c, tailsQuery(of))
	if err != nil {
		return n, err
	}
	left := indexAtOnce
	for _, t := range tails {
		posted, err := messagesIn(c, left, indexPostsQuery, place(t.room, t.upto), place(t.room, t.head), left)
		if err != nil {
			return n, fmt.Errorf("messages for the search index: %w", err)
		}
		if len(posted) == left { // there may be more
			t.head = posted[left-1].Seq
		}
		changed, err := messagesIn(c, 0, indexChangesQuery, t.room, t.upto, place(t.room, t.upto), t.head)
		if err != nil {
			return n, fmt.Errorf("changes for the search index: %w", err)
		}
		n.tails = append(n.tails, t)
		n.posted, n.changed = append(n.posted, posted...), append(n.changed, changed...)
		if left -= len(posted); left == 0 {
			break
		}
	}
	n.isFew = left > 0
	return n, nil
}

// forgottenQuery finds a deleted room that the index still has.
func forgottenQuery(of index) string {
	return `SELECT done.room_id FROM rooms JOIN ` + of.progress() + ` AS done ON done.room_id = rooms.id
		WHERE rooms.deleted_at IS NOT NULL LIMIT 1`
}

// forgotten is a deleted room that the index still has, or errNoRow.
func forgotten(c conn, of index) (room int64, err error) {
	r, err := c.one(forgottenQuery(of))
	switch {
	case errors.Is(err, errNoRow):
		return 0, err
	case err != nil:
		return 0, fmt.Errorf("deleted rooms in the search index: %w", err)
	}
	return r.int(0), nil
}
