package db

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// Post implements parlour.Store.
func (s *Store) Post(ctx context.Context, post parlour.NewMessage) (parlour.Message, bool, error) {
	// in one piece, because the committer's goroutine has to reach all of it
	p := &struct {
		parlour.NewMessage
		once  []byte
		m     parlour.Message
		fresh bool
	}{NewMessage: post, once: onceDigest(post)}
	err := s.submit(ctx, reach{room: post.Room, once: p.once}, func(t *tx) (err error) {
		p.m, p.fresh, err = t.say(p.NewMessage, p.once)
		return err
	})
	return p.m, p.fresh, err
}

// say posts for a person, who may have lost the right meanwhile, or be too fast.
// A message that is there already is neither.
func (t *tx) say(post parlour.NewMessage, once []byte) (parlour.Message, bool, error) {
	if _, err := t.head(post.Room); err != nil { // tells of rights in the same breath
		return parlour.Message{}, false, err
	}
	if err := t.overtaken(post.Asked); err != nil {
		return parlour.Message{}, false, err
	}
	if post.Slow > 0 || post.Reply != 0 { // what it answers may be gone since
		if m, err := t.approved(post.Room, once); err != nil || m.Seq != 0 {
			return m, false, err
		}
		if err := t.pace(post); err != nil {
			return parlour.Message{}, false, err
		}
	}
	return t.post(post, once)
}

// pace refuses a post that comes too soon after its author's last one, and notes
// the time of one that does not. Only rooms in slow mode pay for it.
func (t *tx) pace(post parlour.NewMessage) error {
	if post.Slow <= 0 {
		return nil
	}
	r, err := t.one(`SELECT posted_at FROM seats WHERE room_id = $1 AND person_id = $2`, post.Room, post.Author.ID)
	switch {
	case errors.Is(err, errNoRow):
		return parlour.ErrNoSeat
	case err != nil:
		return fmt.Errorf("pace in room %d: %w", post.Room, err)
	}
	if last := r.time(0); !last.IsZero() {
		if wait := last.Add(post.Slow).Sub(post.At); wait > 0 {
			return parlour.TooSoon(wait)
		}
	}
	_, err = t.exec(`UPDATE seats SET posted_at = $1 WHERE room_id = $2 AND person_id = $3`, post.At, post.Room, post.Author.ID)
	if err != nil {
		return fmt.Errorf("pace in room %d: %w", post.Room, err)
	}
	return nil
}

// onceDigest is what two posts have in common that are to be one message; nil
// without a key. It is taken of the body as posted, and a later edit leaves it
// as it is: the post that is sent again knows nothing of the edit. 16 bytes of
// SHA-256 are enough, since a clash could only be made among one's own posts.
func onceDigest(post parlour.NewMessage) []byte {
	if post.Key == "" {
		return nil
	}
	text := make([]byte, 0, 512) // longer ones are rare
	for _, part := range [...]string{post.Author.ID, post.Key, post.Body} {
		// with lengths between, no part can pass for a piece of the next
		text = binary.BigEndian.AppendUint64(text, uint64(len(part)))
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	return sum[:16]
}

const insertMessage = `INSERT INTO messages
	(id, room_id, seq, changed, kind, author_id, author_name, body, event, once, created_at, author_guest, author_lookalike,
		quoted, quote, mentions)
	VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
	ON CONFLICT (room_id, once) WHERE once IS NOT NULL DO NOTHING`

// post stores a message under the room's next number, unless once is there
// already.
func (t *tx) post(post parlour.NewMessage, once []byte) (parlour.Message, bool, error) {
	head, err := t.head(post.Room)
	if err != nil {
		return parlour.Message{}, false, err
	}
	event, err := eventJSON(post.Event)
	if err != nil {
		return parlour.Message{}, false, err
	}
	quote, err := t.quote(post)
	if err != nil {
		return parlour.Message{}, false, err
	}
	quoted, quoteText, err := quoteColumns(quote)
	if err != nil {
		return parlour.Message{}, false, err
	}
	mentions, err := mentionsColumn(post.Mentions)
	if err != nil {
		return parlour.Message{}, false, err
	}
	seq := head + 1
	m := parlour.Message{
		Room: post.Room, Seq: seq, Changed: seq, Kind: post.Kind, Author: post.Author,
		Body: post.Body, Mentions: post.Mentions, Event: post.Event, Quote: quote, At: wholeMillis(post.At),
	}
	fresh, err := t.engine.insert(t, m, once,
		place(m.Room, m.Seq), m.Room, int64(m.Seq), string(m.Kind), m.Author.ID, m.Author.Name, m.Body, event, once,
		post.At.UnixMilli(), m.Author.Guest, m.Author.Lookalike, quoted, quoteText, mentions)
	if err != nil {
		return parlour.Message{}, false, fmt.Errorf("posting to room %d: %w", post.Room, err)
	}
	if !fresh {
		m, err := t.postedOnce(post.Room, once)
		return m, false, err
	}
	t.record(m)
	return m, true, t.mention(m, m.At)
}

func (t *tx) postedOnce(room int64, once []byte) (parlour.Message, error) {
	m, err := t.engine.posted(t, room, once)
	if err != nil {
		return m, fmt.Errorf("earlier post in room %d: %w", room, err)
	}
	return m, nil
}

func postedOnceIn(c conn, room int64, once []byte) (parlour.Message, error) {
	r, err := c.one(`SELECT `+messageColumns+` FROM messages WHERE room_id = $1 AND once = $2`, room, once)
	if err != nil {
		return parlour.Message{}, err
	}
	return messageIn(r)
}

// standing is a message that is there and not deleted, or NotFound.
func (t *tx) standing(room int64, seq parlour.Seq) (parlour.Message, error) {
	m, err := messageAt(t.conn, room, seq)
	if err == nil && !m.Deleted.IsZero() {
		return parlour.Message{}, parlour.ErrMessageNotFound
	}
	return m, err
}

// change stores what a message has become, under the room's next number.
func (t *tx) change(m parlour.Message) (parlour.Message, error) {
	head, err := t.head(m.Room)
	if err != nil {
		return m, err
	}
	event, err := eventJSON(m.Event)
	if err != nil {
		return m, err
	}
	quoted, quote, err := quoteColumns(m.Quote)
	if err != nil {
		return m, err
	}
	reactions, err := reactionsColumn(m.Reactions)
	if err != nil {
		return m, err
	}
	mentions, err := mentionsColumn(m.Mentions)
	if err != nil {
		return m, err
	}
	m.Changed = head + 1
	_, err = t.exec(`UPDATE messages
		SET changed = $1, kind = $2, body = $3, event = $4, edited_at = $5, edited_by = $6, deleted_at = $7, stub = $8,
			quoted = $9, quote = $10, reactions = $11, mentions = $12
		WHERE id = $13`,
		m.Changed, m.Kind, m.Body, event, orNull(m.Edited), m.EditedBy, orNull(m.Deleted), string(m.Stub),
		quoted, quote, reactions, mentions, place(m.Room, m.Seq))
	if err != nil {
		return m, fmt.Errorf("changing message %d of room %d: %w", m.Seq, m.Room, err)
	}
	t.record(m)
	return m, nil
}

func eventJSON(e *parlour.Event) (any, error) {
	if e == nil {
		return nil, nil
	}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return string(text), nil
}

func orNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

// wholeMillis is a time as it comes back from the store.
func wholeMillis(at time.Time) time.Time { return time.UnixMilli(at.UnixMilli()).UTC() }
