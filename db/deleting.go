package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// Message implements parlour.Store.
func (s *Store) Message(ctx context.Context, room int64, seq parlour.Seq) (m parlour.Message, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		if m, err = messageAt(c, room, seq); err == nil && (m.Seq != seq || !m.Deleted.IsZero()) {
			m, err = parlour.Message{}, parlour.ErrMessageNotFound
		}
		return err
	})
	return m, err
}

// Delete implements parlour.Store.
func (s *Store) Delete(ctx context.Context, room int64, seq parlour.Seq, stub parlour.Stub, at time.Time) (m parlour.Message, err error) {
	err = s.writeIn(ctx, room, func(t *tx) (err error) {
		if m, err = t.standing(room, seq); err != nil {
			return err
		}
		m, err = t.erase(m, stub, at)
		return err
	})
	return m, err
}

// erase deletes what somebody said, with all that was made of its text: what it
// was before, whom it mentioned, edits of it that wait, its pin.
func (t *tx) erase(m parlour.Message, stub parlour.Stub, at time.Time) (parlour.Message, error) {
	if m.Author.ID == "" {
		return t.remove(m, at)
	}
	for _, statement := range [...]string{
		`DELETE FROM revisions WHERE room_id = $1 AND seq = $2`,
		`DELETE FROM mentions WHERE room_id = $1 AND seq = $2`,
		`DELETE FROM held WHERE room_id = $1 AND edits = $2`,
	} {
		if _, err := t.exec(statement, m.Room, m.Seq); err != nil {
			return m, fmt.Errorf("erasing message %d of room %d: %w", m.Seq, m.Room, err)
		}
	}
	m.Stub = stub
	m, err := t.remove(m, at)
	if err != nil {
		return m, err
	}
	return m, t.unpin(m.Room, m.Seq, at)
}

// remove marks a message deleted and empties it.
func (t *tx) remove(m parlour.Message, at time.Time) (parlour.Message, error) {
	if err := t.forgetReactions(m); err != nil {
		return m, err
	}
	m.Body, m.Mentions, m.Event, m.Quote, m.Reactions, m.Deleted = "", nil, nil, nil, nil, wholeMillis(at)
	m, err := t.change(m)
	if err != nil {
		return m, err
	}
	return m, t.requote(m)
}

// Remove implements parlour.Store.
func (s *Store) Remove(ctx context.Context, room int64, seqs []parlour.Seq, stub parlour.Stub, entry parlour.LogEntry) (n int, err error) {
	err = s.writeIn(ctx, room, func(t *tx) error {
		n = 0
		for _, seq := range seqs {
			m, err := t.standing(room, seq)
			if errors.Is(err, parlour.ErrMessageNotFound) {
				continue
			}
			if err == nil {
				_, err = t.erase(m, stub, entry.At)
			}
			if err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return nil
		}
		return t.logAct(entry)
	})
	return n, err
}

// stretch is how many numbers are looked through at once: some ten milliseconds
// at most.
const stretch = 20_000

// AuthoredBefore implements parlour.Store. There is no index by author, which
// every post would pay for: the few who look read the room instead, a stretch at
// a time.
func (s *Store) AuthoredBefore(ctx context.Context, room int64, author string, before parlour.Seq, since time.Time, limit int) (seqs []parlour.Seq, next parlour.Seq, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		if before <= 0 {
			head, err := headOf(c, room)
			if err != nil {
				return err
			}
			before = head + 1
		}
		from := max(before-stretch, 1)
		for r, err := range c.rows(`SELECT seq FROM messages
			WHERE id >= $1 AND id < $2 AND author_id = $3 AND deleted_at IS NULL AND created_at >= $4
			ORDER BY id DESC LIMIT $5`, place(room, from), place(room, before), author, sinceOrEver(since), limit) {
			if err != nil {
				return fmt.Errorf("messages of %s in room %d: %w", author, room, err)
			}
			seqs = append(seqs, r.seq(0))
		}
		if len(seqs) == limit {
			next = seqs[limit-1]
			return nil
		}
		if from == 1 || since.IsZero() {
			if next = from; from == 1 {
				next = 0
			}
			return nil
		}
		// Messages stand in the order of time: what is before the first one of
		// the stretch is older still.
		r, err := c.one(`SELECT created_at FROM messages WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 1`,
			place(room, from), place(room, before))
		switch {
		case errors.Is(err, errNoRow):
			next = from
		case err != nil:
			return fmt.Errorf("age of room %d: %w", room, err)
		case !r.time(0).Before(since):
			next = from
		}
		return nil
	})
	return seqs, next, err
}

func sinceOrEver(since time.Time) int64 {
	if since.IsZero() {
		return 0
	}
	return since.UnixMilli()
}

// DiscardBy implements parlour.Store.
func (s *Store) DiscardBy(ctx context.Context, room int64, author string) error {
	return s.writeIn(ctx, room, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM held WHERE room_id = $1 AND author_id = $2`, room, author); err != nil {
			return fmt.Errorf("held messages of %s in room %d: %w", author, room, err)
		}
		return nil
	})
}
