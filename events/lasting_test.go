package events

import (
	"errors"
	"testing"
	"time"

	"parlour"
)

func TestQuietStreamsGetHeartbeats(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, hub *Hub, store *ledger) {
		sse, document := watch(t, hub, as("ana")), as("bob")
		document.Feed.Format = Document
		page := watch(t, hub, document)
		pass(5 * time.Second) // they have come, and the room was told
		begun, written := sse.heartbeats(), page.length()
		for range 10 {
			pass(10 * time.Second)
			store.post(lobby, "something")
		}
		pass(time.Second)
		if n := sse.heartbeats(); n != begun {
			t.Errorf("%d heartbeats in a busy room", n-begun)
		}
		pass(5 * time.Minute)
		if n := sse.heartbeats() - begun; n < 18 || n > 20 {
			t.Errorf("%d heartbeats in five quiet minutes, want one each 15 to 16 seconds", n)
		}
		if page.length() == written {
			t.Error("the document stays silent")
		}
	})
}

func TestLastMessageIsFoundThoughItsNewsWasLost(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, hub *Hub, store *ledger) {
		w := watch(t, hub, as("ana"))
		store.tells(nobody)
		m := store.post(lobby, "lost")
		pass(17 * time.Second)
		if got := w.seen(t).messages[m.Seq]; got != "lost" {
			t.Errorf("after a heartbeat the reader has %q", got)
		}
	})
}

// TestTroubleOfTheStoreLosesNothing: a gap that cannot be filled lets the
// readers go; when they come back they have everything, although nothing more
// is published.
func TestTroubleOfTheStoreLosesNothing(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, hub *Hub, store *ledger) {
		w := watch(t, hub, as("ana"))
		store.tells(nobody)
		store.post(lobby, "lost")
		store.fail(errors.New("disk on fire"))
		store.tells(hub.Publish)
		store.post(lobby, "seen")
		if w.isServed() {
			t.Fatal("a reader was kept whose log cannot go on")
		}
		if _, err := hub.Open(t.Context(), as("ana"), mayRead); err == nil {
			t.Error("a stream was opened that nobody knows the beginning of")
		}
		store.fail(nil)
		sub := as("ana")
		sub.After = 0
		w = watch(t, hub, sub)
		if got := w.seen(t); !got.has(store.content(lobby)) {
			t.Errorf("the reader comes back and has %v", got.messages)
		}
		store.post(lobby, "and on")
		pass(0)
		if got := w.seen(t); !got.has(store.content(lobby)) {
			t.Errorf("the reader goes on and has %v", got.messages)
		}
	})
}

func TestStreamsEndWithTheirSessionAndTheirAge(t *testing.T) {
	inBubble(t, Options{MaxAge: time.Hour}, func(t *testing.T, hub *Hub, _ *ledger) {
		short := as("ana")
		short.Until = time.Now().Add(10 * time.Minute)
		session := watch(t, hub, short)
		var aged []*watcher
		for range 100 {
			aged = append(aged, watch(t, hub, as("bob")))
		}
		pass(10*time.Minute + 2*time.Second)
		if session.isServed() {
			t.Error("the stream outlives its session")
		}
		ends := func() (n int) {
			for _, w := range aged {
				if !w.isServed() {
					n++
				}
			}
			return n
		}
		pass(37 * time.Minute)
		if n := ends(); n > 0 {
			t.Errorf("%d streams ended before four fifths of their time", n)
		}
		pass(13 * time.Minute)
		if n := ends(); n < 20 || n > 80 {
			t.Errorf("%d of %d streams ended in the first half of the spread", n, len(aged))
		}
		pass(13 * time.Minute)
		if n := ends(); n != len(aged) {
			t.Errorf("%d of %d streams ended after six fifths of their time", n, len(aged))
		}
	})
}

func TestReaderTooFarBehindIsReset(t *testing.T) {
	inBubble(t, Options{CatchUp: 20, LogBytes: 512}, func(t *testing.T, hub *Hub, store *ledger) {
		for range 100 {
			store.post(lobby, "hello")
		}
		store.edit(lobby, 99, "changed")
		store.delete(lobby, 98)
		for _, c := range []struct {
			after  parlour.Seq
			resets int
			has    int
		}{
			{0, 1, parlour.PageSize}, {50, 1, parlour.PageSize},
			{90, 0, 9}, {101, 0, 0}, {102, 0, 0},
			{103, 1, parlour.PageSize}, {1 << 62, 1, parlour.PageSize},
		} {
			sub := as("ana")
			sub.After = c.after
			w := watch(t, hub, sub)
			seen := w.seen(t)
			if seen.resets != c.resets || len(seen.messages) != c.has {
				t.Errorf("after %d: %d resets, %d messages; want %d, %d", c.after, seen.resets, len(seen.messages), c.resets, c.has)
			}
			if c.after < 98 && (seen.messages[99] != "changed" || seen.messages[98] != "") {
				t.Errorf("after %d: 98 and 99 are %q and %q", c.after, seen.messages[98], seen.messages[99])
			}
			if got := w.cursor(t); got != "102" {
				t.Errorf("after %d the reader is at %s", c.after, got)
			}
			w.hangUp()
		}
	})
}

func TestOnlySoManyStreamsForOne(t *testing.T) {
	inBubble(t, Options{StreamsPerPerson: 3}, func(t *testing.T, hub *Hub, _ *ledger) {
		var open []*watcher
		for range 3 {
			open = append(open, watch(t, hub, as("ana")))
		}
		if _, err := hub.Open(t.Context(), as("ana"), mayRead); !errors.Is(err, ErrTooManyStreams) {
			t.Errorf("the fourth stream: %v", err)
		}
		watch(t, hub, as("bob"))
		open[0].hangUp()
		pass(0)
		watch(t, hub, as("ana"))
	})
}
