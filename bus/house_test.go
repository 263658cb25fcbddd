package bus

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
	"parlour/db"
	"parlour/db/postgrestest"
)

// talkOn has somebody on each node say things, each until it is acknowledged, until
// finish is called, which tells how many were.
func talkOn(t *testing.T, nodes []*node) (finish func() int) {
	t.Helper()
	done := make(chan struct{})
	var talking sync.WaitGroup
	var said atomic.Int64
	for i, n := range nodes {
		who := n.enters(t, "Talker "+rand.Text()[:8])
		talking.Go(func() {
			for key := 0; ; {
				_, err := n.house.Say(context.WithoutCancel(t.Context()), who, "lobby", parlour.Draft{Body: "hello", Key: strconv.Itoa(key)})
				switch {
				case err == nil:
					said.Add(1)
					key++
				case parlour.KindOf(err) != parlour.Unavailable:
					t.Errorf("node %d: %v", i, err)
					return
				}
				select {
				case <-done:
					if err == nil {
						return
					}
				case <-time.After(3 * time.Millisecond):
				}
			}
		})
	}
	return func() int {
		close(done)
		talking.Wait()
		return int(said.Load())
	}
}

// TestNodesAgreeWhateverHappensToTheBus: people talk on all nodes while the bus
// stops and starts again, and while one node is cut off from it. All readers of
// all nodes end with the same, each message once and in order, and whoever is
// banned on one node is out on all.
func TestNodesAgreeWhateverHappensToTheBus(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) { nodesAgree(t, database(t)) })
	}
}

func nodesAgree(t *testing.T, database opener) {
	port := freePort(t)
	nats := startServer(t, port)
	between := newProxy(t, nats.Addr().String())
	var nodes []*node
	for _, address := range []string{nats.ClientURL(), nats.ClientURL(), "nats://" + between.Addr().String()} {
		nodes = append(nodes, openNode(t, database, address))
	}
	for _, n := range nodes {
		eventually(t, "the node is connected", func() bool { return n.hub.BusState() == "connected" })
	}
	var readers []*reader
	for i, n := range nodes {
		for _, taken := range []bool{false, true} {
			readers = append(readers, n.listens(t, n.enters(t, fmt.Sprintf("Reader %d %v", i, taken)), taken))
		}
	}
	banned := nodes[2].listens(t, nodes[2].enters(t, "Banned"), true)

	said := 0
	talk := func() (stop func()) {
		finish := talkOn(t, nodes)
		return func() { said += finish() }
	}
	all := func(what string) {
		t.Helper()
		for _, r := range readers {
			eventually(t, what+": "+r.who.Name+" has everything", func() bool { return r.count() == said })
			if fault := r.trouble(); fault != "" {
				t.Errorf("%s: %s: %s", what, r.who.Name, fault)
			}
		}
	}
	for _, trouble := range []struct {
		what   string
		begin  func()
		finish func()
	}{
		{"all is well", func() {}, func() {}},
		{"the bus stops", func() { nats.Shutdown(); nats.WaitForShutdown() }, func() { nats = startServer(t, port) }},
		{"a node is cut off", func() { between.set(true) }, func() { between.set(false) }},
	} {
		before := said
		stop := talk()
		eventually(t, "much is said", func() bool { return readers[0].count() > before+30 })
		trouble.begin()
		time.Sleep(300 * time.Millisecond) // some more is said meanwhile
		stop()
		all(trouble.what + ", meanwhile")
		stop = talk()
		trouble.finish()
		for _, n := range nodes {
			eventually(t, "the node is connected again", func() bool { return n.hub.BusState() == "connected" })
		}
		stop()
		all(trouble.what + ", afterwards")
	}

	// The node that is cut off hears of a ban from the store.
	between.set(true)
	eventually(t, "it is cut off", func() bool { return nodes[2].hub.BusState() == "away" })
	admin := parlour.Identity{Kind: parlour.Member, ID: "admin", Name: "Admin", Admin: true}
	_, err := nodes[0].house.Sanction(t.Context(), admin, "lobby", parlour.Sentence{Kind: parlour.Ban, Person: banned.who.ID})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream of one who is banned ends", func() bool { return banned.end() == "barred" })
	between.set(false)
	for _, r := range readers {
		if reason := r.end(); reason != "" {
			t.Errorf("%s was ended: %s", r.who.Name, reason)
		}
	}
	var stats Stats
	for _, n := range nodes {
		s := n.bus.Stats()
		stats.Sent, stats.SentBytes, stats.Dropped = stats.Sent+s.Sent, stats.SentBytes+s.SentBytes, stats.Dropped+s.Dropped
	}
	t.Logf("%d messages were said; %d parcels with %d bytes on the bus, %d dropped", said, stats.Sent, stats.SentBytes, stats.Dropped)
}

// TestNodesOutliveTheDatabase: it stops for a while and comes back, and again it
// crashes. What was acknowledged is there for all readers, once and in order, and
// what people try again meanwhile is said once.
func TestNodesOutliveTheDatabase(t *testing.T) {
	server := postgrestest.Start(t)
	database := server.Database(t)
	nats := startServer(t, freePort(t))
	var nodes []*node
	var readers []*reader
	for i := range 2 {
		n := openNode(t, func(ctx context.Context, o db.Options) (*db.Store, error) {
			return db.OpenPostgres(ctx, database, o)
		}, nats.ClientURL())
		nodes = append(nodes, n)
		readers = append(readers, n.listens(t, n.enters(t, fmt.Sprintf("Reader %d", i)), i == 0))
	}
	said := 0
	for _, end := range []func(testing.TB){server.Stop, server.Crash} {
		before := readers[0].count()
		finish := talkOn(t, nodes)
		eventually(t, "much is said", func() bool { return readers[0].count() > before+20 })
		end(t)
		time.Sleep(1500 * time.Millisecond) // the nodes find out, and go on trying
		server.Start(t)
		before = readers[0].count()
		eventually(t, "people go on", func() bool { return readers[0].count() > before+20 })
		said += finish()
		for _, r := range readers {
			eventually(t, r.who.Name+" has everything", func() bool { return r.count() == said })
			if fault := r.trouble(); fault != "" {
				t.Errorf("%s: %s", r.who.Name, fault)
			}
			if reason := r.end(); reason != "" {
				t.Errorf("%s was ended: %s", r.who.Name, reason)
			}
		}
	}
	admin := parlour.Identity{Kind: parlour.Member, ID: "admin", Name: "Admin", Admin: true}
	_, err := nodes[0].house.Sanction(t.Context(), admin, "lobby", parlour.Sentence{Kind: parlour.Ban, Person: readers[1].who.ID})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream of one who is banned ends", func() bool { return readers[1].end() == "barred" })
}
