package events

import (
	"context"
	"testing"
	"time"

	"parlour"
)

// TestNodeThatStoodStillObeysBeforeItGoesOn: somebody is thrown out while the node's
// process does not run. What it is told at once when it runs again does not reach
// them, though the bus was never away.
func TestNodeThatStoodStillObeysBeforeItGoesOn(t *testing.T) {
	var r rights
	o := quiet()
	o.Authorize = func(ctx context.Context, sub Subscription) error {
		time.Sleep(20 * time.Millisecond) // the database is asked
		return r.authorize(ctx, sub)
	}
	vine := newGrapevine(nil)
	vine.honest = true
	inBubbleOfNodes(t, 2, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
		store.publish = func(changes []parlour.Change) { hubs[1].Publish(changes) }
		banned, other := watch(t, hubs[0], as("ana")), watch(t, hubs[0], as("bob"))
		pass(5 * tick)
		hubs[0].ranAt.Store(time.Now().Add(-stillFor).UnixMilli())
		r.take("ana", errBanned)
		store.order(parlour.Control{Kind: parlour.ControlRecheck, Room: lobby}, hubs[1])
		m := store.post(lobby, "not for ana")
		pass(tick)
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
