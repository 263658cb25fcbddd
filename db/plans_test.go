package db

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parlour"
	"parlour/db/postgrestest"
)

// askAll asks whatever is asked often or of much.
func askAll(t *testing.T, h *house) {
	t.Helper()
	ctx, s := t.Context(), h.Store
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
	_, err = s.Named(ctx, room, []string{"ana"})
	must(t, err)
	_, err = s.SeatsFrom(ctx, room, "a", 8)
	must(t, err)
	_, err = s.MembersFrom(ctx, room, parlour.Listed, "a", 8)
	must(t, err)
	h.mention(t, room, "Ana", "g1")
	h.mentions(t, "g1", room)
	_, err = s.TakeBackReactions(ctx, room, "p-bea", noon, 10, parlour.LogEntry{Room: room, Act: parlour.ActTakeBack, At: noon})
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
	_, err = s.FirstUnread(ctx, room, "g1", 1)
	must(t, err)
	must(t, s.Rename(ctx, "g1", "Bea", noon, noon))
	must(t, s.GiveUpSeat(ctx, room, "g1"))
	draft := parlour.KeptDraft{Room: room, Person: "g1", Session: "t", Body: "typed", Key: "k", At: noon}
	must(t, s.KeepDraft(ctx, draft))
	_, _, _, err = s.StandingWithDraft(ctx, parlour.Identity{ID: "g1"}, "garden", noon)
	must(t, err)
	must(t, s.TakeDraftsAlong(ctx, "t", "m1"))
	must(t, s.SendDraft(ctx, draft))
	draft.Body = ""
	must(t, s.KeepDraft(ctx, draft))
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
	for range 2 {
		h.find(t, "hello from:ana", room)
		must(t, s.Index())
	}
}

// asksForAll tells of statements that are to read tables as a whole.
func asksForAll(query string) bool {
	return query == `SELECT 1 FROM rooms LIMIT 1` || query == tailsQuery(runs{}) || query == tailsQuery(texts{}) || query == runsQuery
}

// Every statement that the store has ever prepared finds its rows by an index,
// whatever the house has grown to, except those that ask for all there is.
func TestStatementsStayFastInAFullHouse(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{})
	askAll(t, &house{Store: s})

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
	for _, needed := range []string{pageQuery, postedSinceQuery, changedSinceQuery, unreadQuery, firstUnreadQuery, namedQuery, seatsFromQuery, membersFromQuery, mentionedQuery, standingQuery, draftingQuery, gramsQuery, tailPostsQuery, tailEditsQuery} {
		if !queries[needed] {
			t.Errorf("never asked: %s", needed)
		}
	}

	for query := range queries {
		verb, _, _ := strings.Cut(query, " ")
		if verb == "BEGIN" || verb == "COMMIT" || verb == "PRAGMA" || asksForAll(query) {
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

// The same of PostgreSQL, whatever it knows of the house: no table is read as a
// whole when that is made unattractive.
func TestStatementsStayFastInAFullDatabase(t *testing.T) {
	// One connection reads, so that it has all statements.
	s := openShared(t, postgrestest.Database(t)+"&pool_max_conns=1", Options{})
	askAll(t, &house{Store: s})
	must(t, s.write(t.Context(), func(t *tx) error { // some tables are small in many houses
		_, err := t.exec(`INSERT INTO sanctions (kind, person_id, session, address, name, reason, by_id, by_name, created_at)
			SELECT 'ban', 'p' || n, 's' || n, 'a' || n, '', '', '', '', 0 FROM generate_series(1, 5000) AS n`)
		if err == nil {
			_, err = t.exec("ANALYZE sanctions")
		}
		return err
	}))
	explain := func(c conn) error {
		for _, control := range []string{"SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan", "DISCARD PLANS"} {
			if _, err := c.exec(control); err != nil {
				return err
			}
		}
		type statement struct{ name, text, nulls string }
		var all []statement
		for r, err := range c.rows(`SELECT name, statement, coalesce(array_length(parameter_types, 1), 0) FROM pg_prepared_statements`) {
			if err != nil {
				return err
			}
			nulls := strings.Repeat(", NULL", int(r.int(2)))
			all = append(all, statement{r.text(0), r.text(1), strings.TrimPrefix(nulls, ", ")})
		}
		explained := 0
		for _, is := range all {
			verb, _, _ := strings.Cut(strings.TrimSpace(is.text), " ")
			if !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE"}, verb) || strings.Contains(is.text, "pg_prepared_statements") ||
				asksForAll(is.text) {
				continue
			}
			execute := "EXPLAIN EXECUTE " + is.name
			if is.nulls != "" {
				execute += "(" + is.nulls + ")"
			}
			var plan []string
			for r, err := range c.rows(execute) {
				if err != nil {
					return fmt.Errorf("%s: %w", is.text, err)
				}
				plan = append(plan, r.text(0))
			}
			explained++
			for node := range strings.SplitSeq(strings.Join(plan, "\n"), "->") {
				isWhole := strings.Contains(node, "Seq Scan") ||
					strings.Contains(node, "Index") && strings.Contains(node, " Scan") && !strings.Contains(node, "Index Cond") &&
						!strings.Contains(node, "rooms_deleted") // an index of nothing but what is asked for
				if isWhole {
					t.Errorf("%s\n\tis answered by %s", is.text, strings.Join(plan, "\n\t"))
				}
			}
		}
		if explained < 5 {
			t.Errorf("only %d statements were looked at", explained)
		}
		return nil
	}
	must(t, s.read(t.Context(), explain))
	must(t, s.write(t.Context(), func(tx *tx) error { return explain(tx.conn) }))
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
		firstUnreadQuery:  "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
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
