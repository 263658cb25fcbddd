package bus

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"parlour"
)

// are tells whether just these people are present, whichever node is asked.
func are(nodes []*node, people ...parlour.Identity) bool {
	var want []string
	for _, who := range people {
		want = append(want, who.ID)
	}
	slices.Sort(want)
	for _, n := range nodes {
		var got []string
		for _, p := range n.hub.Presence(lobby).People {
			got = append(got, p.ID)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) || n.hub.Present(lobby) != len(want) {
			return false
		}
	}
	return true
}

// head is the lobby's last number.
func (n *node) head(t *testing.T) parlour.Seq {
	t.Helper()
	page, err := n.store.Page(t.Context(), lobby, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return page.Head
}

// TestPeopleOfAllNodesAreTogether: a node is cut off and dies, and one of its
// people goes on at another; the bus stops and comes back. All nodes agree on who
// is there, and the room is told of each who came or went once and of nobody else.
func TestPeopleOfAllNodesAreTogether(t *testing.T) {
	port := freePort(t)
	nats := startServer(t, port)
	between, database := newProxy(t, nats.Addr().String()), databases["SQLite"](t)
	m := manners{join: 50 * time.Millisecond, leave: 3 * time.Second}
	var nodes []*node
	for _, address := range []string{nats.ClientURL(), nats.ClientURL(), "nats://" + between.Addr().String()} {
		nodes = append(nodes, openNodeWith(t, database, address, m))
	}
	mortal, living := nodes[2], nodes[:2]
	for _, n := range nodes {
		eventually(t, "the node is connected", func() bool { return n.hub.BusState() == "connected" })
	}
	ana, bob, cem, dora := nodes[0].enters(t, "Ana"), nodes[0].enters(t, "Bob"), nodes[0].enters(t, "Cem"), nodes[0].enters(t, "Dora")
	mortal.listens(t, ana, true)
	mortal.listens(t, cem, false)
	living[0].listens(t, bob, true)
	living[1].listens(t, bob, false)
	eventually(t, "all nodes have all three", func() bool { return are(nodes, ana, bob, cem) })
	announced := func() (n int) {
		seats, err := nodes[0].store.AnnouncedSeats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(seats)
	}
	eventually(t, "the room knows", func() bool { return announced() == 3 })

	said, err := living[0].house.Say(t.Context(), bob, "lobby", parlour.Draft{Body: "so that a new line begins"})
	if err != nil {
		t.Fatal(err)
	}
	between.set(true)
	eventually(t, "the node is cut off", func() bool { return mortal.hub.BusState() == "away" })
	mortal.hub.Close()
	living[1].listens(t, ana, false)
	eventually(t, "one moved, and one is gone", func() bool { return are(living, ana, bob) && announced() == 2 })
	if head := living[0].head(t); head != said.Seq+1 {
		t.Errorf("the room is at %d after one departure since %d", head, said.Seq)
	}

	nats.Shutdown()
	nats.WaitForShutdown()
	for _, n := range living {
		eventually(t, "the bus is away", func() bool { return n.hub.BusState() == "away" })
	}
	living[0].listens(t, dora, true)
	eventually(t, "she is there on her node", func() bool { return are(living[:1], ana, bob, dora) })
	startServer(t, port)
	eventually(t, "she is there on all", func() bool { return are(living, ana, bob, dora) && announced() == 3 })
	if head := living[0].head(t); head != said.Seq+2 {
		t.Errorf("the room is at %d after a departure and an arrival since %d", head, said.Seq)
	}
}

// TestLimitsAreOneForAllNodes, a moment after one of them has counted.
func TestLimitsAreOneForAllNodes(t *testing.T) {
	nats, database := startServer(t, freePort(t)), databases["SQLite"](t)
	var nodes []*node
	for range 3 {
		n := openNodeWith(t, database, nats.ClientURL(), manners{join: time.Hour, leave: time.Hour, limits: true})
		nodes = append(nodes, n)
		eventually(t, "the node is connected", func() bool { return n.hub.BusState() == "connected" })
	}
	begun := time.Now()
	ana := nodes[0].enters(t, "Ana") // which counts as well
	spent := int64(1)
	for n := 0; ; n++ {
		_, err := nodes[0].house.Say(t.Context(), ana, "lobby", parlour.Draft{Body: strconv.Itoa(n)})
		if parlour.KindOf(err) == parlour.TooMany {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		spent++
	}
	if !nodes[0].house.UseOnce("token") {
		t.Error("a token was never used")
	}
	for i, n := range nodes[1:] {
		eventually(t, "it has heard of all", func() bool { return n.counted.Load() >= spent+1 })
		if n.house.UseOnce("token") {
			t.Errorf("node %d does not know that the token is used", i+1)
		}
		if i == 0 {
			_, err := n.house.Say(t.Context(), ana, "lobby", parlour.Draft{Body: strconv.FormatInt(spent-2, 10)})
			if parlour.KindOf(err) != parlour.Invalid {
				t.Errorf("the same text is answered %v", err)
			}
		}
		more := 0
		for n := range spent {
			if _, err := nodes[i+1].house.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "more " + strconv.FormatInt(n, 10)}); err == nil {
				more++
			}
		}
		// One more is due each second, and the machine may be slow.
		if due := 1 + int(time.Since(begun).Seconds()); more > due {
			t.Errorf("node %d lets %d more pass, and %d are due at most", i+1, more, due)
		}
	}
}
