package db

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parlour"
)

// Every statement that the store has ever prepared finds its rows by an index,
// whatever the house has grown to, except those that ask for all there is.
func TestStatementsStayFastInAFullHouse(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{})
	ctx := t.Context()
	h := &house{Store: s}
	room := h.room(t, "garden")
	m := h.say(t, room, "Ana", "hello")
	for range 2 {
		_, _, err := s.Post(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "a", Key: "k", At: noon})
		must(t, err)
	}
	_, err := s.Edit(ctx, parlour.Revision{Room: room, Seq: m.Seq, Kind: parlour.KindMessage, Body: "b", At: noon}, parlour.LogEntry{})
	must(t, err)
	_, err = s.Revisions(ctx, room, m.Seq)
	must(t, err)
	must(t, s.Pin(ctx, room, m.Seq, parlour.Setting{What: parlour.ActPin}, parlour.LogEntry{Room: room, At: noon}))
	reply, _, err := s.Post(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "c", Reply: m.Seq, Veils: true, At: noon})
	must(t, err)
	for _, by := range people("Ana", "Bea", "Ana") {
		_, _, err = s.React(ctx, parlour.Reacting{Room: room, Seq: reply.Seq, Emoji: "👍", By: by, At: noon})
		must(t, err)
	}
	_, err = s.Reactors(ctx, room, reply.Seq)
	must(t, err)
	_, _, err = s.Around(ctx, room, m.Seq, 10)
	must(t, err)
	_, err = s.Delete(ctx, room, m.Seq, parlour.StubOfAuthor, noon)
	must(t, err)
	_, err = s.Since(ctx, room, 1, 10)
	must(t, err)
	h.page(t, room, 0, 10)
	h.sit(t, room, "g1", "Ana")
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g1", Name: "Ana", After: h.page(t, room, 0, 0).Head, SeenAt: noon})
	must(t, s.Attend(ctx, room, people("Ana"), nil, noon))
	must(t, s.HaveRead(ctx, room, map[string]parlour.Seq{"g1": 1}))
	_, err = s.Unread(ctx, "g1", map[int64]parlour.Seq{room: 1})
	must(t, err)
	must(t, s.Rename(ctx, "g1", "Bea", noon, noon))
	must(t, s.GiveUpSeat(ctx, room, "g1"))
	must(t, s.Sessions().Commit("t", nil, noon))
	_, _, err = s.Sessions().Find("t")
	must(t, err)
	must(t, s.Sessions().Delete("t"))
	_, err = s.Sessions().purge(ctx, time.Now())
	must(t, err)
	_, err = s.Room(ctx, "garden")
	must(t, err)

	_, _, err = s.Standing(ctx, parlour.Identity{ID: "g1"}, "garden", noon)
	must(t, err)
	_, err = s.Barred(ctx, parlour.Identity{ID: "g1"}, noon)
	must(t, err)

	queries := make(map[string]bool)
	collect := func(c *sqliteConn) {
		for query := range c.statements {
			queries[query] = true
		}
	}
	file := s.engine.(*sqliteFile)
	collect(file.writer)
	for _, c := range file.readers.free {
		collect(c)
	}
	c := file.readers.free[0]
	for _, needed := range []string{pageQuery, postedSinceQuery, changedSinceQuery, unreadQuery, standingQuery} {
		if !queries[needed] {
			t.Errorf("never asked: %s", needed)
		}
	}

	for query := range queries {
		verb, _, _ := strings.Cut(query, " ")
		if verb == "BEGIN" || verb == "COMMIT" || verb == "PRAGMA" || query == `SELECT 1 FROM rooms LIMIT 1` {
			continue
		}
		var plan []string
		for r, err := range c.rows("EXPLAIN QUERY PLAN "+query, make([]any, params(query))...) {
			must(t, err)
			plan = append(plan, r.text(3))
		}
		text := strings.Join(plan, "; ")
		// An index of nothing but what is asked for is read as a whole.
		text = strings.ReplaceAll(text, "SCAN rooms USING INDEX rooms_deleted", "")
		if strings.Contains(text, "SCAN") || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("%s\n\tis answered by %s", query, text)
		}
	}
}

// params is how many parameters a statement has.
func params(query string) int {
	n := 0
	for strings.Contains(query, "$"+string(rune('1'+n))) {
		n++
	}
	return n
}

// The index of later changes must be the one that Since uses: the address alone
// would have it walk through all that the reader already has.
func TestSinceFindsLaterChangesByTheirNumber(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{})
	c := s.engine.(*sqliteFile).readers.free[0]
	for query, want := range map[string]string{
		changedSinceQuery: "USING INDEX messages_changed (room_id=? AND changed>?)",
		postedSinceQuery:  "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
		unreadQuery:       "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
		pageQuery:         "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
	} {
		r, err := c.one("EXPLAIN QUERY PLAN "+query, make([]any, params(query))...)
		must(t, err)
		if !strings.Contains(r.text(3), want) {
			t.Errorf("%s\n\tis answered by %s", query, r.text(3))
		}
	}
}
