package events

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
)

// The tests here make things happen at the very moment at which a change could
// slip between two steps.

func TestWhatIsSaidWhileAStreamOpensIsInIt(t *testing.T) {
	o := quiet()
	var store *ledger
	var once atomic.Bool
	o.Renderer = meddling{meddle: func() {
		// The reader has been given what the log had, and is not live yet.
		if once.CompareAndSwap(false, true) {
			store.post(lobby, "between")
			time.Sleep(time.Millisecond) // until the pump has been and gone
		}
	}}
	inBubble(t, o, func(t *testing.T, hub *Hub, s *ledger) {
		store = s
		w := watch(t, hub, as("ana"))
		pass(10 * time.Millisecond)
		if got := w.seen(t).messages[1]; got != "between" {
			t.Errorf("the reader has %q", got)
		}
	})
}

// TestReaderBringsTheRoomAlong: one reader learns from the store what the room
// has not heard of. The others get it too.
func TestReaderBringsTheRoomAlong(t *testing.T) {
	inBubble(t, quiet(), func(t *testing.T, hub *Hub, store *ledger) {
		store.post(lobby, "old")
		first := watch(t, hub, as("ana"))
		store.tells(nobody)
		m := store.post(lobby, "unheard of")
		sub := as("bob")
		sub.After = 0
		second := watch(t, hub, sub)
		for _, w := range []*watcher{first, second} {
			if got := w.seen(t).messages[m.Seq]; got != "unheard of" {
				t.Errorf("%s has %q", w.rd.sub.Person.ID, got)
			}
		}
	})
}

// TestStuckReaderThatReadsAgainGetsTheRest: nothing else happens in the room
// that would remind anybody of it.
func TestStuckReaderThatReadsAgainGetsTheRest(t *testing.T) {
	onEachWire(t, func(t *testing.T, w wire) {
		o := quiet()
		o.LogBytes = 32 << 20
		store := newLedger()
		h := newHouse(t, newHub(t, store, o), w)
		r := h.opened(t, lobby, "ana", "")
		body := strings.Repeat("x", 64<<10)
		for range 100 { // more than the buffers between us hold
			store.post(lobby, body)
		}
		eventually(t, "the room is at the last message", func() bool { return h.hub.find(lobby).reached() == 100 })
		r.until(t, "all is there", func() bool { return len(r.messages) == 100 })
		checkTranscript(t, r, store)
	})
}

func TestSocketThatIsFullBeforeItIsWatchedGetsTheRest(t *testing.T) {
	onEachWire(t, func(t *testing.T, w wire) {
		const messages = 100
		o := quiet()
		o.LogBytes = 32 << 20
		store := newLedger()
		var hub *Hub
		var once atomic.Bool
		o.Renderer = meddling{meddle: func() {
			if once.CompareAndSwap(false, true) {
				body := strings.Repeat("x", 64<<10)
				for range messages {
					store.post(lobby, body)
				}
				eventually(t, "the room is at the last message", func() bool { return hub.find(lobby).reached() == messages })
			}
		}}
		hub = newHub(t, store, o)
		h := newHouse(t, hub, w)
		r := h.opened(t, lobby, "ana", "")
		if w.conns {
			<-h.served
		}
		r.until(t, "all is there", func() bool { return len(r.messages) == messages })
		checkTranscript(t, r, store)
	})
}

// TestBusyRoomLosesNobodyWhoKeepsUp publishes far more at once than a log holds,
// with and without a gap in it. A reader that takes all it is given stays.
func TestBusyRoomLosesNobodyWhoKeepsUp(t *testing.T) {
	for _, w := range wires(t) {
		if !w.conns {
			continue // a writer's goroutine may come late, which is no fault
		}
		for _, gap := range []bool{false, true} {
			for range 20 {
				const messages = 100
				o := quiet()
				o.LogBytes = 2 << 10
				store := newLedger()
				store.tells(nobody)
				h := newHouse(t, newHub(t, store, o), w)
				r := h.opened(t, lobby, "ana", "")
				var changes []parlour.Change
				for n := range messages {
					m := store.post(lobby, strings.Repeat("x", 100))
					if !gap || n < 3 || n == messages-1 {
						changes = append(changes, m.Change())
					}
				}
				h.hub.Publish(changes)
				r.until(t, "all is there in one go", func() bool { return len(r.messages) == messages })
				checkTranscript(t, r, store)
			}
		}
	}
}
