package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parlour"
)

// KeepDraft implements parlour.DraftStore.
func (s *Store) KeepDraft(ctx context.Context, d parlour.KeptDraft) error {
	return s.writeApart(ctx, func(t *tx) error {
		if d.Body == "" {
			_, err := t.exec(`UPDATE drafts SET body = '', reply = 0, at = $1
				WHERE person_id = $2 AND room_id = $3 AND (sent <> $4 OR sent = '')`, d.At, d.Person, d.Room, d.Key)
			return draftError(err, d)
		}
		if _, err := headOf(t.conn, d.Room); err != nil { // is there such a room?
			return err
		}
		_, err := t.exec(`INSERT INTO drafts (person_id, room_id, session, body, reply, at, sent)
			VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT (person_id, room_id) DO UPDATE
			SET session = excluded.session, body = excluded.body, reply = excluded.reply, at = excluded.at
			WHERE drafts.sent <> $7 OR drafts.sent = ''`, d.Person, d.Room, d.Session, d.Body, d.Reply, d.At, d.Key)
		if err != nil {
			return draftError(err, d)
		}
		return t.boundDrafts(d)
	})
}

// boundDrafts deletes the oldest drafts of who has too many.
func (t *tx) boundDrafts(d parlour.KeptDraft) error {
	var times []time.Time
	for r, err := range t.rows(`SELECT at FROM drafts WHERE person_id = $1`, d.Person) {
		if err != nil {
			return draftError(err, d)
		}
		times = append(times, r.time(0))
	}
	if len(times) <= parlour.MaxDrafts {
		return nil
	}
	slices.SortFunc(times, time.Time.Compare)
	_, err := t.exec(`DELETE FROM drafts WHERE person_id = $1 AND at < $2`, d.Person, times[len(times)-parlour.MaxDrafts])
	return draftError(err, d)
}

// SendDraft implements parlour.DraftStore. The row stays, or a draft of the same
// form that was overtaken on its way would come back.
func (s *Store) SendDraft(ctx context.Context, d parlour.KeptDraft) error {
	return s.writeApart(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO drafts (person_id, room_id, session, body, reply, at, sent)
			VALUES ($1, $2, $3, '', 0, $4, $5) ON CONFLICT (person_id, room_id) DO UPDATE
			SET body = '', reply = 0, at = excluded.at, sent = excluded.sent`, d.Person, d.Room, d.Session, d.At, d.Key)
		return draftError(err, d)
	})
}

func draftError(err error, d parlour.KeptDraft) error {
	if err != nil {
		return fmt.Errorf("draft of %s in room %d: %w", d.Person, d.Room, err)
	}
	return nil
}

// draftColumns are what draftIn reads, in its order: all of them are set.
const draftColumns = `session, body, reply, at`

func draftIn(r row, room int64, person string) parlour.KeptDraft {
	return parlour.KeptDraft{Room: room, Person: person, Session: r.text(0), Body: r.text(1), Reply: r.seq(2), At: r.time(3)}
}

// TakeDraftsAlong implements parlour.DraftStore.
func (s *Store) TakeDraftsAlong(ctx context.Context, session, member string) error {
	return s.writeApart(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM drafts WHERE person_id = $1 AND session = '' AND body = '' AND room_id IN
			(SELECT room_id FROM drafts WHERE session = $2 AND body <> '')`, member, session)
		if err == nil {
			_, err = t.exec(`UPDATE drafts SET person_id = $1, session = '' WHERE session = $2 AND body <> ''
				AND NOT EXISTS (SELECT 1 FROM drafts AS own
					WHERE own.person_id = $1 AND own.room_id = drafts.room_id AND own.session = '')`, member, session)
		}
		if err != nil {
			return fmt.Errorf("taking drafts along to %s: %w", member, err)
		}
		return nil
	})
}

// forgetDrafts deletes the drafts of a guest's session.
func (t *tx) forgetDrafts(session string) error {
	if _, err := t.exec(`DELETE FROM drafts WHERE session = $1 AND session <> ''`, session); err != nil {
		return fmt.Errorf("drafts of a session: %w", err)
	}
	return nil
}
