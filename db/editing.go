package db

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"parlour"
)

// Edit implements parlour.Store.
func (s *Store) Edit(ctx context.Context, to parlour.Revision, entry parlour.LogEntry) (m parlour.Message, err error) {
	err = s.writeIn(ctx, to.Room, func(t *tx) (err error) {
		if err := t.overtaken(to.Asked); err != nil {
			return err
		}
		if m, err = t.edit(to); err != nil || entry.Act == "" {
			return err
		}
		return t.logAct(entry)
	})
	return m, err
}

// edit gives a message another text and keeps the one it had.
func (t *tx) edit(to parlour.Revision) (parlour.Message, error) {
	m, err := t.standing(to.Room, to.Seq)
	if err != nil {
		return m, err
	}
	written := m.Edited
	if written.IsZero() {
		written = m.At
	}
	_, err = t.exec(`INSERT INTO revisions (room_id, seq, changed, kind, body, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		m.Room, m.Seq, m.Changed, m.Kind, m.Body, cmp.Or(m.EditedBy, m.Author.Name), written)
	if err != nil {
		return m, fmt.Errorf("keeping a text of message %d in room %d: %w", m.Seq, m.Room, err)
	}
	was := m
	m.Kind, m.Body, m.Mentions, m.Edited, m.EditedBy = to.Kind, to.Body, to.Mentions, wholeMillis(to.At), ""
	if to.Moderated {
		m.EditedBy = to.By.Name
	}
	if m, err = t.change(m); err != nil {
		return m, err
	}
	if err := t.mentionAnew(was, m, m.Edited); err != nil {
		return m, err
	}
	if err := t.requote(m); err != nil {
		return m, err
	}
	return m, t.refreshPin(m, to.At)
}

// Revisions implements parlour.Store.
func (s *Store) Revisions(ctx context.Context, room int64, seq parlour.Seq) (earlier []parlour.Revision, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT kind, body, by_name, at FROM revisions
			WHERE room_id = $1 AND seq = $2 ORDER BY changed DESC LIMIT $3`, room, seq, parlour.RevisionsShown) {
			if err != nil {
				return fmt.Errorf("texts of message %d in room %d: %w", seq, room, err)
			}
			earlier = append(earlier, parlour.Revision{
				Room: room, Seq: seq, Kind: parlour.MessageKind(r.text(0)), Body: r.text(1),
				By: parlour.Author{Name: r.text(2)}, At: r.time(3),
			})
		}
		return nil
	})
	slices.Reverse(earlier)
	return earlier, err
}
