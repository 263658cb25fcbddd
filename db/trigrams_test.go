package db

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parlour"
	"parlour/db/postgrestest"
)

// commanded runs statements as the database's administrator.
func commanded(t *testing.T, database string, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	must(t, err)
	defer c.Close(context.WithoutCancel(t.Context()))
	for _, statement := range statements {
		_, err := c.Exec(t.Context(), statement)
		must(t, err)
	}
}

// ofHouse is the address of a database for somebody who may make tables in it, and
// no extension.
func ofHouse(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	name := "keeper_of_" + strings.TrimPrefix(u.Path, "/")
	commanded(t, database, `CREATE ROLE `+name+` LOGIN`, `GRANT CREATE ON SCHEMA public TO `+name)
	u.User = url.User(name)
	return u.String()
}

func TestDatabaseWithoutTrigramsIsSearchedAsWell(t *testing.T) {
	testRules(t, searchRules, func(t *testing.T, o Options) *Store {
		s := openShared(t, ofHouse(t, postgrestest.Database(t)), o)
		if by, isRuns := s.index.(runs); !isRuns {
			t.Fatalf("it is searched by %T", by)
		}
		return s
	})
}

func TestLackOfTrigramsIsSaidOnce(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	for _, c := range []struct {
		address string
		want    int
	}{
		{ofHouse(t, database), 1}, // makes the tables, so that they are its own
		{database, 0},
	} {
		var log bytes.Buffer
		s, err := OpenPostgres(t.Context(), c.address, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		must(t, err)
		must(t, s.Close())
		if n := strings.Count(log.String(), "no trigrams"); n != c.want {
			t.Errorf("it was said %d times, want %d:\n%s", n, c.want, log.String())
		}
	}
}

// What a house is searched by is made when it is opened: after somebody has
// installed the extension, and after it was taken away again. What is not used
// keeps nothing of what was said.
func TestTrigramsMayComeAndGo(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	address := ofHouse(t, database)
	var room int64
	for round, step := range []struct {
		command, used, emptied string
	}{
		{`SELECT 1`, "search_runs", "search_texts"},
		{`CREATE SCHEMA "an extension's"; CREATE EXTENSION pg_trgm SCHEMA "an extension's"; GRANT USAGE ON SCHEMA "an extension's" TO PUBLIC`,
			"search_texts", "search_runs"},
		{`SELECT 1`, "search_texts", "search_grams"},
		{`DROP EXTENSION pg_trgm CASCADE`, "search_runs", "search_texts_upto"},
	} {
		commanded(t, database, step.command)
		h := &house{Store: openShared(t, address, Options{})}
		if round == 0 {
			room = h.room(t, "garden")
		}
		h.say(t, room, "Ana", fmt.Sprintf("apple %d", round))
		for range 2 {
			if found := h.find(t, "appl", room); len(found.Messages) != round+1 || found.Partial {
				t.Errorf("round %d: found %s", round, bodies(found.Messages))
			}
			must(t, h.Index())
		}
		must(t, h.read(t.Context(), func(c conn) error {
			for table, wantSome := range map[string]bool{step.used: true, step.emptied: false} {
				r, err := c.one(`SELECT count(*) FROM ` + table)
				if err != nil {
					return err
				}
				if n := r.int(0); n > 0 != wantSome {
					t.Errorf("round %d: %s has %d rows", round, table, n)
				}
			}
			return nil
		}))
		must(t, h.Close())
	}
}

func TestSearchThatTakesTooLongAnswersInPart(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	h := &house{Store: openShared(t, database, Options{})}
	room := h.room(t, "garden")
	h.say(t, room, "Ana", "an old apple")
	must(t, h.Index())
	h.say(t, room, "Ana", "a new apple")
	c, err := pgx.Connect(t.Context(), database)
	must(t, err)
	defer c.Close(context.WithoutCancel(t.Context()))
	busy, err := c.Begin(t.Context())
	must(t, err)
	_, err = busy.Exec(t.Context(), `LOCK TABLE search_texts`)
	must(t, err)

	by := h.Store.index.(texts)
	by.patience = 50 * time.Millisecond
	wanted := parlour.Wanted{Query: parlour.Query{Terms: []string{"apple"}}, Floors: floors(room)}
	found, err := h.searchBy(t.Context(), by, wanted, 10)
	must(t, err)
	if !found.Partial || bodies(found.Messages) != "a new apple" {
		t.Errorf("found %s, in part: %v", bodies(found.Messages), found.Partial)
	}
	must(t, busy.Rollback(t.Context()))
	if found := h.find(t, "apple", room); found.Partial || len(found.Messages) != 2 {
		t.Errorf("found %s, in part: %v", bodies(found.Messages), found.Partial)
	}
}

// More messages than are gone through one by one, which the inverted index cannot
// be asked for or has too many of.
func TestSearchThatCannotSeeEverythingSaysSo(t *testing.T) {
	t.Parallel()
	h := &house{Store: openShared(t, postgrestest.Database(t), Options{})}
	room := h.room(t, "garden")
	for i := range 10 {
		h.say(t, room, "Ana", fmt.Sprintf("apple %d", i))
	}
	must(t, h.Index())
	by := h.Store.index.(texts)
	by.nearby, by.most, by.farthest = 2, 3, 6
	for _, c := range []struct {
		query     string
		limit     int
		finds     int
		isPartial bool
	}{
		{"apple", 5, 5, false}, {"apple", 7, 6, true}, {"3", 7, 1, false}, {"from:ana", 7, 6, true}, {"after:2026-05-03", 5, 5, false},
		{"after:2026-05-03", 10, 6, true}, {"after:2026-05-04", 10, 0, false}, {"pear", 1, 0, false},
	} {
		q, err := parlour.ParseQuery(c.query, nil)
		must(t, err)
		found, err := h.searchBy(t.Context(), by, parlour.Wanted{Query: q, Floors: floors(room)}, c.limit)
		must(t, err)
		if len(found.Messages) != c.finds || found.Partial != c.isPartial {
			t.Errorf("%s, %d at most: found %s, in part: %v", c.query, c.limit, bodies(found.Messages), found.Partial)
		}
	}
}

func TestNodesIndexTogether(t *testing.T) {
	t.Parallel()
	nodes := openNodes(t, 3)
	room := nodes[0].room(t, "garden")
	random := rand.New(rand.NewPCG(3, 4))
	want := 0
	for range 5 {
		for i := range 20 {
			m := nodes[0].say(t, room, "Ana", "apple")
			switch want++; {
			case i%5 == 0:
				_, err := nodes[1].Delete(t.Context(), room, m.Seq, parlour.NoStub, noon)
				must(t, err)
				want--
			case i%7 == 0:
				_, err := nodes[1].Edit(t.Context(), parlour.Revision{
					Room: room, Seq: 1 + parlour.Seq(random.IntN(int(m.Seq))), Kind: parlour.KindMessage, Body: "apples", At: noon,
				}, parlour.LogEntry{})
				if parlour.KindOf(err) != parlour.NotFound {
					must(t, err)
				}
			}
		}
		var all sync.WaitGroup
		for _, node := range nodes {
			all.Go(func() { must(t, node.Index()) })
		}
		all.Wait()
		if has := inIndex(t, nodes[2], "app"); has != want {
			t.Errorf("the index has %d messages, want %d", has, want)
		}
	}
}

func TestMovedHouseIsSearched(t *testing.T) {
	t.Parallel()
	path, database := furnished(t), postgrestest.Database(t)
	_, err := Move{File: path, URL: database}.Run(t.Context())
	must(t, err)
	h := &house{Store: openShared(t, database, Options{})}
	lobby, err := h.Room(t.Context(), "lobby")
	must(t, err)
	for range 2 {
		if found := h.find(t, "日本 lines", lobby.ID); len(found.Messages) != 38 {
			t.Errorf("found %d", len(found.Messages))
		}
		must(t, h.Index())
	}
	if has := inIndex(t, h, "ess"); has != 38 {
		t.Errorf("the index has %d messages, want 38", has)
	}
}
