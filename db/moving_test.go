package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parlour"
	"parlour/db/postgrestest"
)

// wantMoved requires that a database has what a file has, and nothing else. It
// does not rely on the sums.
func wantMoved(t *testing.T, path, url string) *house {
	t.Helper()
	tables, want := contents(t, path)
	h := &house{Store: openShared(t, url, Options{})}
	var got map[string][]row
	must(t, h.read(t.Context(), func(c conn) (err error) {
		got, err = rowsOf(c, tables)
		return err
	}))
	for _, table := range tables {
		if len(want[table.name]) == 0 {
			t.Errorf("the house of this test has nothing in %s", table.name)
		}
		if !reflect.DeepEqual(got[table.name], want[table.name]) {
			t.Errorf("%s has %d rows, want %d:\n%.2000v\nwant\n%.2000v", table.name,
				len(got[table.name]), len(want[table.name]), got[table.name], want[table.name])
		}
	}
	return h
}

func TestMovedHouseIsTheSameAndGoesOn(t *testing.T) {
	t.Parallel()
	path, url := furnished(t), postgrestest.Database(t)
	tables, _ := contents(t, path)
	var begin MoveBegin
	var last MoveStep
	move := Move{File: path, URL: url, Began: func(b MoveBegin) { begin = b }, Step: func(s MoveStep) { last = s }}
	moved, err := move.Run(t.Context())
	must(t, err)
	var rows int64
	for _, table := range moved {
		rows += table.Rows
	}
	if len(moved) != len(tables) || begin != (MoveBegin{Rows: rows}) || !last.Checking || last.Rows != rows {
		t.Errorf("%d tables of %d, began with %+v, ended with %+v", len(moved), len(tables), begin, last)
	}
	h := wantMoved(t, path, url)

	if data, found, err := h.Sessions().Find("signed in"); string(data) != "data" || !found || err != nil {
		t.Errorf("session is %q, %v, %v", data, found, err)
	}
	lobby, err := h.Room(t.Context(), "lobby")
	must(t, err)
	again, fresh, err := h.Post(t.Context(), parlour.NewMessage{
		Room: lobby.ID, Kind: parlour.KindMessage, Author: author("Ana"), Body: "keyed", Key: "k", At: noon,
	})
	if again.Seq != 41 || fresh || err != nil {
		t.Errorf("what was said once was taken as %d, fresh %v, %v", again.Seq, fresh, err)
	}
	if m := h.say(t, lobby.ID, "Ana", "hello"); m.Seq != lobby.Head+1 {
		t.Errorf("the next message has number %d after %d", m.Seq, lobby.Head)
	}
	// The filler's rooms have the highest ids, and the one that is gone is between.
	_, had := contents(t, path)
	room := h.room(t, "new")
	for _, r := range had["rooms"] {
		for i, c := range tables[slices.IndexFunc(tables, func(t movingTable) bool { return t.name == "rooms" })].columns {
			if c.name == "id" && r.int(i) >= room {
				t.Errorf("the new room has id %d, and there was %d", room, r.int(i))
			}
		}
	}
}

func TestIDsOfWhatIsGoneAreNotGivenOutAfterAMove(t *testing.T) {
	t.Parallel()
	path, url := filepath.Join(t.TempDir(), "parlour.db"), postgrestest.Database(t)
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	h := &house{Store: s}
	gone := h.room(t, "gone")
	must(t, h.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`DELETE FROM rooms WHERE id = $1`, gone)
		return err
	}))
	must(t, h.Close())
	_, err = Move{File: path, URL: url}.Run(t.Context())
	must(t, err)
	h = &house{Store: openShared(t, url, Options{})}
	if room := h.room(t, "new"); room != gone+1 {
		t.Errorf("after %d came %d", gone, room)
	}
}

// A server takes the same address, with what it says of its pool.
func TestAddressOfAServerIsOneToMoveTo(t *testing.T) {
	t.Parallel()
	path, url := filepath.Join(t.TempDir(), "parlour.db"), postgrestest.Database(t)
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	must(t, s.Close())
	url += "&pool_max_conns=4"
	_, err = Move{File: path, URL: url}.Run(t.Context())
	must(t, err)
	must(t, openShared(t, url, Options{}).Close())
}

func TestFileInUseIsNotMoved(t *testing.T) {
	t.Parallel()
	path, url := furnished(t), postgrestest.Database(t)
	serving := openAt(t, path, Options{busyTimeout: 50 * time.Millisecond})
	_, err := Move{File: path, URL: url}.Run(t.Context())
	wantErr(t, err, errFileInUse)
	must(t, serving.Close())

	refused := false
	move := Move{File: path, URL: url, Began: func(MoveBegin) {
		_, err := Open(t.Context(), path, Options{busyTimeout: 50 * time.Millisecond})
		refused = err != nil
	}}
	_, err = move.Run(t.Context())
	must(t, err)
	if !refused {
		t.Error("the file was opened in the middle of a move")
	}
	openAt(t, path, Options{}) // now it may be
}

func TestDatabaseWithAHouseIsRefused(t *testing.T) {
	t.Parallel()
	one, other, url := furnished(t), furnished(t), postgrestest.Database(t)
	broken, breakOff := context.WithCancel(t.Context())
	_, err := Move{File: one, URL: url, atOnce: 10, Step: func(MoveStep) { breakOff() }}.Run(broken)
	wantErr(t, err, context.Canceled)

	if _, err = (Move{File: other, URL: url}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another house") {
		t.Errorf("over half of another house: %v", err)
	}
	if s, err := OpenPostgres(t.Context(), url, Options{}); err == nil {
		t.Error("half a house was opened")
		must(t, s.Close())
	}
	_, err = Move{File: one, URL: url}.Run(t.Context())
	must(t, err)
	for _, path := range []string{one, other} {
		if _, err = (Move{File: path, URL: url}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "there is a house") {
			t.Errorf("over a house: %v", err)
		}
	}
	wantMoved(t, one, url)

	served := postgrestest.Database(t)
	must(t, openShared(t, served, Options{}).Close())
	if _, err = (Move{File: one, URL: served}).Run(t.Context()); err == nil {
		t.Error("a house that was opened once was moved over")
	}
}

func TestMoveBeginsAnewWhenTheFileChanged(t *testing.T) {
	t.Parallel()
	path, url := furnished(t), postgrestest.Database(t)
	broken, breakOff := context.WithCancel(t.Context())
	_, err := Move{File: path, URL: url, atOnce: 10, Step: func(s MoveStep) {
		if s.Table == "messages" {
			breakOff()
		}
	}}.Run(broken)
	wantErr(t, err, context.Canceled)

	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	h := &house{Store: s}
	lobby, err := h.Room(t.Context(), "lobby")
	must(t, err)
	_, err = h.Edit(t.Context(), parlour.Revision{Room: lobby.ID, Seq: 1, Kind: parlour.KindMessage, Body: "changed", At: noon}, parlour.LogEntry{})
	must(t, err)
	must(t, h.Close())

	var begin MoveBegin
	_, err = Move{File: path, URL: url, Began: func(b MoveBegin) { begin = b }}.Run(t.Context())
	must(t, err)
	if !begin.Anew || begin.There != 0 {
		t.Errorf("began with %+v", begin)
	}
	wantMoved(t, path, url)
}

// Whatever happens to a row on its way is found out, in any table.
func TestCheckFindsARowThatDiffers(t *testing.T) {
	t.Parallel()
	for _, spoiling := range []string{
		`UPDATE messages SET body = body || ' ' WHERE id = (SELECT max(id) FROM messages)`,
		`UPDATE messages SET once = NULL WHERE once IS NOT NULL`,
		`UPDATE members SET seen_at = seen_at + 1 WHERE id = (SELECT min(id) FROM members)`,
		`DELETE FROM sessions WHERE token = 'signed in'`,
		`INSERT INTO settings (name, value) VALUES ('one', 'too many')`,
		`UPDATE seats SET name = name_key, name_key = name WHERE name <> name_key AND person_id = (SELECT max(person_id) FROM seats)`,
	} {
		t.Run(spoiling, func(t *testing.T) {
			t.Parallel()
			path, url := furnished(t), postgrestest.Database(t)
			tables, _ := contents(t, path)
			last, isSpoilt := tables[len(tables)-1].name, false
			_, err := Move{File: path, URL: url, Step: func(s MoveStep) {
				if s.Table != last || isSpoilt || s.Checking {
					return
				}
				isSpoilt = true
				c, err := pgx.Connect(t.Context(), url)
				must(t, err)
				defer c.Close(t.Context())
				if done, err := c.Exec(t.Context(), spoiling); err != nil || done.RowsAffected() == 0 {
					t.Errorf("nothing was spoilt: %v", err)
				}
			}}.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), strings.Fields(spoiling)[1]) && !strings.Contains(err.Error(), strings.Fields(spoiling)[2]) {
				t.Errorf("the check says %v", err)
			}
			var begin MoveBegin
			_, err = Move{File: path, URL: url, Began: func(b MoveBegin) { begin = b }}.Run(t.Context())
			must(t, err)
			if !begin.Anew {
				t.Errorf("began with %+v", begin)
			}
			wantMoved(t, path, url)
		})
	}
}

// PostgreSQL keeps neither NUL nor bytes that are no UTF-8 in a text. SQLite has
// them from headers of requests.
func TestTextsThatPostgreSQLRefusesAreMended(t *testing.T) {
	t.Parallel()
	path, url := filepath.Join(t.TempDir(), "parlour.db"), postgrestest.Database(t)
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	must(t, s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`INSERT INTO traces (person_id, name, session, address, seen_at) VALUES ('g1', $1, 's', $2, 1)`,
			"a\x00b", "c\xffd")
		return err
	}))
	must(t, s.Close())
	moved, err := Move{File: path, URL: url}.Run(t.Context())
	must(t, err)
	i := slices.IndexFunc(moved, func(m MovedTable) bool { return m.Name == "traces" })
	if moved[i].Mended != 2 {
		t.Errorf("moved %+v", moved[i])
	}
	must(t, openShared(t, url, Options{}).read(t.Context(), func(c conn) error {
		r, err := c.one(`SELECT name, address FROM traces`)
		if err == nil && (r.text(0) != "a\uFFFDb" || r.text(1) != "c\uFFFDd") {
			err = fmt.Errorf("there are %q", r)
		}
		return err
	}))
}

func TestTableThatOneSideLacksIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	path := furnished(t)
	for change, want := range map[string]string{
		`DROP TABLE departures`:                     "departures.",
		`ALTER TABLE rooms DROP COLUMN topic`:       "rooms.topic",
		`ALTER TABLE rooms ADD COLUMN more BIGINT`:  "the file has no rooms.more",
		`CREATE TABLE more (id BIGINT PRIMARY KEY)`: "a table more that is none of the house's",
	} {
		url := postgrestest.Database(t)
		must(t, openShared(t, url, Options{}).Close())
		c, err := pgx.Connect(t.Context(), url)
		must(t, err)
		_, err = c.Exec(t.Context(), change)
		must(t, errors.Join(err, c.Close(t.Context())))
		_, err = Move{File: path, URL: url}.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after %s: %v", change, err)
		}
	}
}
