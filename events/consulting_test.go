package events

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

// TestSilenceOutsideHoldsUpNothingThatTheHouseKnows: somebody outside is asked who
// gives no answer. Who lost a right in the house loses their streams all the same,
// again and again; the others lose theirs when it refuses them.
func TestSilenceOutsideHoldsUpNothingThatTheHouseKnows(t *testing.T) {
	a := &answering{asked: make(map[string]int)}
	var answers chan struct{} // nothing is answered before it is closed
	o := quiet()
	o.Authorize = a.authorize
	o.Consult = func(_ context.Context, sub Subscription) error {
		if answers == nil {
			return nil
		}
		<-answers
		if sub.Session == "disliked" {
			return parlour.Errorf(parlour.Forbidden, "policy.refused", "not you")
		}
		return nil
	}
	inBubble(t, o, func(t *testing.T, hub *Hub, _ *ledger) {
		first, second := watch(t, hub, by("ana", "first")), watch(t, hub, by("bob", "second"))
		disliked, liked := watch(t, hub, by("eve", "disliked")), watch(t, hub, by("fay", "liked"))
		a.begin(map[string]error{"first": parlour.ErrNoSeat})
		answers = make(chan struct{}) // of this bubble
		hub.Recheck(lobby)
		if first.isServed() || !second.isServed() {
			t.Error("at first others were ended than those whom the house refuses")
		}
		a.begin(map[string]error{"second": parlour.ErrNoSeat})
		hub.obey(parlour.Control{Kind: parlour.ControlRecheck, Room: lobby})
		if second.isServed() {
			t.Error("the house waits for who is outside")
		}
		if !disliked.isServed() || !liked.isServed() {
			t.Error("a stream has ended before there was an answer")
		}
		close(answers)
		if disliked.isServed() || !liked.isServed() {
			t.Error("at last others were ended than those who were refused")
		}
	})
}

// TestOutsideIsAskedAboutManyAtOnce, but not about all, and not again about those
// who wait to be asked about.
func TestOutsideIsAskedAboutManyAtOnce(t *testing.T) {
	const people = 10 * consultsAtOnce
	var (
		mu          sync.Mutex // guards all below
		asked       = make(map[string]int)
		asking, top int
	)
	o := quiet()
	o.Authorize = func(context.Context, Subscription) error { return nil }
	o.Consult = func(_ context.Context, sub Subscription) error {
		mu.Lock()
		asked[sub.Person.ID]++
		asking++
		top = max(top, asking)
		mu.Unlock()
		time.Sleep(5 * time.Millisecond) // the bubble's own time
		mu.Lock()
		defer mu.Unlock()
		asking--
		return nil
	}
	inBubble(t, o, func(t *testing.T, hub *Hub, _ *ledger) {
		for n := range people {
			watch(t, hub, as("p"+strconv.Itoa(n)))
		}
		for range 3 {
			hub.Recheck(lobby)
			synctest.Wait()
		}
		pass(time.Second)
		mu.Lock()
		defer mu.Unlock()
		again := 0
		for _, times := range asked {
			again += times - 1
		}
		if len(asked) != people || again != consultsAtOnce {
			t.Errorf("it was asked about %d people, and again about %d of them; want %d and the %d about whom it was being asked",
				len(asked), again, people, consultsAtOnce)
		}
		if top != consultsAtOnce {
			t.Errorf("%d questions were under way at once, want %d", top, consultsAtOnce)
		}
	})
}
