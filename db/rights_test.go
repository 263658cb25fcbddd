package db

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parlour"
	"parlour/db/postgrestest"
)

func banFrom(room int64, person string) (parlour.Sanction, parlour.LogEntry) {
	return parlour.Sanction{Kind: parlour.Ban, Room: room, Person: person, Name: person, At: noon},
		parlour.LogEntry{Room: room, At: noon, Act: parlour.ActBan}
}

// TestModeratingOneRoomWaitsForNoOther: somebody is in the middle of a transaction
// that posts elsewhere, and whoever posts there waits for no moderator.
func TestModeratingOneRoomWaitsForNoOther(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	h := &house{Store: openShared(t, url, Options{})}
	busy, room := h.room(t, "busy"), h.room(t, "garden")
	h.sit(t, room, "g-Bob", "Bob")
	ana := h.member(t, "m1", "Ana")
	other, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer other.Close(t.Context())
	_, err = other.Exec(t.Context(), `BEGIN; SELECT id FROM rooms WHERE slug = 'busy' FOR NO KEY UPDATE`)
	must(t, err)
	_, err = other.Exec(t.Context(), `SELECT pg_advisory_xact_lock_shared($1)`, int64(houseLock))
	must(t, err)

	ctx, entry := t.Context(), parlour.LogEntry{Room: room, At: noon}
	for what, do := range map[string]func() error{
		"a ban": func() error {
			ban, entry := banFrom(room, "g-Bob")
			made, err := h.Sanction(ctx, ban, entry)
			if err != nil {
				return err
			}
			_, err = h.Lift(ctx, room, made.ID, entry)
			return err
		},
		"a setting": func() error {
			return h.Adjust(ctx, room, parlour.Adjustment{Locked: new(true)}, parlour.Setting{What: parlour.ActLock}, entry)
		},
		"a role": func() error { return h.SetRole(ctx, room, ana.ID, parlour.Moderator, false, entry) },
		"an invitation": func() error {
			_, err := h.AddPass(ctx, parlour.KeyOfPass("x"), parlour.Pass{At: noon, ExpiresAt: noon}, nil)
			return err
		},
		"preferences": func() error { return h.ChangePreferences(ctx, ana.ID, "de", "UTC") },
		"a cleaning":  func() error { _, err := h.Sessions().purge(ctx, noon); return err },
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}

	// It does wait for those who are in the room itself.
	ban, entry := banFrom(busy, "g-Bob")
	soon, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	banned := make(chan error, 1)
	go func() { _, err := h.Sanction(context.WithoutCancel(ctx), ban, entry); banned <- err }()
	select {
	case err := <-banned:
		t.Errorf("somebody was banned beside a transaction in the room: %v", err)
	case <-soon.Done():
	}
	_, err = other.Exec(ctx, `COMMIT`)
	must(t, errors.Join(err, <-banned))
}

// TestRightTakenWhileAnotherIsTakenIsNotMissed: two nodes take rights away in two
// rooms, and the one that commits last counts both.
func TestRightTakenWhileAnotherIsTakenIsNotMissed(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 2)
	here, there := nodes[0].room(t, "here"), nodes[0].room(t, "there")
	var asked time.Time
	must(t, nodes[0].writeIn(t.Context(), here, func(tx *tx) error {
		tx.narrowed(here, parlour.Whom{Person: "g-Ana"})
		asked = time.Now()
		ban, entry := banFrom(there, "g-Bob")
		_, err := nodes[1].Sanction(t.Context(), ban, entry)
		return err
	}))
	for i, node := range nodes {
		for _, room := range []int64{here, there} {
			_, _, err := node.Post(t.Context(), parlour.NewMessage{
				Room: room, Kind: parlour.KindMessage, Author: author("Bob"), Body: "hi", At: noon, Asked: asked,
			})
			if !errors.Is(err, parlour.ErrOvertaken) {
				t.Errorf("node %d, room %d: %v", i, room, err)
			}
		}
	}
}

// TestRightLookedAtWhileItsLossIsCommittedIsLookedAtAgain: until the commit is done
// everybody reads the rights as they were.
func TestRightLookedAtWhileItsLossIsCommittedIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	h := &house{Store: openShared(t, url, Options{})}
	room, ctx := h.room(t, "garden"), t.Context()
	other, err := pgx.Connect(ctx, url)
	must(t, err)
	defer other.Close(context.WithoutCancel(ctx))
	_, err = other.Exec(ctx, `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END';
		CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON sanctions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait();
		SELECT pg_advisory_lock(77)`)
	must(t, err)
	ban, entry := banFrom(room, "g-Bob")
	banned := make(chan error, 1)
	go func() { _, err := h.Sanction(ctx, ban, entry); banned <- err }()
	eventually(t, "the ban is being committed", func() (is bool) {
		must(t, other.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE objid = 77 AND NOT granted
			AND locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&is))
		return is
	})
	asked := time.Now()
	_, err = other.Exec(ctx, `SELECT pg_advisory_unlock(77)`)
	must(t, errors.Join(err, <-banned))
	_, _, err = h.Post(ctx, parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author("Bob"), Body: "hi", At: noon, Asked: asked,
	})
	if !errors.Is(err, parlour.ErrOvertaken) {
		t.Errorf("what was allowed before the commit: %v", err)
	}
}

// TestSilentDatabaseIsNotWaitedForAtTheStart: it takes the connection, and says
// nothing.
func TestSilentDatabaseIsNotWaitedForAtTheStart(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err = OpenPostgres(ctx, "postgres://parlour@"+silent.Addr().String()+"/parlour", Options{busyTimeout: 50 * time.Millisecond})
	wantKind(t, err, parlour.Unavailable)
	must(t, ctx.Err())
}
