package events

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

// rights tells who may not read any more, for all nodes of a house.
type rights struct {
	mu    sync.Mutex
	gone  map[string]error // by Identity.ID
	asked int
}

func (r *rights) take(person string, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone == nil {
		r.gone = make(map[string]error)
	}
	r.gone[person] = why
}

func (r *rights) authorize(_ context.Context, sub Subscription) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return r.gone[sub.Person.ID]
}

// times is how often somebody's right was asked for.
func (r *rights) times() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

var errBanned = parlour.Errorf(parlour.Forbidden, "banned", "banned")

// inBubbleOfNodes runs a test with several nodes on a bus, where time passes only
// when everybody waits.
func inBubbleOfNodes(t *testing.T, n int, vine *grapevine, o Options, test func(*testing.T, []*Hub, *ledger)) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(2 * partingTime) })
		store := newLedger()
		store.tells(nobody)
		hubs := make([]*Hub, n)
		for i := range hubs {
			o.Bus = vine.join(t)
			hubs[i] = startTestHub(t, store, o, new(poller))
		}
		store.tells(func(changes []parlour.Change) { hubs[len(changes)%n].Publish(changes) })
		synctest.Wait()
		test(t, hubs, store)
	})
}

// TestControlsEndStreamsOnAllNodes, whatever the bus loses, doubles and delays:
// those whose right is gone are out within seconds, and nobody else.
func TestControlsEndStreamsOnAllNodes(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 5))
			var r rights
			o := quiet()
			o.Authorize = r.authorize
			inBubbleOfNodes(t, 3, newGrapevine(rand.New(rand.NewPCG(seed, 6))), o, func(t *testing.T, hubs []*Hub, store *ledger) {
				const people = 30
				watchers := make([]*watcher, people)
				for i := range watchers {
					sub := as("p" + strconv.Itoa(i))
					sub.Session = "s" + strconv.Itoa(i)
					watchers[i] = watch(t, hubs[i%len(hubs)], sub)
				}
				for i := 0; i < people; i += 2 {
					person, by := "p"+strconv.Itoa(i), hubs[rand.IntN(len(hubs))]
					if i == people/2 {
						by = nil // from a process that tells nobody, or died before it could
					}
					switch i % 3 {
					case 0:
						r.take(person, errBanned)
						store.order(parlour.Control{Kind: parlour.ControlRecheck, Room: lobby}, by)
						if by != nil {
							by.Recheck(lobby) // as those do who store it
						}
					case 1:
						r.take(person, parlour.ErrNoSeat)
						store.order(parlour.Control{Kind: parlour.ControlLeft, Room: lobby, Person: parlour.Author{ID: person}}, by)
						if by != nil {
							by.Left(lobby, person)
						}
					case 2:
						session := "s" + strconv.Itoa(i)
						store.order(parlour.Control{Kind: parlour.ControlSession, Session: session}, by)
						if by != nil {
							by.SessionEnded(session)
						}
					}
					time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
				}
				pass(2 * tick)
				for i, w := range watchers {
					if w.isServed() != (i%2 == 1) {
						t.Errorf("the stream of p%d is served: %v", i, w.isServed())
					}
				}
			})
		})
	}
}

// TestControlsAreDoneAtOnceOnABusThatWorks: no look in the store is waited for.
func TestControlsAreDoneAtOnceOnABusThatWorks(t *testing.T) {
	vine := newGrapevine(nil)
	vine.honest = true
	inBubbleOfNodes(t, 2, vine, quiet(), func(t *testing.T, hubs []*Hub, store *ledger) {
		sub := as("ana")
		sub.Session = "s"
		w := watch(t, hubs[0], sub)
		store.order(parlour.Control{Kind: parlour.ControlSession, Session: "s"}, hubs[1])
		if w.isServed() {
			t.Error("the stream goes on until the store is asked")
		}
	})
}

// TestNodeThatWasCutOffObeysBeforeItGoesOn: somebody is thrown out while the node
// hears nothing. When it is back, nothing that was said since reaches them, and
// everybody else has it.
func TestNodeThatWasCutOffObeysBeforeItGoesOn(t *testing.T) {
	for _, isBack := range []string{"bus", "store and then bus", "bus and then store"} {
		t.Run(isBack, func(t *testing.T) {
			var r rights
			o := quiet()
			o.Authorize = r.authorize
			vine := newGrapevine(nil)
			vine.honest = true
			inBubbleOfNodes(t, 2, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
				store.tells(func(changes []parlour.Change) { hubs[1].Publish(changes) })
				banned, other := watch(t, hubs[0], as("ana")), watch(t, hubs[0], as("bob"))
				vine.setCut(true)
				r.take("ana", errBanned) // before the order is there, of which the node may hear at any moment
				store.order(parlour.Control{Kind: parlour.ControlRecheck, Room: lobby}, hubs[1])
				m := store.post(lobby, "not for ana")
				if isBack != "bus" {
					store.fail(errors.New("unplugged"))
					pass(3 * tick)
				}
				if isBack == "bus and then store" {
					vine.setCut(false)
					synctest.Wait()
					hubs[1].Publish([]parlour.Change{store.last(lobby)}) // comes before the store can be asked
					pass(3 * tick)
					store.fail(nil)
				} else {
					store.fail(nil)
					vine.setCut(false)
					hubs[1].Publish([]parlour.Change{store.last(lobby)})
				}
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
		})
	}
}

// TestNodeDoesNotDoItsOwnControlsTwice: those who stored them did.
func TestNodeDoesNotDoItsOwnControlsTwice(t *testing.T) {
	var r rights
	o := quiet()
	o.Authorize = r.authorize
	vine := newGrapevine(nil)
	vine.honest = true
	inBubbleOfNodes(t, 2, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
		watch(t, hubs[0], as("ana"))
		before := r.times()
		for range 10 {
			store.order(parlour.Control{Kind: parlour.ControlRecheck, Room: lobby}, hubs[0])
		}
		pass(3 * tick)
		if n := r.times() - before; n > 0 {
			t.Errorf("the right was asked for %d times", n)
		}
		store.order(parlour.Control{Kind: parlour.ControlRecheck, Room: lobby}, hubs[1])
		pass(0)
		if n := r.times() - before; n != 1 {
			t.Errorf("the right was asked for %d times after a control of the other node", n)
		}
	})
}

// TestWhoeverIsBackIsNotThrownOut: somebody leaves through one node and comes back
// through another before that one hears of the leaving.
func TestWhoeverIsBackIsNotThrownOut(t *testing.T) {
	var r rights
	o := quiet()
	o.Authorize = r.authorize
	vine := newGrapevine(nil)
	vine.honest = true
	inBubbleOfNodes(t, 2, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
		w := watch(t, hubs[0], as("ana")) // with a new seat
		store.order(parlour.Control{Kind: parlour.ControlLeft, Room: lobby, Person: parlour.Author{ID: "ana"}}, hubs[1])
		pass(tick)
		if !w.isServed() || hubs[0].Present(lobby) != 1 {
			t.Errorf("served %v, %d people", w.isServed(), hubs[0].Present(lobby))
		}
	})
}

// TestNodeThatMissedMoreThanIsKeptLooksAtEverything, as does one whose store was
// put back to an earlier state.
func TestNodeThatMissedMoreThanIsKeptLooksAtEverything(t *testing.T) {
	for _, what := range []string{"forgotten", "put back"} {
		t.Run(what, func(t *testing.T) {
			var r rights
			var heeded []parlour.ControlKind
			o := quiet()
			o.Authorize = r.authorize
			o.Heed = func(c parlour.Control) { heeded = append(heeded, c.Kind) }
			inBubble(t, o, func(t *testing.T, hub *Hub, store *ledger) {
				synctest.Wait() // it knows where it is
				store.order(parlour.Control{Kind: parlour.ControlFilters}, nil)
				pass(2 * tick)
				if !slices.Contains(heeded, parlour.ControlFilters) {
					t.Errorf("heeded %v of what another process stored", heeded)
				}
				heeded = nil
				w := watch(t, hub, as("ana"))
				r.take("ana", errBanned)
				store.mu.Lock()
				store.controls = nil
				if what == "forgotten" {
					store.forgotten = 10
					store.controls = []parlour.Control{{Number: 11, Kind: parlour.ControlFilters}}
				}
				store.mu.Unlock()
				pass(2 * tick)
				if w.isServed() {
					t.Error("the stream of one who is banned goes on")
				}
				if !slices.Contains(heeded, parlour.ControlAll) {
					t.Errorf("heeded %v", heeded)
				}
			})
		})
	}
}

func TestControlsThatLaterOnesRepeatAreLeftOut(t *testing.T) {
	recheck := func(n, room int64) parlour.Control {
		return parlour.Control{Number: n, Kind: parlour.ControlRecheck, Room: room}
	}
	all := []parlour.Control{recheck(1, 1), recheck(2, 2), {Number: 3, Kind: parlour.ControlSession, Session: "s"}, recheck(4, 1)}
	var kept []int64
	for _, c := range thinned(all) {
		kept = append(kept, c.Number)
	}
	if fmt.Sprint(kept) != "[2 3 4]" {
		t.Errorf("kept %v", kept)
	}
}

// TestOnlyThoseWhoAreMeantAreAskedFor: in a large room everybody else would have
// to wait for their turn.
func TestOnlyThoseWhoAreMeantAreAskedFor(t *testing.T) {
	var asked []string
	o := quiet()
	o.Authorize = func(_ context.Context, sub Subscription) error {
		asked = append(asked, sub.Person.ID)
		return nil
	}
	inBubble(t, o, func(t *testing.T, hub *Hub, _ *ledger) {
		for i, person := range []string{"ana", "bob", "eve"} {
			sub := as(person)
			sub.Session, sub.Addr = "s-"+person, netip.MustParseAddr(fmt.Sprintf("2001:db8:%d::1", i))
			watch(t, hub, sub)
		}
		for _, is := range []struct {
			whom parlour.Whom
			want string
		}{
			{parlour.Whom{Person: "ana"}, "[ana]"},
			{parlour.Whom{Session: "s-bob"}, "[bob]"},
			{parlour.Whom{Address: parlour.AddrKey(netip.MustParseAddr("2001:db8:2::7"))}, "[eve]"},
			{parlour.Whom{Person: "nobody", Session: "none", Address: "none"}, "[]"},
		} {
			asked = nil
			hub.RecheckWhom(lobby, is.whom)
			if got := fmt.Sprint(asked); got != is.want {
				t.Errorf("%+v: asked for %s, want %s", is.whom, got, is.want)
			}
		}
	})
}
