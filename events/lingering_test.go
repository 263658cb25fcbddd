package events

import (
	"testing"
	"time"
)

// A browser closes the stream of a tab that is hidden, and the page tells of
// itself every half minute, or every minute after a while.
func TestHiddenTabIsNoGoing(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		witness := watch(t, hub, as("bob"))
		w := watch(t, hub, as("ana"))
		pass(5 * time.Second)
		w.hangUp()
		for range 60 {
			pass(time.Minute)
			hub.Linger(lobby, "ana")
		}
		wantTold(t, store, "ana", 1, 0)
		if got := witness.seen(t).presence; got != "2 bob ana?" {
			t.Errorf("presence is %q while the tab is hidden", got)
		}
		pass(4*time.Minute + 50*time.Second)
		wantTold(t, store, "ana", 1, 0)
		pass(20 * time.Second) // the tab was closed
		wantTold(t, store, "ana", 1, 1)
		hub.Linger(lobby, "ana") // who is gone does not come back by that
		pass(time.Minute)
		wantTold(t, store, "ana", 1, 1)
	})
}

func TestHiddenTabIsNoGoingWhicheverNodeItTells(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
		watch(t, hubs[0], as("bob"))
		w := watch(t, hubs[1], as("ana"))
		pass(5 * time.Second)
		w.hangUp()
		for i := range 30 {
			pass(time.Minute)
			hubs[i%3].Linger(lobby, "ana")
		}
		pass(tick)
		wantTold(t, store, "ana", 1, 0)
		wantPresent(t, "the tab is hidden", hubs, "bob ana?")
		pass(6 * time.Minute)
		wantTold(t, store, "ana", 1, 1)
		wantPresent(t, "the tab is closed", hubs, "bob")
	})
}
