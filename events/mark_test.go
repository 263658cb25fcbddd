package events

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parlour"
)

// from is a subscription to the lobby at a number.
func from(person string, cursor parlour.Seq) Subscription {
	sub := as(person)
	sub.After = cursor
	return sub
}

func wantMarks(t *testing.T, when string, w *watcher, want ...int) {
	t.Helper()
	if got := w.seen(t).marks; !slices.Equal(got, want) {
		t.Errorf("%s: there are marks after so many messages: %v, want %v", when, got, want)
	}
}

func TestWhatWasMissedIsMarked(t *testing.T) {
	for name, logBytes := range map[string]int{"from the log": 0, "from the store": 8} {
		t.Run(name, func(t *testing.T) {
			o := town()
			o.LogBytes = logBytes
			inBubble(t, o, func(t *testing.T, hub *Hub, store *ledger) {
				watch(t, hub, as("bob"))
				away := func(d time.Duration, meanwhile func()) *watcher {
					t.Helper()
					cursor := store.head(lobby)
					w := watch(t, hub, from("ana", cursor))
					wantMarks(t, "before", w)
					w.hangUp()
					pass(d)
					meanwhile()
					pass(0)
					w = watch(t, hub, from("ana", cursor))
					defer w.hangUp()
					return w
				}
				wantMarks(t, "nothing was said", away(time.Minute, func() {}))
				wantMarks(t, "she said it herself", away(time.Minute, func() { store.says("ana", "from elsewhere") }))
				wantMarks(t, "she was back at once", away(2*time.Second, func() { store.says("bob", "hello") }))
				wantMarks(t, "something was said", away(time.Minute, func() {
					store.says("ana", "from elsewhere")
					store.says("bob", "hello")
				}), 0)
				wantMarks(t, "she was gone for the room", away(time.Hour, func() { store.says("bob", "hello") }), 0)
				wantMarks(t, "a message was changed", away(time.Minute, func() { store.edit(lobby, 1, "other") }))
				wantMarks(t, "the room noted something", away(time.Minute, func() {
					store.put(parlour.Message{Room: lobby, Kind: parlour.KindJoin})
				}))
				wantMarks(t, "she looked on in another tab", away(time.Minute, func() {
					watch(t, hub, as("ana"))
					store.says("bob", "hello")
				}))
			})
		})
	}
}

func TestWhoIsLiveOrHasJustComeSeesNoMark(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		store.says("bob", "before")
		hub.Touch(lobby, parlour.Author{ID: "ana", Name: "ana"}) // her page is made
		pass(time.Second)
		store.says("bob", "while the page loads")
		w := watch(t, hub, from("ana", 1))
		for i := range 5 {
			pass(time.Minute)
			store.says("bob", fmt.Sprint(i))
		}
		pass(time.Second)
		wantMarks(t, "live", w)
		if n := len(w.seen(t).posted); n < 6 {
			t.Errorf("she was sent %d messages", n)
		}
	})
}

// Whoever is too far behind is told so in other words.
func TestResetHasNoOtherMark(t *testing.T) {
	o := town()
	o.LogBytes, o.CatchUp = 8, 10
	inBubble(t, o, func(t *testing.T, hub *Hub, store *ledger) {
		watch(t, hub, as("bob"))
		watch(t, hub, from("ana", 0)).hangUp()
		pass(time.Minute)
		for i := range 20 {
			store.says("bob", fmt.Sprint(i))
		}
		w := watch(t, hub, from("ana", 0))
		if seen := w.seen(t); seen.resets != 1 || len(seen.marks) != 0 {
			t.Errorf("%d resets and the marks %v", seen.resets, seen.marks)
		}
	})
}
