package db

import (
	"context"
	"errors"
	"fmt"

	"parlour"
)

// Hold implements parlour.Store.
func (s *Store) Hold(ctx context.Context, post parlour.NewMessage, why string) (m parlour.Message, err error) {
	once := onceDigest(post)
	err = s.writeIn(ctx, post.Room, func(t *tx) (err error) {
		m = parlour.Message{}
		if m, err = t.approved(post.Room, once); err != nil || m.Seq != 0 {
			return err
		}
		if _, err := t.quote(post); err != nil { // is there such a message?
			return err
		}
		if _, err := t.head(post.Room); err != nil { // is there such a room?
			return err
		}
		if err := t.pace(post); err != nil {
			return err
		}
		mentions, err := mentionsColumn(post.Mentions)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO held
			(room_id, kind, author_id, author_name, body, once, why, created_at, author_guest, author_lookalike, reply, edits, mentions)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (room_id, once) WHERE once IS NOT NULL DO NOTHING`,
			post.Room, post.Kind, post.Author.ID, post.Author.Name, post.Body, once, why, post.At,
			post.Author.Guest, post.Author.Lookalike, post.Reply, post.Edits, mentions)
		if err != nil {
			return fmt.Errorf("holding a message in room %d: %w", post.Room, err)
		}
		return nil
	})
	return m, err
}

// approved is the message that a post became when it was sent before; the zero
// Message when it did not.
func (t *tx) approved(room int64, once []byte) (parlour.Message, error) {
	if once == nil {
		return parlour.Message{}, nil
	}
	m, err := t.postedOnce(room, once)
	if errors.Is(err, errNoRow) {
		return parlour.Message{}, nil
	}
	return m, err
}

// Held implements parlour.Store.
func (s *Store) Held(ctx context.Context, room int64) (held []parlour.Held, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT `+heldColumns+` FROM held WHERE room_id = $1 ORDER BY id LIMIT $2`, room, parlour.HeldShown) {
			if err != nil {
				return fmt.Errorf("held messages of room %d: %w", room, err)
			}
			h, err := heldIn(r)
			if err != nil {
				return err
			}
			held = append(held, h)
		}
		return nil
	})
	return held, err
}

const heldColumns = `id, room_id, kind, author_id, author_name, body, why, created_at, author_guest, author_lookalike, reply, edits, mentions`

func heldIn(r row) (parlour.Held, error) {
	mentions, err := mentionsIn(r, 12)
	if err != nil {
		return parlour.Held{}, fmt.Errorf("held message %d: %w", r.int(0), err)
	}
	return parlour.Held{
		ID: r.int(0), Room: r.int(1), Kind: parlour.MessageKind(r.text(2)),
		Author: parlour.Author{ID: r.text(3), Name: r.text(4), Guest: r.flag(8), Lookalike: r.flag(9)}, Body: r.text(5), Why: r.text(6), At: r.time(7),
		Mentions: mentions, Reply: r.seq(10), Edits: r.seq(11),
	}, nil
}

// Approve implements parlour.Store.
func (s *Store) Approve(ctx context.Context, room, id int64, entry parlour.LogEntry) (m parlour.Message, err error) {
	err = s.writeIn(ctx, room, func(t *tx) error {
		held, once, err := t.release(room, id)
		if err != nil {
			return err
		}
		if held.Edits != 0 {
			m, err = t.edit(parlour.Revision{
				Room: room, Seq: held.Edits, Kind: held.Kind, Body: held.Body, Mentions: held.Mentions, By: held.Author, At: entry.At,
			})
		} else {
			post := parlour.NewMessage{
				Room: room, Kind: held.Kind, Author: held.Author, Body: held.Body, Mentions: held.Mentions, At: entry.At,
				Reply: held.Reply, Veils: true,
			}
			if _, err := t.quote(post); parlour.KindOf(err) == parlour.Invalid {
				post.Reply = 0 // what it answered went while it waited
			}
			m, _, err = t.post(post, once)
		}
		if err != nil {
			return err
		}
		completed := entry
		completed.Target, completed.Detail = held.Author, m.Seq.String()
		return t.logAct(completed)
	})
	return m, err
}

// Discard implements parlour.Store.
func (s *Store) Discard(ctx context.Context, room, id int64, entry parlour.LogEntry) error {
	return s.writeIn(ctx, room, func(t *tx) error {
		held, _, err := t.release(room, id)
		if err != nil {
			return err
		}
		completed := entry
		completed.Target = held.Author
		return t.logAct(completed)
	})
}

// release takes a message out of those that wait.
func (t *tx) release(room, id int64) (parlour.Held, []byte, error) {
	r, err := t.one(`DELETE FROM held WHERE room_id = $1 AND id = $2
		RETURNING `+heldColumns+`, once`, room, id)
	switch {
	case errors.Is(err, errNoRow):
		return parlour.Held{}, nil, parlour.ErrHeldNotFound
	case err != nil:
		return parlour.Held{}, nil, fmt.Errorf("held message %d of room %d: %w", id, room, err)
	}
	once := append([]byte(nil), r.bytes(13)...)
	held, err := heldIn(r)
	return held, once, err
}
