package events

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

// grapevine is a bus that cannot be relied upon: what it brings may be lost, or
// come twice, late, or in another order.
type grapevine struct {
	mu        sync.Mutex // guards all below
	random    *rand.Rand
	honest    bool // it is reliable after all
	members   []*gossip
	cut       bool // nothing is brought, and everybody knows
	published int
	largest   int // payload
}

// gossip is one node's end of a grapevine.
type gossip struct {
	vine  *grapevine
	node  string
	inbox chan func()
	left  chan struct{} // closed when the test is over
	lost  atomic.Bool   // nothing is brought to the node or from it, and nobody knows

	mu    sync.Mutex // guards all below
	subs  map[int]listener
	next  int
	tells []func(bool)
}

type listener struct {
	subject string
	handle  func([]byte)
}

func newGrapevine(random *rand.Rand) *grapevine { return &grapevine{random: random} }

func (v *grapevine) join(t testing.TB) *gossip {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := &gossip{vine: v, node: "n" + strconv.Itoa(len(v.members)), inbox: make(chan func(), 1000), left: make(chan struct{}), subs: make(map[int]listener)}
	v.members = append(v.members, g)
	go func() {
		for {
			select {
			case deliver := <-g.inbox:
				deliver()
			case <-g.left:
				return
			}
		}
	}()
	t.Cleanup(func() { close(g.left) })
	return g
}

// bring lets the node hear something, unless it has left.
func (g *gossip) bring(deliver func()) {
	select {
	case g.inbox <- deliver:
	case <-g.left:
	}
}

func (g *gossip) Node() string { return g.node }

func (g *gossip) Publish(subject string, payload []byte) {
	v := g.vine
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.cut || g.lost.Load() {
		return
	}
	v.published++
	v.largest = max(v.largest, len(payload))
	for _, other := range v.members {
		if other == g || other.lost.Load() {
			continue
		}
		times, late := 1, time.Duration(0)
		if !v.honest {
			switch v.random.IntN(8) {
			case 0:
				times = 0
			case 1:
				times = 2
			case 2, 3:
				late = time.Duration(v.random.Int64N(int64(40 * time.Millisecond)))
			}
		}
		for range times {
			hear := func() { other.bring(func() { other.hear(subject, payload) }) }
			if late > 0 {
				time.AfterFunc(late, hear)
			} else {
				hear()
			}
		}
	}
}

func (g *gossip) hear(subject string, payload []byte) {
	g.mu.Lock()
	var handlers []func([]byte)
	for _, l := range g.subs {
		if matches, _ := path.Match(l.subject, subject); matches {
			handlers = append(handlers, l.handle)
		}
	}
	g.mu.Unlock()
	for _, handle := range handlers {
		handle(payload)
	}
}

func (g *gossip) Subscribe(subject string, handle func([]byte)) func() {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := g.next
	g.next++
	g.subs[id] = listener{subject, handle}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.subs, id)
	}
}

func (g *gossip) subscriptions() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.subs)
}

func (g *gossip) OnState(tell func(bool)) {
	g.mu.Lock()
	g.tells = append(g.tells, tell)
	g.mu.Unlock()
	tell(g.Connected())
}

func (g *gossip) Connected() bool {
	g.vine.mu.Lock()
	defer g.vine.mu.Unlock()
	return !g.vine.cut
}

// setCut takes the grapevine away, or brings it back.
func (v *grapevine) setCut(cut bool) {
	v.mu.Lock()
	v.cut = cut
	members := slices.Clone(v.members)
	v.mu.Unlock()
	for _, g := range members {
		g.mu.Lock()
		tells := slices.Clone(g.tells)
		g.mu.Unlock()
		for _, tell := range tells {
			tell(!cut)
		}
	}
}

// carried is how many payloads were published, and how long the largest was.
func (v *grapevine) carried() (published, largest int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.published, v.largest
}

// nodes are several hubs over one store, of which one at random hears of each
// commit first.
func nodes(t testing.TB, n int, store *ledger, vine *grapevine, o Options) []*Hub {
	hubs := make([]*Hub, n)
	store.tells(func(changes []parlour.Change) { hubs[rand.IntN(n)].Publish(changes) })
	for i := range hubs {
		o.Bus = vine.join(t)
		hubs[i] = newHub(t, store, o)
	}
	return hubs
}

// TestReadersOfAllNodesEndWithTheSame: whatever the bus loses, doubles, delays and
// reorders, the readers of all nodes have what the store has, each message once
// and in order.
func TestReadersOfAllNodesEndWithTheSame(t *testing.T) {
	onEachWire(t, func(t *testing.T, w wire) {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { amongNodes(t, w, seed) })
		}
	})
}

func amongNodes(t *testing.T, w wire, seed uint64) {
	const changes = 250
	random := rand.New(rand.NewPCG(seed, 2))
	o := quiet()
	o.LogBytes = 1 << (12 + random.IntN(6))
	store := newLedger()
	vine := newGrapevine(rand.New(rand.NewPCG(seed, 3)))
	var steady []*reader
	var reading sync.WaitGroup
	done := make(chan struct{})
	for i, hub := range nodes(t, 3, store, vine, o) {
		h := newHouse(t, hub, w)
		for n := range 2 {
			steady = append(steady, h.opened(t, lobby, fmt.Sprintf("steady %d %d", i, n), "after=0"))
			restless := &reader{house: h, room: lobby, person: fmt.Sprintf("restless-%d-%d", i, n), query: "after=0"}
			reading.Go(func() { readUntil(t, restless, done, store) })
		}
	}
	for n := range changes {
		store.mutate(lobby, random)
		if random.IntN(3) == 0 {
			time.Sleep(time.Duration(random.Int64N(int64(4 * time.Millisecond))))
		}
		switch n {
		case changes / 3:
			vine.setCut(true)
		case changes / 2:
			vine.setCut(false)
		}
	}
	// An event for everybody at the end: a number that comes without one wakes no
	// reader who waits for the next.
	store.post(lobby, "the last word")
	close(done)
	want, head := store.content(lobby), store.head(lobby)
	for _, r := range steady {
		r.follows(t, "it has what the store has", func() bool { return r.lastID == head.String() })
		if !r.has(want) {
			t.Errorf("%s has %v, want %v", r.person, r.messages, want)
		}
		for i := 1; i < len(r.posted); i++ {
			if r.posted[i] <= r.posted[i-1] {
				t.Errorf("%s: message %d comes after %d", r.person, r.posted[i], r.posted[i-1])
			}
		}
	}
	reading.Wait()
}

// TestOtherNodesAskTheStoreForNothing on a bus that does what it should, although
// each node hears of its own commits before it hears of earlier ones of the other.
func TestOtherNodesAskTheStoreForNothing(t *testing.T) {
	vine := newGrapevine(nil)
	vine.honest = true
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(2 * partingTime) })
		store := newLedger()
		o := quiet()
		var watchers []*watcher
		var hubs []*Hub
		for n := range 2 {
			o.Bus = vine.join(t)
			hub := startTestHub(t, store, o, new(poller))
			hubs, watchers = append(hubs, hub), append(watchers, watch(t, hub, as("p"+strconv.Itoa(n))))
		}
		store.tells(func(changes []parlour.Change) { hubs[rand.IntN(2)].Publish(changes) })
		asked := store.asked()
		for n := range 200 {
			store.post(lobby, strconv.Itoa(n))
		}
		pass(turnWait / 2)
		for _, w := range watchers {
			if got := w.seen(t); !got.has(store.content(lobby)) {
				t.Errorf("a reader has %v", got.messages)
			}
		}
		if n := store.asked() - asked; n > 0 {
			t.Errorf("the store was asked %d times for what the bus brought", n)
		}
	})
}

// TestNodeHearsOnlyOfRoomsWithReaders: a room costs a subscription while somebody
// reads there, and a while longer.
func TestNodeHearsOnlyOfRoomsWithReaders(t *testing.T) {
	vine := newGrapevine(nil)
	bus := vine.join(t)
	o := quiet()
	o.Bus = bus
	o.LeaveGrace = time.Second
	inBubble(t, o, func(t *testing.T, hub *Hub, store *ledger) {
		before := bus.subscriptions()
		hub.Touch(2, parlour.Author{ID: "ana", Name: "ana"}) // no reader
		w := watch(t, hub, as("ana"))
		pass(time.Second)
		if n := bus.subscriptions() - before; n != 1 {
			t.Errorf("%d subscriptions for one room with a reader", n)
		}
		w.hangUp()
		pass(2 * logLinger * tick)
		if n := bus.subscriptions() - before; n != 0 {
			t.Errorf("%d subscriptions are left after the last reader", n)
		}
		if hub.find(lobby) != nil {
			t.Error("the room is kept")
		}
	})
}

// TestLostNewsIsFoundWithinSeconds: nothing follows what was lost on the way.
func TestLostNewsIsFoundWithinSeconds(t *testing.T) {
	for _, is := range []struct {
		what         string
		isCut, noBus bool
		within       time.Duration
	}{
		{what: "the bus has lost it", within: quietAmongNodes + 2*tick},
		{what: "the bus is away", isCut: true, within: 2 * tick},
		{what: "there is no bus", noBus: true, within: quietAmongNodes + 2*tick},
	} {
		t.Run(is.what, func(t *testing.T) {
			vine := newGrapevine(nil)
			o := quiet()
			o.IsShared = true
			if !is.noBus {
				o.Bus = vine.join(t)
			}
			inBubble(t, o, func(t *testing.T, hub *Hub, store *ledger) {
				w := watch(t, hub, as("ana"))
				vine.setCut(is.isCut)
				store.tells(nobody)
				m := store.post(lobby, "lost")
				pass(is.within)
				if got := w.seen(t).messages[m.Seq]; got != "lost" {
					t.Errorf("after %v the reader has %q", is.within, got)
				}
			})
		})
	}
}

// TestReturnOfTheBusIsALookInTheStore, at once.
func TestReturnOfTheBusIsALookInTheStore(t *testing.T) {
	vine := newGrapevine(nil)
	o := quiet()
	o.Bus = vine.join(t)
	inBubble(t, o, func(t *testing.T, hub *Hub, store *ledger) {
		w := watch(t, hub, as("ana"))
		vine.setCut(true)
		store.tells(nobody)
		m := store.post(lobby, "meanwhile")
		vine.setCut(false)
		pass(time.Millisecond)
		if got := w.seen(t).messages[m.Seq]; got != "meanwhile" {
			t.Errorf("the reader has %q", got)
		}
	})
}
