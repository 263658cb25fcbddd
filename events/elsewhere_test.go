package events

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"parlour"
)

// inTown runs a test with three nodes on a bus that does what it should.
func inTown(t *testing.T, o Options, test func(*testing.T, []*Hub, *ledger, *grapevine)) {
	vine := newGrapevine(nil)
	vine.honest = true
	inBubbleOfNodes(t, 3, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
		pass(deadAfter + tick) // they know each other
		test(t, hubs, store, vine)
	})
}

// kill ends a node without a word.
func kill(hub *Hub) {
	hub.opts.Bus.(*gossip).lost.Store(true)
	hub.cancel()
}

// lost lets a node go on while nothing is brought to it or from it.
func lost(hub *Hub, is bool) { hub.opts.Bus.(*gossip).lost.Store(is) }

// wantPresent checks who is present, whichever node is asked.
func wantPresent(t *testing.T, when string, hubs []*Hub, want string) {
	t.Helper()
	for i, hub := range hubs {
		who := hub.Presence(lobby)
		var names []string
		for _, p := range who.People {
			if p.Away {
				p.Name += "?"
			}
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != want || hub.Present(lobby) != who.Total() {
			t.Errorf("%s: node %d has %d: %q, want %q", when, i, hub.Present(lobby), got, want)
		}
	}
}

func wantNodes(t *testing.T, hubs []*Hub, want int) {
	t.Helper()
	for i, hub := range hubs {
		if got := hub.Nodes(); got != want {
			t.Errorf("node %d hears of %d, want %d", i, got, want)
		}
	}
}

func TestWhoIsPresentIsTheSameOnAllNodes(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
		ana, bob := watch(t, hubs[0], as("ana")), watch(t, hubs[1], as("bob"))
		tab := watch(t, hubs[2], as("ana"))
		hubs[2].Touch(lobby, parlour.Author{ID: "lynx", Name: "lynx"})
		pass(4 * time.Second)
		wantPresent(t, "all are there", hubs, "ana bob lynx")
		for _, w := range []*watcher{ana, bob, tab} {
			if got := w.seen(t).presence; got != "3 ana bob lynx" {
				t.Errorf("%s is shown %q", w.rd.sub.Person.ID, got)
			}
		}
		wantTold(t, store, "ana", 1, 0)
		wantTold(t, store, "bob", 1, 0)
		pass(time.Minute)
		wantPresent(t, "one has no stream", hubs, "ana bob lynx?")
		ana.hangUp()
		pass(time.Minute)
		wantPresent(t, "one has a tab on another node", hubs, "ana bob lynx?")
		tab.hangUp()
		pass(time.Minute)
		wantPresent(t, "she has none", hubs, "bob ana? lynx?")
		store.order(parlour.Control{Kind: parlour.ControlRenamed, Person: parlour.Author{ID: "bob", Name: "abe"}}, hubs[0])
		pass(3 * time.Second)
		wantPresent(t, "he has another name", hubs, "abe ana? lynx?")
		pass(10 * time.Minute)
		wantPresent(t, "the graces are over", hubs, "abe")
		wantTold(t, store, "ana", 1, 1)
		wantTold(t, store, "lynx", 0, 0)
	})
}

func TestWhoLeavesIsGoneFromAllNodes(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
		for _, hub := range hubs {
			watch(t, hub, as("ana"))
		}
		pass(5 * time.Second)
		wantPresent(t, "she is there", hubs, "ana")
		store.order(parlour.Control{Kind: parlour.ControlLeft, Room: lobby, Person: parlour.Author{ID: "ana"}}, hubs[1])
		hubs[1].Left(lobby, "ana")
		pass(2500 * time.Millisecond)
		wantPresent(t, "she left", hubs, "")
		wantTold(t, store, "ana", 1, 1)
		watch(t, hubs[2], as("ana"))
		pass(5 * time.Second)
		wantPresent(t, "she is back", hubs, "ana")
		wantTold(t, store, "ana", 2, 1)
	})
}

func TestWhoComesToAnotherNodeNeitherLeavesNorJoins(t *testing.T) {
	for name, end := range map[string]func(*Hub, *watcher){
		"with a tab":                func(_ *Hub, w *watcher) { w.hangUp() },
		"from a dead node":          func(hub *Hub, _ *watcher) { kill(hub) },
		"from one that was stopped": func(hub *Hub, _ *watcher) { hub.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
				w := watch(t, hubs[0], as("ana"))
				watch(t, hubs[1], as("bob"))
				pass(10 * time.Second)
				end(hubs[0], w)
				pass(4 * time.Minute)
				wantPresent(t, "she is away", hubs[1:], "bob ana?")
				watch(t, hubs[2], as("ana"))
				pass(20 * time.Minute)
				wantPresent(t, "she is back", hubs[1:], "ana bob")
				wantTold(t, store, "ana", 1, 0)
				wantTold(t, store, "bob", 1, 0)
			})
		})
	}
}

// TestNobodyIsMissedWhileTheBusIsAway: who closes a stream then may have opened
// another on a node that cannot be heard.
func TestNobodyIsMissedWhileTheBusIsAway(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, vine *grapevine) {
		ana, cem := watch(t, hubs[0], as("ana")), watch(t, hubs[0], as("cem"))
		watch(t, hubs[1], as("bob"))
		pass(10 * time.Second)
		vine.setCut(true)
		ana.hangUp()
		cem.hangUp()
		pass(time.Second)
		watch(t, hubs[2], as("ana"))
		watch(t, hubs[2], as("dora"))
		pass(20 * time.Minute)
		for _, who := range []string{"ana", "bob", "cem", "dora"} {
			if _, left := store.told(); left[who] > 0 {
				t.Errorf("%s is missed", who)
			}
		}
		vine.setCut(false)
		pass(5 * time.Second)
		wantPresent(t, "the bus is back", hubs, "ana bob dora cem?")
		pass(20 * time.Second)
		wantPresent(t, "all is known", hubs, "ana bob dora")
		wantTold(t, store, "ana", 1, 0)
		wantTold(t, store, "bob", 1, 0)
		wantTold(t, store, "cem", 1, 1)
		wantTold(t, store, "dora", 1, 0)
	})
}

// TestNodeThatWasCutOffUnseenIsHeardAgain: others took it for dead and told rooms
// that its people had left. Once it is heard they are there, and rooms are told.
func TestNodeThatWasCutOffUnseenIsHeardAgain(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
		watch(t, hubs[0], as("ana"))
		watch(t, hubs[1], as("bob"))
		pass(10 * time.Second)
		lost(hubs[0], true)
		pass(10 * time.Minute)
		wantPresent(t, "she was missed", hubs[1:], "bob")
		wantPresent(t, "he was missed", hubs[:1], "ana")
		lost(hubs[0], false)
		pass(20 * time.Second)
		wantPresent(t, "they are there again", hubs, "ana bob")
		wantTold(t, store, "ana", 2, 1)
		wantTold(t, store, "bob", 2, 1)
	})
}

// TestNodeThatComesKnowsWhoIsThere, and does not miss those who are elsewhere
// although the store says that they were announced.
func TestNodeThatComesKnowsWhoIsThere(t *testing.T) {
	vine := newGrapevine(nil)
	vine.honest = true
	o := town()
	inBubbleOfNodes(t, 2, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
		watch(t, hubs[0], as("ana"))
		bob := watch(t, hubs[1], as("bob"))
		pass(10 * time.Second)
		bob.hangUp()
		pass(4 * time.Minute)
		o.Bus = vine.join(t)
		late := startTestHub(t, store, o, new(poller))
		store.knows("ana", "bob", "cem")
		late.Restore([]parlour.Seat{
			{Room: lobby, Person: "ana", Name: "ana", Announced: true},
			{Room: lobby, Person: "bob", Name: "bob", Announced: true},
			{Room: lobby, Person: "cem", Name: "cem", Announced: true}, // of whom nobody else knows
		})
		pass(2 * time.Second)
		wantPresent(t, "it is there", hubs, "ana bob?")
		wantPresent(t, "it knows more", []*Hub{late}, "ana cem bob?")
		pass(time.Minute)
		wantPresent(t, "one is gone", hubs, "ana")
		pass(4*time.Minute + 2*tick)
		wantPresent(t, "the other too", append(hubs, late), "ana")
		wantTold(t, store, "ana", 1, 0)
		wantTold(t, store, "bob", 1, 1)
		wantTold(t, store, "cem", 0, 1)
	})
}

// TestNodeHearsOfALargeHouse in pieces that the bus can bring.
func TestNodeHearsOfALargeHouse(t *testing.T) {
	const many = 10_000
	vine := newGrapevine(nil)
	vine.honest = true
	o := town()
	inBubbleOfNodes(t, 1, vine, o, func(t *testing.T, hubs []*Hub, store *ledger) {
		name := strings.Repeat("<ü>", parlour.MaxName/3)
		for n := range many {
			hubs[0].Touch(int64(n%7), parlour.Author{ID: person(n), Name: name})
		}
		pass(time.Second)
		o.Bus = vine.join(t)
		hubs = append(hubs, startTestHub(t, store, o, new(poller)))
		pass(2 * time.Second)
		for i, hub := range hubs {
			n := 0
			for room := range int64(7) {
				n += hub.Present(room)
			}
			if n != many {
				t.Errorf("node %d has %d people", i, n)
			}
		}
		published, largest := vine.carried()
		if largest > 1<<20 {
			t.Errorf("a message has %d bytes", largest)
		}
		t.Logf("the largest message has %d bytes; there were %d", largest, published)
	})
}

func TestStreamsAreLimitedOverAllNodes(t *testing.T) {
	o := town()
	o.StreamsPerPerson, o.StreamsPerAddress = 3, 5
	inTown(t, o, func(t *testing.T, hubs []*Hub, _ *ledger, _ *grapevine) {
		open := func(hub *Hub, who string) (*watcher, error) {
			sub := as(who)
			sub.Addr = netip.MustParseAddr("192.0.2.1")
			rd, err := hub.Open(t.Context(), sub, mayRead)
			if err != nil {
				return nil, err
			}
			rd.Close()
			return watch(t, hub, sub), nil
		}
		var first *watcher
		for i := range 3 {
			w, err := open(hubs[i], "ana")
			if err != nil {
				t.Fatalf("stream %d: %v", i, err)
			}
			first = w
			pass(time.Second)
		}
		for i, hub := range hubs {
			if _, err := open(hub, "ana"); !errors.Is(err, ErrTooManyStreams) {
				t.Errorf("node %d answers the fourth stream %v", i, err)
			}
		}
		first.hangUp()
		pass(time.Second)
		for i, who := range []string{"bob", "cem", "dora"} {
			if _, err := open(hubs[i], who); err != nil {
				t.Errorf("%s is refused: %v", who, err)
			}
			pass(time.Second)
		}
		if _, err := open(hubs[0], "eve"); !errors.Is(err, ErrTooManyStreams) {
			t.Errorf("the sixth stream from one address is answered %v", err)
		}
		kill(hubs[1])
		pass(deadAfter + 2*tick)
		if _, err := open(hubs[0], "eve"); err != nil {
			t.Errorf("streams of a dead node are counted: %v", err)
		}
	})
}

// TestPresenceEndsRightOnABadBus: whatever the bus loses, doubles, delays and
// reorders while people come, move and go.
func TestPresenceEndsRightOnABadBus(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 11))
			inBubbleOfNodes(t, 3, newGrapevine(rand.New(rand.NewPCG(seed, 12))), town(), func(t *testing.T, hubs []*Hub, store *ledger) {
				const people = 20
				open := make(map[int][]*watcher)
				for range 400 {
					n := random.IntN(people)
					switch tabs := open[n]; {
					case len(tabs) > 0 && random.IntN(2) == 0:
						i := random.IntN(len(tabs))
						tabs[i].hangUp()
						open[n] = slices.Delete(tabs, i, i+1)
					case random.IntN(10) == 0:
						hubs[random.IntN(3)].Touch(lobby, as(person(n)).Person)
					default:
						open[n] = append(tabs, watch(t, hubs[random.IntN(3)], as(person(n))))
					}
					pass(time.Duration(random.IntN(4000)) * time.Millisecond)
				}
				pass(7 * time.Minute)
				var there []string
				for n := range people {
					if len(open[n]) > 0 {
						there = append(there, person(n))
					}
				}
				slices.Sort(there)
				wantPresent(t, "in the end", hubs, strings.Join(there, " "))
				joined, left := store.told()
				for n := range people {
					who := person(n)
					if isThere := len(open[n]) > 0; joined[who]-left[who] == 1 != isThere {
						t.Errorf("%s is there: %v; told came %d, went %d", who, isThere, joined[who], left[who])
					}
				}
			})
		})
	}
}
