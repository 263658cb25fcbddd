package db

import (
	"context"
	"fmt"

	"parlour"
)

// Listed implements parlour.ListStore.
func (s *Store) Listed(ctx context.Context, room int64) (listed []parlour.Listing, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT roles.person_id, members.name, roles.role, members.disabled_at
			FROM roles JOIN members ON members.id = roles.person_id
			WHERE roles.room_id = $1 ORDER BY roles.role DESC, lower(members.name), members.name`, room) {
			if err != nil {
				return fmt.Errorf("list of room %d: %w", room, err)
			}
			listed = append(listed, parlour.Listing{
				Person: r.text(0), Name: r.text(1), Role: parlour.Role(r.int(2)), Disabled: !r.isNull(3),
			})
		}
		return nil
	})
	return listed, err
}

// SetRole implements parlour.ListStore.
func (s *Store) SetRole(ctx context.Context, room int64, person string, role parlour.Role, keepOwner bool, entry parlour.LogEntry) error {
	return s.writeIn(ctx, room, func(t *tx) error {
		if _, err := t.head(room); err != nil { // is there such a room?
			return err
		}
		if keepOwner && role != parlour.Owner {
			if err := t.isNotLastOwner(room, person); err != nil {
				return err
			}
		}
		var err error
		if role == parlour.NoRole {
			_, err = t.exec(`DELETE FROM roles WHERE room_id = $1 AND person_id = $2`, room, person)
		} else {
			_, err = t.exec(`INSERT INTO roles (room_id, person_id, role) VALUES ($1, $2, $3)
				ON CONFLICT (room_id, person_id) DO UPDATE SET role = excluded.role`, room, person, int(role))
		}
		if err != nil {
			return fmt.Errorf("role in room %d: %w", room, err)
		}
		t.narrowed(room, parlour.Whom{Person: person})
		return t.logAct(entry)
	})
}

// isNotLastOwner is ErrLastOwner when somebody is a room's only owner.
func (t *tx) isNotLastOwner(room int64, person string) error {
	isOwner, others := false, 0
	for r, err := range t.rows(`SELECT person_id FROM roles WHERE room_id = $1 AND role = $2`, room, int(parlour.Owner)) {
		if err != nil {
			return fmt.Errorf("owners of room %d: %w", room, err)
		}
		if r.text(0) == person {
			isOwner = true
		} else {
			others++
		}
	}
	if isOwner && others == 0 {
		return parlour.ErrLastOwner
	}
	return nil
}

// giveRole makes somebody at least something in a room.
func (t *tx) giveRole(room int64, person string, role parlour.Role) error {
	_, err := t.exec(`INSERT INTO roles (room_id, person_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (room_id, person_id) DO UPDATE SET role = excluded.role WHERE excluded.role > roles.role`,
		room, person, int(role))
	if err != nil {
		return fmt.Errorf("role in room %d: %w", room, err)
	}
	return nil
}

// MemberNamed implements parlour.ListStore.
func (s *Store) MemberNamed(ctx context.Context, key string) (a parlour.Account, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		a, err = accountBy(c, `SELECT `+accountColumns+` FROM members WHERE name_key = $1`, key)
		return err
	})
	return a, err
}
