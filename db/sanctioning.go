package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parlour"
)

// Trace implements parlour.Store.
func (s *Store) Trace(ctx context.Context, trace parlour.Trace) error {
	return s.writeApart(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO traces (person_id, name, session, address, seen_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (person_id) DO UPDATE
			SET name = excluded.name, session = excluded.session, address = excluded.address, seen_at = excluded.seen_at`,
			trace.Person, trace.Name, trace.Session, trace.Address, trace.At)
		if err != nil {
			return fmt.Errorf("trace of %s: %w", trace.Person, err)
		}
		// A few of the oldest go with each that comes, so that the table never
		// needs a day of cleaning.
		_, err = t.exec(`DELETE FROM traces WHERE person_id IN
			(SELECT person_id FROM traces WHERE seen_at < $1 ORDER BY seen_at LIMIT 3)`, trace.At.Add(-parlour.TraceKept))
		if err != nil {
			return fmt.Errorf("old traces: %w", err)
		}
		return nil
	})
}

// Target implements parlour.Store.
func (s *Store) Target(ctx context.Context, room int64, person string) (target parlour.Target, err error) {
	target.ID, target.Kind = person, parlour.Guest
	err = s.snapshot(ctx, func(c conn) error {
		isKnown := false
		// Of the names that are known the one in the room counts, then the
		// account's, then any other.
		for _, ask := range []func() (bool, error){
			func() (bool, error) { return tracedIn(c, &target) },
			func() (bool, error) { return seatedIn(c, room, &target) },
			func() (bool, error) { return memberIn(c, &target) },
		} {
			found, err := ask()
			if err != nil {
				return fmt.Errorf("target %s: %w", person, err)
			}
			isKnown = isKnown || found
		}
		if !isKnown {
			return parlour.ErrPersonNotFound
		}
		r, err := c.one(`SELECT role FROM roles WHERE room_id = $1 AND person_id = $2`, room, person)
		if err != nil && !errors.Is(err, errNoRow) {
			return fmt.Errorf("role of %s: %w", person, err)
		}
		if err == nil {
			target.Role = parlour.Role(r.int(0))
		}
		return nil
	})
	return target, err
}

func tracedIn(c conn, target *parlour.Target) (bool, error) {
	r, err := c.one(`SELECT name, session, address FROM traces WHERE person_id = $1`, target.ID)
	if errors.Is(err, errNoRow) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	target.Name, target.Session, target.Address = r.text(0), r.text(1), r.text(2)
	return true, nil
}

func seatedIn(c conn, room int64, target *parlour.Target) (bool, error) {
	isHere := false
	for r, err := range c.rows(`SELECT room_id, name FROM seats WHERE person_id = $1`, target.ID) {
		if err != nil {
			return false, err
		}
		target.Rooms = append(target.Rooms, r.int(0))
		if isHere = isHere || r.int(0) == room; r.int(0) == room || target.Name == "" {
			target.Name = r.text(1)
		}
	}
	return len(target.Rooms) > 0, nil
}

func memberIn(c conn, target *parlour.Target) (bool, error) {
	r, err := c.one(`SELECT name, admin FROM members WHERE id = $1`, target.ID)
	if errors.Is(err, errNoRow) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	target.Kind, target.Name, target.Admin = parlour.Member, r.text(0), r.flag(1)
	return true, nil
}

// SeatsNamed implements parlour.Store.
func (s *Store) SeatsNamed(ctx context.Context, room int64, keys []string) (seats []parlour.Seat, err error) {
	err = s.snapshot(ctx, func(c conn) error {
		for _, key := range keys {
			r, err := c.one(`SELECT `+seatColumns+` FROM seats WHERE room_id = $1 AND name_key = $2`, room, key)
			if errors.Is(err, errNoRow) {
				continue
			}
			if err != nil {
				return fmt.Errorf("seats by name in room %d: %w", room, err)
			}
			seats = append(seats, seatIn(r))
		}
		return nil
	})
	return seats, err
}

// Sanction implements parlour.Store. One of the whole house keeps everybody from
// posting for a moment.
func (s *Store) Sanction(ctx context.Context, sanction parlour.Sanction, entry parlour.LogEntry) (made parlour.Sanction, err error) {
	err = s.writeIn(ctx, sanction.Room, func(t *tx) error {
		r, err := t.one(`INSERT INTO sanctions
			(kind, room_id, person_id, session, address, name, reason, by_id, by_name, created_at, until_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING `+sanctionColumns,
			string(sanction.Kind), sanction.Room, sanction.Person, sanction.Session, sanction.Address, sanction.Name,
			sanction.Reason, sanction.By.ID, sanction.By.Name, sanction.At, orNull(sanction.Until))
		if err != nil {
			return fmt.Errorf("sanction: %w", err)
		}
		made = sanctionIn(r)
		if made.Kind == parlour.Mute {
			t.narrowedPosting()
		} else {
			t.narrowed(made.Room, made.Whom())
			if err := t.throwOut(made.Room, entry.Target); err != nil {
				return err
			}
		}
		return t.logAct(entry)
	})
	return made, err
}

// throwOut has all nodes know that somebody is gone from a room, or with 0 from
// all in which they have a seat.
func (t *tx) throwOut(room int64, who parlour.Author) error {
	for r, err := range t.rows(`SELECT room_id FROM seats WHERE person_id = $1`, who.ID) {
		if err != nil {
			return fmt.Errorf("seats of %s: %w", who.ID, err)
		}
		if seated := r.int(0); room == 0 || seated == room {
			t.order(parlour.Control{Kind: parlour.ControlLeft, Room: seated, Person: who})
		}
	}
	return nil
}

// Lift implements parlour.Store.
func (s *Store) Lift(ctx context.Context, room, id int64, entry parlour.LogEntry) (lifted parlour.Sanction, err error) {
	err = s.writeIn(ctx, room, func(t *tx) error {
		r, err := t.one(`UPDATE sanctions SET lifted_at = $1, lifted_by_id = $2, lifted_by_name = $3
			WHERE id = $4 AND room_id = $5 AND lifted_at IS NULL AND (until_at IS NULL OR until_at > $1) RETURNING `+sanctionColumns,
			entry.At, entry.By.ID, entry.By.Name, id, room)
		switch {
		case errors.Is(err, errNoRow):
			return parlour.ErrSanctionNotFound
		case err != nil:
			return fmt.Errorf("lifting sanction %d: %w", id, err)
		}
		lifted = sanctionIn(r)
		completed := entry
		completed.Target = parlour.Author{ID: lifted.Person, Name: lifted.Name}
		completed.Detail = string(lifted.Kind)
		return t.logAct(completed)
	})
	return lifted, err
}

// Sanctions implements parlour.Store.
func (s *Store) Sanctions(ctx context.Context, room int64, now time.Time) (found []parlour.Sanction, err error) {
	err = s.read(ctx, func(c conn) error {
		for r, err := range c.rows(`SELECT `+sanctionColumns+` FROM sanctions
			WHERE room_id = $1 AND lifted_at IS NULL AND (until_at IS NULL OR until_at > $2)
			ORDER BY id DESC LIMIT $3`, room, now, parlour.SanctionsShown) {
			if err != nil {
				return fmt.Errorf("sanctions of room %d: %w", room, err)
			}
			found = append(found, sanctionIn(r))
		}
		return nil
	})
	return found, err
}
