package db

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"parlour"
)

// FoundRoom implements parlour.RoomStore.
func (s *Store) FoundRoom(ctx context.Context, room parlour.Room, owner string, entry parlour.LogEntry) (founded parlour.Room, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		if founded, err = t.createRoom(room); err != nil {
			return err
		}
		if err := t.giveRole(founded.ID, owner, parlour.Owner); err != nil {
			return err
		}
		entry.Room = founded.ID
		return t.logAct(entry)
	})
	return founded, err
}

// ChangeRoom implements parlour.RoomStore.
func (s *Store) ChangeRoom(ctx context.Context, room parlour.Room, told []parlour.Setting, entry parlour.LogEntry) (was parlour.Room, err error) {
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.head(room.ID); err != nil { // is there such a room?
			return err
		}
		r, err := t.one(`SELECT `+roomColumns+` FROM rooms WHERE id = $1`, room.ID)
		if err != nil {
			return fmt.Errorf("room %d: %w", room.ID, err)
		}
		was = roomIn(r)
		if err := t.freeSlug(room.Slug, room.ID); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE rooms SET slug = $1, name = $2, topic = $3, description = $4, rules = $5,
				see_by = $6, read_by = $7, post_by = $8, upload_by = $9, password_hash = $10, history_from_join = $11,
				slow_ms = $12, talk_after_ms = $13, link_after_ms = $14, locked = $15, read_only = $16,
				waiting_room = $17, archived_at = $18, edit_window_ms = $19, stubs = $20, discreet = $21 WHERE id = $22`,
			room.Slug, room.Name, room.Topic, room.Description, room.Rules, string(room.Access.See),
			string(room.Access.Read), string(room.Access.Post), string(room.Access.Upload), room.PasswordHash,
			room.HistoryFromJoin, room.Slow.Milliseconds(), room.TalkAfter.Milliseconds(),
			room.LinkAfter.Milliseconds(), room.Locked, room.ReadOnly, room.WaitingRoom,
			orNull(room.ArchivedAt), room.EditWindow.Milliseconds(), room.Stubs, room.Discreet, room.ID)
		if err != nil {
			return fmt.Errorf("changing room %d: %w", room.ID, err)
		}
		if parlour.MayEndReading(was, room) {
			t.narrowed(room.ID, parlour.Whom{})
		} else {
			t.narrowedPosting()
		}
		for _, what := range told {
			_, _, err := t.post(parlour.NewMessage{
				Room: room.ID, Kind: parlour.KindSystem, Event: &parlour.Event{Set: &what}, At: entry.At,
			}, nil)
			if err != nil {
				return err
			}
		}
		face, _, err := faceOf(t.conn, room.ID)
		if err != nil {
			return err
		}
		isAboutFace := func(s parlour.Setting) bool {
			return s.What == parlour.ActName || s.What == parlour.ActTopic || s.What == parlour.ActRules
		}
		if len(face.Pins) > 0 || slices.ContainsFunc(told, isAboutFace) {
			if err := t.changeFace(room.ID, entry.At, keepPins); err != nil {
				return err
			}
		}
		return t.logAct(entry)
	})
	return was, err
}

// freeSlug is a Conflict when another room has the address.
func (t *tx) freeSlug(slug string, room int64) error {
	for r, err := range t.rows(`SELECT id FROM rooms WHERE slug = $1`, slug) {
		if err != nil {
			return fmt.Errorf("address %q: %w", slug, err)
		}
		if r.int(0) != room {
			return slugTaken(slug)
		}
	}
	return nil
}

func slugTaken(slug string) error {
	taken := parlour.Errorf(parlour.Conflict, "room.slug_taken", "there is a room at %q already", slug)
	taken.Field = "slug"
	return taken
}

// Everything of a deleted room but its row, which stays behind empty: messages
// point to it, and to look for the last of them at once would keep everybody
// waiting. No message comes to it any more, since it has no head (see headOf).
var ofRoom = [...]string{
	`DELETE FROM seats WHERE room_id = $1`,
	`DELETE FROM departures WHERE room_id = $1`,
	`DELETE FROM roles WHERE room_id = $1`,
	`DELETE FROM sanctions WHERE room_id = $1`,
	`DELETE FROM filters WHERE room_id = $1`,
	`DELETE FROM held WHERE room_id = $1`,
	`DELETE FROM reports WHERE room_id = $1`,
	`DELETE FROM reactions WHERE room_id = $1`,
	`DELETE FROM revisions WHERE room_id = $1`,
	`DELETE FROM mentions WHERE room_id = $1`,
	`DELETE FROM drafts WHERE room_id = $1`,
	`DELETE FROM passes WHERE room_id = $1`,
}

// deleteAtOnce is how many messages are deleted in one operation, in which
// nobody can post.
const deleteAtOnce = 500

// DeleteRoom implements parlour.RoomStore.
func (s *Store) DeleteRoom(ctx context.Context, room int64, entry parlour.LogEntry) error {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.head(room); err != nil {
			return err
		}
		for _, statement := range ofRoom {
			if _, err := t.exec(statement, room); err != nil {
				return fmt.Errorf("deleting room %d: %w", room, err)
			}
		}
		// The address is free again at once; no address has a slash.
		_, err := t.exec(`UPDATE rooms SET slug = $1, name = '', topic = '', description = '', rules = '',
			password_hash = '', see_by = 'nobody', deleted_at = $2 WHERE id = $3`,
			"deleted/"+strconv.FormatInt(room, 10), entry.At, room)
		if err != nil {
			return fmt.Errorf("deleting room %d: %w", room, err)
		}
		delete(t.heads, room)
		t.narrowed(room, parlour.Whom{})
		return t.logAct(entry)
	})
	if err != nil {
		return err
	}
	return s.emptyRoom(context.WithoutCancel(ctx), room)
}

// emptyRoom deletes the messages of a deleted room, a few at a time.
func (s *Store) emptyRoom(ctx context.Context, room int64) error {
	for {
		var n int64
		err := s.write(ctx, func(t *tx) (err error) {
			n, err = t.exec(`DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE id > $1 AND id <= $2 LIMIT $3)`,
				place(room, 0), place(room, maxSeq), deleteAtOnce)
			return err
		})
		if err != nil {
			return fmt.Errorf("messages of deleted room %d: %w", room, err)
		}
		if n < deleteAtOnce {
			return nil
		}
	}
}

// emptyDeletedRooms completes deletions that a crash has interrupted.
func (s *Store) emptyDeletedRooms(ctx context.Context) error {
	var left []int64
	err := s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT id FROM rooms WHERE deleted_at IS NOT NULL AND EXISTS (
			SELECT 1 FROM messages WHERE messages.id > rooms.id * 68719476736 AND messages.id < (rooms.id + 1) * 68719476736)`) {
			if err != nil {
				return fmt.Errorf("deleted rooms: %w", err)
			}
			left = append(left, r.int(0))
		}
		return nil
	})
	for _, room := range left {
		if err == nil {
			err = s.emptyRoom(ctx, room)
		}
	}
	return err
}

// Barred implements parlour.RoomStore.
func (s *Store) Barred(ctx context.Context, by parlour.Identity, now time.Time) (barred *parlour.Sanction, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		met, err := sanctionsOn(c, by, now)
		if err != nil {
			return err
		}
		for i := range met {
			if met[i].Room == 0 && met[i].Kind != parlour.Mute {
				barred = longer(barred, &met[i])
			}
		}
		return nil
	})
	return barred, err
}
