package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"parlour"
)

// Face implements parlour.Store.
func (s *Store) Face(ctx context.Context, room int64) (face parlour.Face, err error) {
	err = s.snapshot(ctx, func(c conn) (err error) {
		face, _, err = faceOf(c, room)
		return err
	})
	return face, err
}

// faceOf is a room's face and the number of the message that tells of it, 0 when
// there is none yet. Name, topic and rules are the room's own: only the pins are kept
// in that message alone.
func faceOf(c conn, room int64) (face parlour.Face, seq parlour.Seq, err error) {
	r, err := c.one(`SELECT name, topic, rules, face_seq FROM rooms WHERE id = $1`, room)
	switch {
	case errors.Is(err, errNoRow):
		return face, 0, parlour.ErrRoomNotFound
	case err != nil:
		return face, 0, fmt.Errorf("face of room %d: %w", room, err)
	}
	return faceIn(c, r, room)
}

// headAndFaceOf is headOf and faceOf in one question.
func headAndFaceOf(c conn, room int64) (head parlour.Seq, face parlour.Face, err error) {
	r, err := headBy(c, `SELECT name, topic, rules, face_seq, head FROM rooms WHERE id = $1 AND deleted_at IS NULL`, room)
	if err != nil {
		return 0, face, err
	}
	head = r.seq(4)
	face, _, err = faceIn(c, r, room)
	return head, face, err
}

// faceIn reads what faceOf asks for, and asks for the pins.
func faceIn(c conn, r row, room int64) (face parlour.Face, seq parlour.Seq, err error) {
	face.Name, face.Topic, face.Rules, seq = r.text(0), r.text(1), r.text(2), r.seq(3)
	if seq == 0 {
		return face, 0, nil
	}
	m, err := messageAt(c, room, seq)
	if err != nil {
		return face, seq, err
	}
	if m.Event != nil && m.Event.Face != nil {
		face.Pins = m.Event.Face.Pins
	}
	return face, seq, nil
}

// keepPins tells of what else changed, and of messages.
func keepPins(seqs []parlour.Seq) []parlour.Seq { return seqs }

// changeFace lets a room's face become what its name, its topic, its rules and its
// pinned messages are now, with other pins. When that is nothing new, nothing is told.
func (t *tx) changeFace(room int64, at time.Time, pinned func([]parlour.Seq) []parlour.Seq) error {
	head, err := t.head(room)
	if err != nil {
		return err
	}
	face, seq, err := faceOf(t.conn, room)
	if err != nil {
		return err
	}
	var seqs []parlour.Seq
	for _, pin := range face.Pins {
		seqs = append(seqs, pin.Seq)
	}
	if face.Pins, err = t.pins(room, pinned(seqs)); err != nil {
		return err
	}
	m := parlour.Message{
		Room: room, Seq: head + 1, Changed: head + 1, Kind: parlour.KindFace,
		Event: &parlour.Event{Face: &face}, At: wholeMillis(at), Deleted: wholeMillis(at),
	}
	if seq != 0 {
		was, err := messageAt(t.conn, room, seq)
		if err != nil {
			return err
		}
		if isSame(was.Event.Face, &face) {
			return nil
		}
		was.Event = m.Event
		_, err = t.change(was)
		return err
	}
	event, err := eventJSON(m.Event)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO messages (id, room_id, seq, changed, kind, author_id, author_name, body, event, created_at, deleted_at)
		VALUES ($1, $2, $3, $3, $4, '', '', '', $5, $6, $6)`, place(room, m.Seq), room, m.Seq, m.Kind, event, at)
	if err == nil {
		_, err = t.exec(`UPDATE rooms SET face_seq = $1 WHERE id = $2`, m.Seq, room)
	}
	if err != nil {
		return fmt.Errorf("first face of room %d: %w", room, err)
	}
	t.record(m)
	return nil
}

func isSame(a, b *parlour.Face) bool {
	return a != nil && a.Name == b.Name && a.Topic == b.Topic && a.Rules == b.Rules && slices.Equal(a.Pins, b.Pins)
}

// Pin implements parlour.Store.
func (s *Store) Pin(ctx context.Context, room int64, seq parlour.Seq, told parlour.Setting, entry parlour.LogEntry) error {
	return s.writeIn(ctx, room, func(t *tx) error {
		if _, err := t.standing(room, seq); err != nil {
			return err
		}
		face, _, err := faceOf(t.conn, room)
		switch {
		case err != nil:
			return err
		case face.Pinned(seq):
			return nil
		case len(face.Pins) >= parlour.MaxPins:
			return parlour.ErrTooManyPins
		}
		_, _, err = t.post(parlour.NewMessage{
			Room: room, Kind: parlour.KindSystem, Event: &parlour.Event{Set: &told}, At: entry.At,
		}, nil)
		if err != nil {
			return err
		}
		err = t.changeFace(room, entry.At, func(seqs []parlour.Seq) []parlour.Seq { return append(seqs, seq) })
		if err != nil {
			return err
		}
		return t.logAct(entry)
	})
}

// pins are messages as they are pinned now. Where not everybody may read them, a
// pin tells no more than that it is there (see parlour.Face).
func (t *tx) pins(room int64, seqs []parlour.Seq) ([]parlour.Pin, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	r, err := t.one(`SELECT history_from_join FROM rooms WHERE id = $1`, room)
	if err != nil {
		return nil, fmt.Errorf("history of room %d: %w", room, err)
	}
	isVeiled := r.flag(0)
	pins := make([]parlour.Pin, len(seqs))
	for i, seq := range seqs {
		pins[i] = parlour.Pin{Seq: seq}
		if isVeiled {
			continue
		}
		m, err := messageAt(t.conn, room, seq)
		if err != nil {
			return nil, err
		}
		pins[i].Author, pins[i].Excerpt = m.Author.Name, m.Quoted().Excerpt
	}
	return pins, nil
}

// Unpin implements parlour.Store.
func (s *Store) Unpin(ctx context.Context, room int64, seq parlour.Seq, entry parlour.LogEntry) error {
	return s.writeIn(ctx, room, func(t *tx) error {
		face, _, err := faceOf(t.conn, room)
		if err != nil || !face.Pinned(seq) {
			return err
		}
		if err := t.unpin(room, seq, entry.At); err != nil {
			return err
		}
		return t.logAct(entry)
	})
}

// unpin takes a message off the face, if it is there.
func (t *tx) unpin(room int64, seq parlour.Seq, at time.Time) error {
	return t.onPin(room, seq, at, func(seqs []parlour.Seq) []parlour.Seq {
		return slices.DeleteFunc(seqs, func(is parlour.Seq) bool { return is == seq })
	})
}

// refreshPin lets a pin follow the edit of its message, if it has one.
func (t *tx) refreshPin(m parlour.Message, at time.Time) error {
	return t.onPin(m.Room, m.Seq, at, keepPins)
}

func (t *tx) onPin(room int64, seq parlour.Seq, at time.Time, do func([]parlour.Seq) []parlour.Seq) error {
	face, _, err := faceOf(t.conn, room)
	if err != nil || !face.Pinned(seq) {
		return err
	}
	return t.changeFace(room, at, do)
}
