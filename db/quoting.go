package db

import (
	"encoding/json"
	"errors"
	"fmt"

	"parlour"
)

// quote is what a post shows of the message that it answers; nil when it answers
// none.
func (t *tx) quote(post parlour.NewMessage) (*parlour.Quote, error) {
	if post.Reply == 0 {
		return nil, nil
	}
	of, err := t.standing(post.Room, post.Reply)
	switch {
	case errors.Is(err, parlour.ErrMessageNotFound):
		return nil, parlour.ErrReplyGone
	case err != nil:
		return nil, err
	case !of.IsAnswerable():
		return nil, parlour.ErrReplyImpossible
	}
	quote := of.Quoted()
	veiled, err := t.isVeiled(post)
	if err != nil {
		return nil, err
	}
	if veiled {
		return &parlour.Quote{Seq: quote.Seq}, nil
	}
	r, err := t.one(`SELECT count(*) FROM messages WHERE room_id = $1 AND quoted = $2`, post.Room, post.Reply)
	if err != nil {
		return nil, fmt.Errorf("replies to message %d in room %d: %w", post.Reply, post.Room, err)
	}
	if r.int(0) >= parlour.MaxQuoting {
		return &parlour.Quote{Seq: quote.Seq}, nil
	}
	return &quote, nil
}

// isVeiled tells whether somebody who will read the post may not read what it
// answers. Whoever comes later begins to read after the post, see TakeSeat.
func (t *tx) isVeiled(post parlour.NewMessage) (bool, error) {
	if !post.Veils {
		return false, nil
	}
	for _, err := range t.rows(`SELECT 1 FROM seats WHERE room_id = $1 AND after_seq >= $2 LIMIT 1`, post.Room, post.Reply) {
		if err != nil {
			return false, fmt.Errorf("seats of room %d: %w", post.Room, err)
		}
		return true, nil
	}
	return false, nil
}

// requote lets the replies to a message follow what became of it.
func (t *tx) requote(m parlour.Message) error {
	replies, err := messagesIn(t.conn, 0, `SELECT `+messageColumns+` FROM messages
		WHERE room_id = $1 AND quoted = $2 ORDER BY id`, m.Room, m.Seq)
	if err != nil {
		return fmt.Errorf("replies to message %d in room %d: %w", m.Seq, m.Room, err)
	}
	quote := m.Quoted()
	for _, reply := range replies {
		if *reply.Quote == quote {
			continue
		}
		reply.Quote = &quote
		if _, err := t.change(reply); err != nil {
			return err
		}
	}
	return nil
}

// quoteColumns are a quote as the table has it: what it follows, and what it
// shows.
func quoteColumns(q *parlour.Quote) (quoted, quote any, err error) {
	if q == nil {
		return nil, nil, nil
	}
	text, err := json.Marshal(q)
	if err != nil {
		return nil, nil, fmt.Errorf("quote: %w", err)
	}
	if q.IsOpen() {
		quoted = int64(q.Seq)
	}
	return quoted, string(text), nil
}

// answersIn reads what a message answers and what it was answered with.
func answersIn(m *parlour.Message, r row, quote, reactions int) error {
	if !r.isNull(quote) {
		m.Quote = new(parlour.Quote)
		if err := json.Unmarshal([]byte(r.text(quote)), m.Quote); err != nil {
			return fmt.Errorf("quote of message %d in room %d: %w", m.Seq, m.Room, err)
		}
	}
	if !r.isNull(reactions) {
		if err := json.Unmarshal([]byte(r.text(reactions)), &m.Reactions); err != nil {
			return fmt.Errorf("reactions to message %d in room %d: %w", m.Seq, m.Room, err)
		}
	}
	return nil
}
