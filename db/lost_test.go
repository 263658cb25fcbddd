package db

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parlour"
	"parlour/db/postgrestest"
)

// The answer to a commit may be lost, or the commit on its way: the poster learns
// how it ended, or that nobody knows. In any case the message is there once when
// it is sent again, and it is told once.
func TestCommitWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		before, stays bool
	}{
		{"BeforeTheDatabaseHasIt", true, false},
		{"AfterTheDatabaseHasIt", false, false},
		{"BeforeTheDatabaseHasItAndForLonger", true, true},
		{"AfterTheDatabaseHasItAndForLonger", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			database, err := url.Parse(postgrestest.Database(t))
			must(t, err)
			line := newSeverable(t, database.Host)
			database.Host = line.listener.Addr().String()
			h := &house{}
			h.Store = openShared(t, database.String(), Options{OnCommit: h.listen})
			room := h.room(t, "garden")
			h.say(t, room, "Ana", "first")

			post := parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "into the dark", Key: "k", At: noon}
			line.mark(post.Body, c.before, c.stays)
			m, fresh, err := h.Post(t.Context(), post)
			if c.stays {
				wantKind(t, err, parlour.Unavailable)
				wantKind(t, h.Ping(t.Context()), parlour.Unavailable)
				line.open()
				if !c.before { // it is told though nobody sends it again
					eventually(t, "the message is told", func() bool { return len(h.heard(room)) == 2 })
				}
				m, fresh, err = h.Post(t.Context(), post)
				if fresh != c.before {
					t.Errorf("sent again, it is new: %v", fresh)
				}
			} else if !fresh {
				t.Error("the message is not new")
			}
			must(t, err)
			if m.Seq != 2 || m.Body != post.Body {
				t.Errorf("the message is %+v", m)
			}
			h.say(t, room, "Ana", "last")
			if got := stored(t, h.Store, room); got != "first into the dark last" {
				t.Errorf("stored %q", got)
			}
			var told []parlour.Seq
			for _, change := range h.heard(room) {
				told = append(told, change.Seq)
			}
			if !slices.Equal(told, []parlour.Seq{1, 2, 3}) {
				t.Errorf("told %d", told)
			}
		})
	}
}

// The number of a transaction that a crash undid is given to another one. What that
// one has done is not taken for what was lost.
func TestCommitThatIsLostIsNotTakenForAnother(t *testing.T) {
	t.Parallel()
	h := &house{}
	h.Store = openShared(t, postgrestest.Database(t), Options{OnCommit: h.listen})
	room := h.room(t, "garden")
	stored := h.say(t, room, "Ana", "stored").Change()
	lost := stored
	lost.Message.Body = "lost"
	p := h.engine.(*postgres)
	for _, changes := range [][]parlour.Change{{lost}, {stored, lost}, nil} {
		must(t, h.writeApart(t.Context(), func(*tx) error {
			own := p.posting.number
			defer func() { p.posting.number = own }()
			if err := p.writers.QueryRow(t.Context(), `SELECT xmin::text FROM messages WHERE room_id = $1 AND seq = $2`,
				room, stored.Seq).Scan(&p.posting.number); err != nil {
				return err
			}
			if err := p.doubt(&tx{changes: changes}, errLost); err == nil || errors.Is(err, errAgain) {
				t.Errorf("the commit of %v ends with %v", changes, err)
			}
			return nil
		}))
	}
	h.say(t, room, "Ana", "after")
	for _, change := range h.heard(room) {
		if change.Message.Body == "lost" {
			t.Error("what was lost is told")
		}
	}
}

// What was in doubt and lost, and is done again by somebody else before its fate is
// known, is told once.
func TestWhatIsDoneAgainMeanwhileIsToldOnce(t *testing.T) {
	t.Parallel()
	h := &house{}
	database := postgrestest.Database(t)
	h.Store = openShared(t, database, Options{OnCommit: h.listen})
	room := h.room(t, "garden")
	first := h.say(t, room, "Ana", "first")
	second := first
	second.Seq, second.Changed = first.Seq+1, first.Changed+1

	// Nobody knows the fate of a transaction that is under way.
	other, err := pgx.Connect(t.Context(), database)
	must(t, err)
	defer func() { must(t, other.Close(context.Background())) }()
	pending, err := other.Begin(t.Context())
	must(t, err)
	var number string
	must(t, pending.QueryRow(t.Context(), `SELECT pg_current_xact_id()::text`).Scan(&number))
	p := h.engine.(*postgres)
	must(t, h.writeApart(t.Context(), func(*tx) error {
		for range 2 { // it was tried twice
			p.posting.doubts = append(p.posting.doubts, doubt{number, []parlour.Change{second.Change()}})
		}
		return nil
	}))
	h.say(t, room, "Bob", "second")
	must(t, pending.Commit(t.Context()))
	eventually(t, "no commit is in doubt", func() bool {
		left := -1
		must(t, h.writeApart(t.Context(), func(*tx) error { left = len(p.posting.doubts); return nil }))
		return left == 0
	})
	var told []parlour.Seq
	for _, change := range h.heard(room) {
		told = append(told, change.Seq)
	}
	if !slices.Equal(told, []parlour.Seq{first.Seq, second.Seq}) {
		t.Errorf("told %d", told)
	}
}

// A database that is restarted, in good order or not, loses nothing that was
// acknowledged, and the store finds it again by itself.
func TestDatabaseThatComesBackIsFoundAgain(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	h := &house{}
	h.Store = openShared(t, server.Database(t), Options{OnCommit: h.listen})
	room := h.room(t, "garden")
	for _, end := range []func(testing.TB){server.Stop, server.Crash} {
		var acknowledged sync.Map // body -> number
		var posters sync.WaitGroup
		stop := make(chan struct{})
		for p := range 8 {
			posters.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					body := strings.Join([]string{"post", strconv.Itoa(p), strconv.Itoa(i)}, "-")
					m, _, err := h.Post(t.Context(), parlour.NewMessage{
						Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: body, Key: "k", At: noon,
					})
					if err != nil {
						wantKind(t, err, parlour.Unavailable)
						i-- // the same again
						continue
					}
					acknowledged.Store(m.Seq, body)
				}
			})
		}
		before := h.page(t, room, 0, 1).Head
		eventually(t, "some are posted", func() bool { return h.page(t, room, 0, 1).Head > before+20 })
		end(t)
		wantKind(t, h.Ping(t.Context()), parlour.Unavailable)
		server.Start(t)
		eventually(t, "the store answers", func() bool { return h.Ping(t.Context()) == nil })
		before = h.page(t, room, 0, 1).Head
		eventually(t, "more are posted", func() bool { return h.page(t, room, 0, 1).Head > before+20 })
		close(stop)
		posters.Wait()

		page := h.page(t, room, 0, 1_000_000)
		bodies := make(map[string]bool)
		for i, m := range page.Messages {
			if m.Seq != parlour.Seq(i+1) {
				t.Fatalf("place %d has number %d", i+1, m.Seq)
			}
			if body, ok := acknowledged.Load(m.Seq); ok && body != m.Body {
				t.Errorf("number %d was acknowledged as %v and is %q", m.Seq, body, m.Body)
			}
			if bodies[m.Body] {
				t.Errorf("%q is there twice", m.Body)
			}
			bodies[m.Body] = true
		}
		if heard := h.heard(room); len(heard) != int(page.Head) {
			t.Errorf("%d changes were told up to number %d", len(heard), page.Head)
		}
		must(t, h.DeleteRoom(t.Context(), room, parlour.LogEntry{At: noon}))
		room = h.room(t, "garden2")
	}
}

// houseAfar is a house in a database that can be cut off, where something was said.
func houseAfar(t *testing.T, busyTimeout time.Duration) (h *house, room int64, line *severable) {
	t.Helper()
	database, err := url.Parse(postgrestest.Database(t))
	must(t, err)
	line = newSeverable(t, database.Host)
	database.Host = line.listener.Addr().String()
	h = &house{}
	h.Store = openShared(t, database.String(), Options{OnCommit: h.listen, busyTimeout: busyTimeout})
	room = h.room(t, "garden")
	h.say(t, room, "Ana", "before")
	return h, room, line
}

// A database of which nothing is heard any more is given up after a while, and
// found again when it is back.
func TestDatabaseThatFallsSilentIsUnavailable(t *testing.T) {
	t.Parallel()
	h, room, line := houseAfar(t, 3*time.Second)

	line.silent.Lock()
	var posters sync.WaitGroup
	for range 3 {
		posters.Go(func() {
			_, _, err := h.Post(t.Context(), parlour.NewMessage{
				Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "during", Key: "k", At: noon,
			})
			wantKind(t, err, parlour.Unavailable)
		})
	}
	wantKind(t, h.Ping(t.Context()), parlour.Unavailable)
	posters.Wait()
	line.silent.Unlock()

	eventually(t, "it answers", func() bool { return h.Ping(t.Context()) == nil })
	m, fresh, err := h.Post(t.Context(), parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "during", Key: "k", At: noon,
	})
	must(t, err)
	if m.Seq != 2 || !fresh {
		t.Errorf("the post has number %d, new: %v", m.Seq, fresh)
	}
}

// For whom nobody waits any more, nobody waits for the database.
func TestWhatNobodyWaitsForIsNotBegun(t *testing.T) {
	t.Parallel()
	h, room, line := houseAfar(t, time.Hour)
	gone, goes := context.WithCancel(t.Context())
	goes()
	line.silent.Lock()
	defer line.silent.Unlock()
	_, _, err := h.Post(gone, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "gone", At: noon})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the post was answered with %v", err)
	}
}

// However patient a store is, once it is abandoned nothing waits for its database.
func TestAbandonedStoreWaitsForNothing(t *testing.T) {
	t.Parallel()
	h, room, line := houseAfar(t, time.Hour)
	line.silent.Lock()
	defer line.silent.Unlock()
	var waiting sync.WaitGroup
	for range 20 { // more than there are connections
		waiting.Go(func() { wantKind(t, h.Ping(context.Background()), parlour.Unavailable) })
		waiting.Go(func() {
			_, _, err := h.Post(context.Background(), parlour.NewMessage{
				Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "during", At: noon,
			})
			wantKind(t, err, parlour.Unavailable)
		})
	}
	eventually(t, "all connections are waited for", func() bool {
		pool := h.engine.(*postgres).readers.Stat()
		return pool.AcquiredConns()+pool.ConstructingConns() == pool.MaxConns()
	})
	h.Abandon()
	waiting.Wait()
	must(t, h.Close())
}
