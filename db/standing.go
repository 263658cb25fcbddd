package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// Standing implements parlour.Store.
func (s *Store) Standing(ctx context.Context, by parlour.Identity, slug string, now time.Time) (room parlour.Room, who parlour.Standing, err error) {
	err = s.snapshot(ctx, func(c *conn) error {
		r, err := c.one(`SELECT `+roomColumns+` FROM rooms WHERE slug = $1 AND deleted_at IS NULL`, slug)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrRoomNotFound
		case err != nil:
			return fmt.Errorf("room %q: %w", slug, err)
		}
		room = roomIn(r)
		sanctions, err := sanctionsOn(c, by, now)
		if err != nil {
			return err
		}
		who, err = standingIn(c, by, room.ID, sanctions)
		return err
	})
	return room, who, err
}

// Standings implements parlour.Store.
func (s *Store) Standings(ctx context.Context, by parlour.Identity, now time.Time) (all []parlour.RoomStanding, err error) {
	err = s.snapshot(ctx, func(c *conn) error {
		sanctions, err := sanctionsOn(c, by, now)
		if err != nil {
			return err
		}
		for r, err := range c.rows(`SELECT ` + roomColumns + ` FROM rooms WHERE archived_at IS NULL AND deleted_at IS NULL ORDER BY lower(name), name, id`) {
			if err != nil {
				return fmt.Errorf("rooms: %w", err)
			}
			all = append(all, parlour.RoomStanding{Room: roomIn(r)})
		}
		for i := range all {
			if all[i].Standing, err = standingIn(c, by, all[i].ID, sanctions); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// standingIn is how somebody stands in a room, given the sanctions that meet
// them anywhere.
func standingIn(c *conn, by parlour.Identity, room int64, sanctions []parlour.Sanction) (parlour.Standing, error) {
	who := parlour.Standing{Identity: by}
	if by.Kind == parlour.Member {
		r, err := c.one(`SELECT role FROM roles WHERE room_id = $1 AND person_id = $2`, room, by.ID)
		if err != nil && !errors.Is(err, errNoRow) {
			return who, fmt.Errorf("role of %s in room %d: %w", by.ID, room, err)
		}
		if err == nil {
			who.Role = parlour.Role(r.int(0))
		}
	}
	for i := range sanctions {
		s := &sanctions[i]
		switch {
		case s.Room != 0 && s.Room != room:
		case s.Person != by.ID && who.Moderates():
			// Who keeps order may share an address with somebody who is banned.
		case s.Kind == parlour.Mute:
			who.Muted = longer(who.Muted, s)
		default:
			who.Barred = longer(who.Barred, s)
		}
	}
	if !by.Known() {
		return who, nil
	}
	r, err := c.one(`SELECT `+seatColumns+` FROM seats WHERE room_id = $1 AND person_id = $2`, room, by.ID)
	switch {
	case errors.Is(err, errNoRow):
		return who, nil
	case err != nil:
		return who, fmt.Errorf("seat of %s in room %d: %w", by.ID, room, err)
	}
	who.Seat = seatIn(r)
	return who, nil
}

// longer is the sanction that lasts longer.
func longer(a, b *parlour.Sanction) *parlour.Sanction {
	if a == nil || !a.Until.IsZero() && (b.Until.IsZero() || b.Until.After(a.Until)) {
		return b
	}
	return a
}

const sanctionColumns = `id, kind, room_id, person_id, session, address, name, reason, by_id, by_name,
	created_at, until_at, lifted_at, lifted_by_id, lifted_by_name`

func sanctionIn(r row) parlour.Sanction {
	return parlour.Sanction{
		ID: r.int(0), Kind: parlour.SanctionKind(r.text(1)), Room: r.int(2),
		Person: r.text(3), Session: r.text(4), Address: r.text(5), Name: r.text(6), Reason: r.text(7),
		By: parlour.Author{ID: r.text(8), Name: r.text(9)}, At: r.time(10), Until: r.time(11),
		LiftedAt: r.time(12), LiftedBy: parlour.Author{ID: r.text(13), Name: r.text(14)},
	}
}

// The three ways in which a sanction meets somebody, each by its own index. The
// empty value is no way: it stands in the indexes' conditions too.
var sanctionsBy = [...]string{
	`SELECT ` + sanctionColumns + ` FROM sanctions WHERE person_id = $1 AND person_id <> '' AND lifted_at IS NULL AND (until_at IS NULL OR until_at > $2)`,
	`SELECT ` + sanctionColumns + ` FROM sanctions WHERE session = $1 AND session <> '' AND lifted_at IS NULL AND (until_at IS NULL OR until_at > $2)`,
	`SELECT ` + sanctionColumns + ` FROM sanctions WHERE address = $1 AND address <> '' AND lifted_at IS NULL AND (until_at IS NULL OR until_at > $2)`,
}

// sanctionsOn are the sanctions in force that meet somebody, in any room.
func sanctionsOn(c *conn, by parlour.Identity, now time.Time) (met []parlour.Sanction, err error) {
	for i, value := range [...]string{by.ID, by.Session, parlour.AddrKey(by.Addr)} {
		if value == "" {
			continue
		}
		for r, err := range c.rows(sanctionsBy[i], value, now) {
			if err != nil {
				return nil, fmt.Errorf("sanctions: %w", err)
			}
			met = append(met, sanctionIn(r))
		}
	}
	return met, nil
}
