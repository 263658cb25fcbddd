package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"parlour"
	"parlour/db"
	"parlour/db/postgrestest"
	"parlour/e2e/process"
	"parlour/internal/freeport"
)

// house is three nodes with all that they need, and the people in its rooms.
type house struct {
	t         *testing.T
	postgres  *postgrestest.Server
	database  string // its address, past the wires
	bus       *natsServer
	nodes     []*node
	rooms     []string // their slugs
	turn      atomic.Int64
	people    sync.WaitGroup // those who talk
	quiet     chan struct{}  // closed when they are to end
	talkers   []*talker
	readers   []*reader
	said      atomic.Int64 // what was acknowledged
	strangers atomic.Int64
	admin     *person // who bans, once there is one
}

// openHouse starts all servers, and three nodes at the same time over the empty
// database. Options are further ones of the nodes.
func openHouse(t *testing.T, options ...string) *house {
	t.Helper()
	h := &house{t: t, postgres: postgrestest.Start(t), bus: newNATS(t), rooms: []string{"lobby", "kitchen", "garden"}, quiet: make(chan struct{})}
	h.database = h.postgres.Database(t)
	var up []func()
	for i := range 3 {
		n := &node{Process: process.New(t, fmt.Sprintf("node %d", i+1)), t: t, database: layWire(t, h.postgres.Address()), bus: layWire(t, h.bus.address())}
		n.options = []string{
			"--data", t.TempDir(), "--database", strings.Replace(h.database, h.postgres.Address(), n.database.address(), 1),
			"--nats", "nats://" + n.bus.address(), "--limits", "off", "--trusted-proxies", "127.0.0.1/32",
			"--shutdown-grace", "500ms", "--join-grace", "100ms", "--leave-grace", "1m",
		}
		n.options = append(n.options, options...)
		h.nodes = append(h.nodes, n)
		t.Cleanup(n.finish)
		up = append(up, n.start())
	}
	for _, isUp := range up {
		isUp()
	}
	h.inStore(func(ctx context.Context, store *db.Store) error {
		for _, slug := range h.rooms[1:] {
			if _, err := store.CreateRoom(ctx, parlour.Room{Slug: slug, Name: slug}); err != nil {
				return err
			}
		}
		return nil
	})
	h.balance()
	h.allWell()
	return h
}

// balance is the load balancer's part: it asks the nodes whether they are ready.
func (h *house) balance() {
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	for _, n := range h.nodes {
		asking.Go(func() {
			for ctx.Err() == nil {
				status, _ := n.readiness(ctx)
				n.isReady.Store(status == http.StatusOK)
				select {
				case <-ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
	}
	h.t.Cleanup(func() {
		cancel()
		asking.Wait()
	})
}

// readiness is what the node says of itself; 0 when it says nothing.
func (n *node) readiness(ctx context.Context) (status int, text string) {
	ctx, cancel := context.WithTimeout(ctx, shortPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, n.Address+"/readyz", nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// says tells whether a line stands in what the node says of itself.
func (n *node) says(line string) bool {
	_, text := n.readiness(n.t.Context())
	return strings.Contains(text, line)
}

// allWell waits until all nodes say that nothing is amiss.
func (h *house) allWell() {
	h.t.Helper()
	for _, n := range h.nodes {
		until(h.t, n.Name+" is well", func() bool {
			return n.isReady.Load() && n.says("database: ok\nbus: connected\n")
		})
	}
}

// next is the node to which the balancer sends who comes now: the living in
// turn. When it knows of none it tries all the same.
func (h *house) next() *node {
	for range h.nodes {
		if n := h.nodes[int(h.turn.Add(1))%len(h.nodes)]; n.isReady.Load() {
			return n
		}
	}
	return h.nodes[int(h.turn.Add(1))%len(h.nodes)]
}

// inStore does something in the database, past the wires.
func (h *house) inStore(do func(context.Context, *db.Store) error) {
	h.t.Helper()
	store, err := db.OpenPostgres(h.t.Context(), h.database, db.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := do(h.t.Context(), store); err != nil {
		h.t.Error(err)
	}
	if err := store.Close(); err != nil {
		h.t.Error(err)
	}
}

// natsServer is a real server of the bus, at one address for as long as the test runs.
type natsServer struct {
	t       *testing.T
	port    int
	running *server.Server
}

func newNATS(t *testing.T) *natsServer {
	t.Helper()
	port, err := freeport.Take()
	if err != nil {
		t.Fatal(err)
	}
	s := &natsServer{t: t, port: port}
	s.start()
	t.Cleanup(func() {
		if s.running != nil {
			s.stop()
		}
	})
	return s
}

func (s *natsServer) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *natsServer) start() {
	s.t.Helper()
	running, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: s.port, NoSigs: true, NoLog: true})
	if err != nil {
		s.t.Fatal(err)
	}
	running.Start()
	if !running.ReadyForConnections(patience) {
		s.t.Fatal("the bus does not start")
	}
	s.running = running
}

func (s *natsServer) stop() {
	s.running.Shutdown()
	s.running.WaitForShutdown()
	s.running = nil
}
