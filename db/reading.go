package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"parlour"
)

// read lends a reading connection to a function. The context counts while
// waiting for one; the reads themselves are short.
func (s *Store) read(ctx context.Context, ask func(conn) error) error {
	c, err := s.engine.take(ctx, s.stop)
	if err != nil {
		return err
	}
	defer s.engine.giveBack(c)
	return domain(ask(c))
}

// snapshot lends a reading connection on which all questions are answered from
// one moment.
func (s *Store) snapshot(ctx context.Context, ask func(conn) error) error {
	return s.read(ctx, func(c conn) error { return s.engine.snapshot(c, ask) })
}

// A message's id in its table is its place: rooms one after the other, and in
// each its messages by number. 2^36 of them fit in a room.
const maxSeq = 1<<36 - 1

func place(room int64, seq parlour.Seq) int64 {
	return room*(maxSeq+1) + int64(min(max(seq, 0), maxSeq))
}

// messageColumns are what messageIn reads, in its order.
const messageColumns = `room_id, seq, changed, kind, author_id, author_name, body, event, created_at, edited_at, deleted_at,
	author_guest, author_lookalike, quote, reactions, edited_by, stub, mentions`

func messageIn(r row) (parlour.Message, error) {
	m := parlour.Message{
		Room:    r.int(0),
		Seq:     r.seq(1),
		Changed: r.seq(2),
		Kind:    parlour.MessageKind(r.text(3)),
		Author:  parlour.Author{ID: r.text(4), Name: r.text(5)},
		Body:    r.text(6),
		At:      r.time(8),
		Edited:  r.time(9),
		Deleted: r.time(10),

		EditedBy: r.text(15),
		Stub:     parlour.Stub(r.text(16)),
	}
	if m.Author.ID != "" { // the house is no guest
		m.Author.Guest, m.Author.Lookalike = r.flag(11), r.flag(12)
	}
	if err := answersIn(&m, r, 13, 14); err != nil {
		return m, err
	}
	mentions, err := mentionsIn(r, 17)
	if err != nil {
		return m, fmt.Errorf("message %d in room %d: %w", m.Seq, m.Room, err)
	}
	m.Mentions = mentions
	if !r.isNull(7) {
		m.Event = new(parlour.Event)
		if err := json.Unmarshal([]byte(r.text(7)), m.Event); err != nil {
			return m, fmt.Errorf("event of message %d in room %d: %w", m.Seq, m.Room, err)
		}
	}
	return m, nil
}

// messagesIn are the messages that a query finds; about tells how many to make
// room for.
func messagesIn(c conn, about int, query string, args ...any) ([]parlour.Message, error) {
	ms := make([]parlour.Message, 0, min(about, 100))
	for r, err := range c.rows(query, args...) {
		if err != nil {
			return nil, err
		}
		m, err := messageIn(r)
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// messageAt is the message with this number, or NotFound. It may be a deleted
// one.
func messageAt(c conn, room int64, seq parlour.Seq) (parlour.Message, error) {
	r, err := c.one(`SELECT `+messageColumns+` FROM messages WHERE id = $1`, place(room, seq))
	switch {
	case errors.Is(err, errNoRow):
		return parlour.Message{}, parlour.ErrMessageNotFound
	case err != nil:
		return parlour.Message{}, fmt.Errorf("message %d of room %d: %w", seq, room, err)
	}
	return messageIn(r)
}

const pageQuery = `SELECT ` + messageColumns + ` FROM messages
	WHERE id > $1 AND id <= $2 AND (deleted_at IS NULL OR stub <> '')
	ORDER BY id DESC LIMIT $3`

// Page implements parlour.Store.
func (s *Store) Page(ctx context.Context, room int64, before parlour.Seq, limit int) (page parlour.Page, err error) {
	limit = max(limit, 0)
	if before <= 0 {
		before = maxSeq + 1
	}
	err = s.snapshot(ctx, func(c conn) (err error) {
		if page.Head, page.Face, err = headAndFaceOf(c, room); err != nil {
			return err
		}
		page.Messages, err = messagesIn(c, limit+1, pageQuery, place(room, 0), place(room, before-1), limit+1)
		return err
	})
	if err != nil {
		return parlour.Page{}, fmt.Errorf("page of room %d: %w", room, err)
	}
	if len(page.Messages) > limit {
		page.More = true
		page.Messages = page.Messages[:limit]
	}
	slices.Reverse(page.Messages)
	return page, nil
}

// aroundQuery finds what was posted after a message, as pageQuery what was before.
const aroundQuery = `SELECT ` + messageColumns + ` FROM messages
	WHERE id > $1 AND id <= $2 AND (deleted_at IS NULL OR stub <> '')
	ORDER BY id LIMIT $3`

// Around implements parlour.Store.
func (s *Store) Around(ctx context.Context, room int64, seq parlour.Seq, limit int) (page parlour.Page, newer bool, err error) {
	err = s.snapshot(ctx, func(c conn) (err error) {
		if page.Head, page.Face, err = headAndFaceOf(c, room); err != nil {
			return err
		}
		m, err := messageAt(c, room, seq)
		if err == nil && (m.Seq != seq || !m.Deleted.IsZero()) {
			err = parlour.ErrMessageNotFound
		}
		if err != nil {
			return err
		}
		before, err := messagesIn(c, limit+1, pageQuery, place(room, 0), place(room, seq-1), limit+1)
		if err != nil {
			return err
		}
		after, err := messagesIn(c, limit+1, aroundQuery, place(room, seq), place(room, maxSeq), limit+1)
		if err != nil {
			return err
		}
		if page.More = len(before) > limit; page.More {
			before = before[:limit]
		}
		if newer = len(after) > limit; newer {
			after = after[:limit]
		}
		slices.Reverse(before)
		page.Messages = append(append(before, m), after...)
		return nil
	})
	if err != nil {
		return parlour.Page{}, false, fmt.Errorf("message %d of room %d in its context: %w", seq, room, err)
	}
	return page, newer, nil
}

const (
	postedSinceQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE id > $1 AND id <= $2
		ORDER BY id LIMIT $3`
	isBeyondQuery = `SELECT 1 FROM messages
		WHERE id > $1 AND id <= $2
		ORDER BY id LIMIT 1 OFFSET $3`
	changedSinceQuery = `SELECT ` + messageColumns + ` FROM messages
		WHERE room_id = $1 AND changed > $2 AND changed <> seq AND id <= $3
		ORDER BY changed LIMIT $4`
)

// Since implements parlour.Store.
func (s *Store) Since(ctx context.Context, room int64, after parlour.Seq, limit int) (lacks parlour.Catchup, err error) {
	limit = max(limit, 0)
	err = s.snapshot(ctx, func(c conn) (err error) {
		if lacks.Head, err = headOf(c, room); err != nil || after == lacks.Head {
			return err
		}
		if after > lacks.Head {
			lacks.TooFar = true
			return nil
		}
		// Readers who are slow ask this again and again, and most of them lack too
		// much: that is told without reading it.
		if lacks.Head-after > parlour.Seq(limit) {
			switch _, err := c.one(isBeyondQuery, place(room, after), place(room, lacks.Head), limit); {
			case err == nil:
				lacks.TooFar = true
				return nil
			case !errors.Is(err, errNoRow):
				return err
			}
		}
		// What was posted is asked for first. When it is within the limit, so
		// is what the other question has to pass over: later changes to
		// messages that the reader never had.
		posted, err := messagesIn(c, min(limit+1, int(lacks.Head-after)), postedSinceQuery, place(room, after), place(room, lacks.Head), limit+1)
		if err != nil {
			return err
		}
		changed := []parlour.Message(nil)
		if len(posted) <= limit {
			if changed, err = messagesIn(c, 0, changedSinceQuery, room, after, place(room, after), limit+1); err != nil {
				return err
			}
		}
		if lacks.TooFar = len(posted)+len(changed) > limit; lacks.TooFar {
			return nil
		}
		lacks.Messages = changed
		for _, m := range posted {
			if !m.IsGone() {
				lacks.Messages = append(lacks.Messages, m)
			}
		}
		return nil
	})
	if err != nil {
		return parlour.Catchup{}, fmt.Errorf("room %d since %d: %w", room, after, err)
	}
	return lacks, nil
}
