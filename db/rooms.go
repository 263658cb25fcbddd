package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parlour"
)

// roomColumns are what roomIn reads, in its order. Who may do what comes in one
// column with the name: each of text costs two allocations, and rooms are read for
// all that people do.
const roomColumns = `id, slug, topic, head, created_at, description, rules,
	see_by || ' ' || read_by || ' ' || post_by || ' ' || upload_by || ' ' || rooms.name,
	password_hash, history_from_join, slow_ms, talk_after_ms, link_after_ms, locked, read_only, waiting_room, archived_at,
	edit_window_ms, stubs, discreet`

func roomIn(r row) parlour.Room {
	access, name := accessIn(r.text(7))
	return parlour.Room{
		ID: r.int(0), Slug: r.text(1), Name: name, Topic: r.text(2),
		Head: r.seq(3), CreatedAt: r.time(4), Description: r.text(5), Rules: r.text(6),
		Access: access, PasswordHash: r.text(8), HistoryFromJoin: r.flag(9),
		Slow: r.duration(10), TalkAfter: r.duration(11), LinkAfter: r.duration(12),
		Locked: r.flag(13), ReadOnly: r.flag(14), WaitingRoom: r.flag(15), ArchivedAt: r.time(16),
		EditWindow: r.duration(17), Stubs: r.flag(18), Discreet: r.flag(19),
	}
}

func accessIn(audiences string) (access parlour.Access, name string) {
	see, rest, _ := strings.Cut(audiences, " ")
	read, rest, _ := strings.Cut(rest, " ")
	post, rest, _ := strings.Cut(rest, " ")
	upload, name, _ := strings.Cut(rest, " ")
	return parlour.Access{
		See: parlour.Audience(see), Read: parlour.Audience(read),
		Post: parlour.Audience(post), Upload: parlour.Audience(upload),
	}, name
}

// Rooms implements parlour.Store.
func (s *Store) Rooms(ctx context.Context) (rooms []parlour.Room, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT ` + roomColumns + ` FROM rooms WHERE deleted_at IS NULL ORDER BY lower(name), name, id`) {
			if err != nil {
				return fmt.Errorf("rooms: %w", err)
			}
			rooms = append(rooms, roomIn(r))
		}
		return nil
	})
	return rooms, err
}

// Room implements parlour.Store.
func (s *Store) Room(ctx context.Context, slug string) (room parlour.Room, err error) {
	err = s.read(ctx, func(c conn) error {
		r, err := c.one(`SELECT `+roomColumns+` FROM rooms WHERE slug = $1 AND deleted_at IS NULL`, slug)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrRoomNotFound
		case err != nil:
			return fmt.Errorf("room %q: %w", slug, err)
		}
		room = roomIn(r)
		return nil
	})
	return room, err
}

// CreateRoom implements parlour.Store.
func (s *Store) CreateRoom(ctx context.Context, room parlour.Room) (created parlour.Room, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		created, err = t.createRoom(room)
		return err
	})
	return created, err
}

func (t *tx) createRoom(room parlour.Room) (parlour.Room, error) {
	if room.Access == (parlour.Access{}) {
		room.Access = parlour.Presets["open"]
	}
	r, err := t.one(`INSERT INTO rooms (slug, name, topic, created_at, description, rules, see_by, read_by, post_by, upload_by,
			password_hash, history_from_join, slow_ms, talk_after_ms, link_after_ms, locked, read_only, waiting_room, edit_window_ms, stubs, discreet)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT (slug) DO NOTHING RETURNING `+roomColumns, room.Slug, room.Name, room.Topic, time.Now(),
		room.Description, room.Rules, string(room.Access.See), string(room.Access.Read), string(room.Access.Post),
		string(room.Access.Upload), room.PasswordHash, room.HistoryFromJoin, room.Slow.Milliseconds(),
		room.TalkAfter.Milliseconds(), room.LinkAfter.Milliseconds(), room.Locked, room.ReadOnly,
		room.WaitingRoom, room.EditWindow.Milliseconds(), room.Stubs, room.Discreet)
	switch {
	case errors.Is(err, errNoRow):
		return parlour.Room{}, slugTaken(room.Slug)
	case err != nil:
		return parlour.Room{}, fmt.Errorf("creating room %q: %w", room.Slug, err)
	}
	return roomIn(r), nil
}

// ensureLobby makes the first room of a new house.
func (s *Store) ensureLobby(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.one(`SELECT 1 FROM rooms LIMIT 1`)
		if errors.Is(err, errNoRow) {
			_, err = t.createRoom(parlour.Room{Slug: "lobby", Name: "Lobby", Topic: "Come in, say hello"})
		}
		return err
	})
}
