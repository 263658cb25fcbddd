package events

import (
	"context"
	"testing"
	"time"

	"parlour"
)

// Somebody is thrown out while the process of a node does not run. What it is told
// at once when it runs again does not reach them, though the bus was never away.

func TestNodeThatStoodStillObeysBeforeItGoesOn(t *testing.T) {
	obeysFirst(t, func(hub *Hub, _ *ledger, stoodStill func()) {
		stoodStill()
	})
}

// The answer that was on its way is older than what is to be done.
func TestNodeThatStoodStillWhileItAskedAsksAgain(t *testing.T) {
	obeysFirst(t, func(hub *Hub, store *ledger, stoodStill func()) {
		store.let(&store.afterControls, func() {
			store.let(&store.afterControls, nil)
			stoodStill()
			time.Sleep(time.Millisecond) // until all is heard
		})
		hub.lookInStore()
	})
}

func obeysFirst(t *testing.T, test func(hub *Hub, store *ledger, stoodStill func())) {
	t.Helper()
	var r rights
	o := quiet()
	o.Authorize = func(ctx context.Context, sub Subscription) error {
		time.Sleep(20 * time.Millisecond) // the database is asked
		return r.authorize(ctx, sub)
	}
	vine := newGrapevine(nil)
	vine.honest = true
	inBubbleOfNodes(t, 2, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
		store.tells(func(changes []parlour.Change) { hubs[1].Publish(changes) })
		banned, other := watch(t, hubs[0], as("ana")), watch(t, hubs[0], as("bob"))
		pass(5*tick + tick/4)
		var m parlour.Message
		test(hubs[0], store, func() {
			hubs[0].ranAt.Store(time.Now().Add(-stillFor).UnixMilli())
			r.take("ana", errBanned)
			store.order(parlour.Control{Kind: parlour.ControlRecheck, Room: lobby}, hubs[1])
			m = store.post(lobby, "not for ana")
		})
		pass(2 * tick)
		if banned.isServed() {
			t.Error("the stream of one who is banned goes on")
		}
		if got := banned.seen(t).messages[m.Seq]; got != "" {
			t.Errorf("somebody who is banned reads %q", got)
		}
		if got := other.seen(t).messages[m.Seq]; got != "not for ana" {
			t.Errorf("the others read %q", got)
		}
	})
}
