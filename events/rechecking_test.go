package events

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

// answering is what Authorize answers by session, and how often it was asked.
type answering struct {
	mu      sync.Mutex
	asked   map[string]int
	refused map[string]error
	slow    chan struct{} // "slow" is answered when it is closed
}

func (a *answering) authorize(_ context.Context, sub Subscription) error {
	if sub.Session == "slow" && a.slow != nil {
		<-a.slow
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[sub.Session]++
	return a.refused[sub.Session]
}

// begin is from when on it counts: a hub asks once by itself when it is new.
func (a *answering) begin(refused map[string]error) {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.asked)
	a.refused = refused
}

func by(person, session string) Subscription {
	sub := as(person)
	sub.Session = session
	return sub
}

func TestRecheckAsksOnceForAllTabs(t *testing.T) {
	a := &answering{asked: make(map[string]int)}
	inBubble(t, Options{Authorize: a.authorize}, func(t *testing.T, hub *Hub, _ *ledger) {
		var phone, others []*watcher
		for range 3 {
			phone = append(phone, watch(t, hub, by("ana", "phone")))
			others = append(others, watch(t, hub, by("ana", "desk")))
		}
		others = append(others, watch(t, hub, by("bob", "bob's")))
		elsewhere := by("ana", "phone")
		elsewhere.Room++
		others = append(others, watch(t, hub, elsewhere))
		a.begin(map[string]error{"phone": parlour.ErrNoSeat})
		hub.Recheck(lobby)
		if want := map[string]int{"phone": 1, "desk": 1, "bob's": 1}; !maps.Equal(a.asked, want) {
			t.Errorf("asked %v, want %v", a.asked, want)
		}
		for _, w := range phone {
			if w.isServed() {
				t.Error("a stream without a right goes on")
			}
		}
		for _, w := range others {
			if !w.isServed() {
				t.Error("a stream has ended that may go on")
			}
		}
		hub.Recheck(0)
		if hub.Streams() != 4 {
			t.Errorf("%d streams are open in all rooms, want those of the desk and of bob", hub.Streams())
		}
	})
}

func TestSlowAnswerKeepsNoOtherStreamOpen(t *testing.T) {
	a := &answering{asked: make(map[string]int)}
	inBubble(t, Options{Authorize: a.authorize}, func(t *testing.T, hub *Hub, _ *ledger) {
		slow := watch(t, hub, by("ana", "slow"))
		gone := []*watcher{watch(t, hub, by("bob", "phone")), watch(t, hub, by("bob", "desk"))}
		a.begin(map[string]error{"phone": parlour.ErrNoSeat, "desk": parlour.ErrNoSeat, "slow": parlour.ErrNoSeat})
		a.slow = make(chan struct{}) // of this bubble
		done := make(chan struct{})
		go func() {
			hub.Recheck(lobby)
			close(done)
		}()
		pass(0)
		for _, w := range gone {
			if w.isServed() {
				t.Error("a stream waits for the answer about another one")
			}
		}
		if !slow.isServed() {
			t.Error("a stream has ended before there was an answer")
		}
		close(a.slow)
		<-done
		if pass(0); slow.isServed() {
			t.Error("Recheck has returned before all was answered")
		}
	})
}

// TestRecheckDoesNotWaitForEachStreamWhenTheStoreIsAway: after one question that
// is not answered, the others are let go too, and may come back.
func TestRecheckDoesNotWaitForEachStreamWhenTheStoreIsAway(t *testing.T) {
	var isAway atomic.Bool
	o := quiet()
	o.Authorize = func(ctx context.Context, _ Subscription) error {
		if !isAway.Load() {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
	inBubble(t, o, func(t *testing.T, hub *Hub, _ *ledger) {
		var all []*watcher
		for n := range 100 {
			all = append(all, watch(t, hub, as("p"+strconv.Itoa(n))))
		}
		hub.Recheck(lobby)
		isAway.Store(true)
		hub.RecheckWhom(lobby, parlour.Whom{Person: "p7"})
		if all[7].isServed() || !all[8].isServed() {
			t.Error("others were let go than those who were meant")
		}
		begun := time.Now()
		hub.Recheck(lobby)
		if took := time.Since(begun); took > storeWait { // the bubble's own time, which only passes in waiting
			t.Errorf("it took %v", took)
		}
		for n, w := range all {
			if w.isServed() {
				t.Errorf("stream %d is still there", n)
			}
		}
	})
}
