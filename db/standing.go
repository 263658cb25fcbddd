package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parlour"
)

// Standing implements parlour.Store.
func (s *Store) Standing(ctx context.Context, by parlour.Identity, slug string, now time.Time) (parlour.Room, parlour.Standing, error) {
	c, err := s.engine.take(ctx, s.stop)
	if err != nil {
		return parlour.Room{}, parlour.Standing{}, err
	}
	defer s.engine.giveBack(c)
	at, err := standingIn(c, by, slug, now, nil)
	return at.Room, at.Standing, domain(err)
}

// StandingWithDraft implements parlour.DraftStore.
func (s *Store) StandingWithDraft(ctx context.Context, by parlour.Identity, slug string, now time.Time) (parlour.Room, parlour.Standing, parlour.KeptDraft, error) {
	var draft parlour.KeptDraft
	c, err := s.engine.take(ctx, s.stop)
	if err != nil {
		return parlour.Room{}, parlour.Standing{}, draft, err
	}
	defer s.engine.giveBack(c)
	at, err := standingIn(c, by, slug, now, &draft)
	return at.Room, at.Standing, draft, domain(err)
}

// standingIn fills in the person's draft where one is wanted: nil is not.
func standingIn(c conn, by parlour.Identity, slug string, now time.Time, draft *parlour.KeptDraft) (at parlour.RoomStanding, err error) {
	query := standingQuery
	if draft != nil {
		query = draftingQuery
	}
	r, err := c.one(query, by.ID, by.Session, parlour.AddrKey(by.Addr), now.UnixMilli(), slug)
	if err == nil && draft != nil && !r.isNull(draftAt) {
		*draft = draftIn(r[draftAt:], r.int(0), by.ID)
	}
	switch {
	case errors.Is(err, errNoRow):
		return at, parlour.ErrRoomNotFound
	case err != nil:
		return at, fmt.Errorf("standing of %s in %q: %w", by.ID, slug, err)
	case r.isNull(sanctionAt): // one row is all there is, as for nearly everybody
		at = standIn(r, by)
		at.Slug = slug
		return at, nil
	}
	all, err := standingsIn(c, query, by, now, slug)
	if err == nil && len(all) == 0 { // deleted since
		err = parlour.ErrRoomNotFound
	}
	if err != nil {
		return at, err
	}
	all[0].Slug = slug
	return all[0], nil
}

// Standings implements parlour.Store.
func (s *Store) Standings(ctx context.Context, by parlour.Identity, now time.Time) (all []parlour.RoomStanding, err error) {
	err = s.read(ctx, func(c conn) (err error) {
		all, err = standingsIn(c, standingsQuery, by, now)
		return err
	})
	return all, err
}

func standingsIn(c conn, query string, by parlour.Identity, now time.Time, slug ...any) (all []parlour.RoomStanding, err error) {
	args := append([]any{by.ID, by.Session, parlour.AddrKey(by.Addr), now.UnixMilli()}, slug...)
	for r, err := range c.rows(query, args...) {
		if err != nil {
			return nil, fmt.Errorf("standings of %s: %w", by.ID, err)
		}
		if n := len(all); n == 0 || all[n-1].ID != r.int(0) {
			all = append(all, standIn(r, by))
		}
		meet(&all[len(all)-1], r)
	}
	return all, nil
}

// standings asks for rooms together with all that decides how somebody stands
// in them, in one statement and so from one moment. A room comes once for each
// sanction that meets them there, and once without any. More columns, and a table
// that they are from, are for those who want more of a room than that.
func standings(more, from string) string {
	return `SELECT ` + of("rooms", roomColumns) + `, ` + of("seats", placeColumns) + `, roles.role, ` + of("sanctions", sanctionColumns) + more + `
		FROM rooms
		LEFT JOIN seats ON seats.room_id = rooms.id AND seats.person_id = $1 AND $1 <> ''
		LEFT JOIN roles ON roles.room_id = rooms.id AND roles.person_id = $1
		LEFT JOIN sanctions ON sanctions.room_id IN (0, rooms.id) AND (` + meets + `)` + from
}

// inRoom asks only for the room of a slug. Whoever does knows it, and a text costs
// two allocations.
func inRoom(query string) string {
	return strings.Replace(query, "rooms.slug", "''", 1) + ` WHERE rooms.slug = $5 AND rooms.deleted_at IS NULL`
}

var (
	standingQuery = inRoom(standings("", ""))
	// draftingQuery is for pages with a composer, and would make all else dearer.
	draftingQuery = inRoom(standings(`, `+of("drafts", draftColumns),
		` LEFT JOIN drafts ON drafts.room_id = rooms.id AND drafts.person_id = $1 AND drafts.body <> ''`))
	standingsQuery = standings("", "") + ` WHERE rooms.archived_at IS NULL AND rooms.deleted_at IS NULL
		ORDER BY lower(rooms.name), rooms.name, rooms.id`
)

// Where each part of a row of standings begins.
var (
	seatAt     = columnsOf(roomColumns)
	roleAt     = seatAt + columnsOf(placeColumns)
	sanctionAt = roleAt + 1
	draftAt    = sanctionAt + columnsOf(sanctionColumns)
)

// of are the columns of a table by their full names.
func of(table, columns string) string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = table + "." + strings.TrimSpace(name)
	}
	return strings.Join(names, ", ")
}

func columnsOf(columns string) int { return 1 + strings.Count(columns, ",") }

// standIn reads the room and the place in it.
func standIn(r row, by parlour.Identity) parlour.RoomStanding {
	at := parlour.RoomStanding{Room: roomIn(r), Standing: parlour.Standing{Identity: by}}
	if !r.isNull(seatAt) {
		at.Standing.Seat = placeIn(r[seatAt:], at.ID, by.ID)
	}
	if by.Kind == parlour.Member {
		at.Standing.Role = parlour.Role(r.int(roleAt))
	}
	return at
}

// meet takes a row's sanction into account, if it has one.
func meet(at *parlour.RoomStanding, r row) {
	if r.isNull(sanctionAt) {
		return
	}
	s, who := sanctionIn(r[sanctionAt:]), &at.Standing
	switch {
	case s.Person != who.ID && who.Moderates():
		// Who keeps order may share an address with somebody who is banned.
	case s.Kind == parlour.Mute:
		who.Muted = longer(who.Muted, &s)
	default:
		who.Barred = longer(who.Barred, &s)
	}
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

// meets tells of the sanctions in force that meet somebody of an id ($1), a
// session ($2) and an address ($3) at a time ($4): three ways, each by its own
// index. The empty value is no way; that and not being lifted stand in the
// indexes' conditions too, and so have to stand beside each.
const meets = `(sanctions.person_id = $1 AND sanctions.person_id <> '' AND sanctions.lifted_at IS NULL
		OR sanctions.session = $2 AND sanctions.session <> '' AND sanctions.lifted_at IS NULL
		OR sanctions.address = $3 AND sanctions.address <> '' AND sanctions.lifted_at IS NULL)
	AND (sanctions.until_at IS NULL OR sanctions.until_at > $4)`

// sanctionsOn are the sanctions in force that meet somebody, in any room.
func sanctionsOn(c conn, by parlour.Identity, now time.Time) (met []parlour.Sanction, err error) {
	for r, err := range c.rows(`SELECT `+sanctionColumns+` FROM sanctions WHERE `+meets, by.ID, by.Session, parlour.AddrKey(by.Addr), now) {
		if err != nil {
			return nil, fmt.Errorf("sanctions: %w", err)
		}
		met = append(met, sanctionIn(r))
	}
	return met, nil
}
