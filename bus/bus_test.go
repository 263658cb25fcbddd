package bus

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"parlour/e2e/process"
	"parlour/internal/freeport"
)

// startServer starts a real NATS server on a port.
func startServer(t *testing.T, port int) *server.Server {
	t.Helper()
	return startServerWith(t, &server.Options{Port: port})
}

// freePort is one on which a server can be started, and started again.
func freePort(t *testing.T) int {
	t.Helper()
	port, err := freeport.Take()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// patience is how long anything may take before a test calls it broken: far longer
// than it does take, because the machines that run tests are shared.
const patience = time.Minute

func startServerWith(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.NoSigs, o.NoLog = "127.0.0.1", true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

func connect(t *testing.T, url, house string) *NATS {
	t.Helper()
	b, err := Connect(Options{URL: url, House: house})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// heard keeps what a subscription brought.
type heard struct {
	mu  sync.Mutex
	all []string
}

func (h *heard) hear(payload []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, string(payload))
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all)
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("it did not come to be: %s", what)
		}
	}
}

// subscribes has a node hear of a subject, and waits until the server knows.
func subscribes(t *testing.T, b *NATS, subject string, hear func([]byte)) (cancel func()) {
	t.Helper()
	cancel = b.Subscribe(subject, hear)
	if err := b.conn.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	return cancel
}

func TestOtherNodesHearInOrderWhatOneSays(t *testing.T) {
	s := startServer(t, freePort(t))
	a, b := connect(t, s.ClientURL(), "h"), connect(t, s.ClientURL(), "h")
	stranger := connect(t, s.ClientURL(), "another")
	var own, others, strangers heard
	for _, node := range []*NATS{a, b, stranger} {
		eventually(t, "connected", node.Connected)
	}
	subscribes(t, a, "room.1", own.hear)
	subscribes(t, b, "room.1", others.hear)
	subscribes(t, stranger, "room.1", strangers.hear)
	const many = 1000
	for i := range many {
		a.Publish("room.1", []byte(strconv.Itoa(i)))
	}
	b.Publish("room.1", []byte("answer"))
	eventually(t, "all is heard", func() bool { return others.count() == many && own.count() == 1 })
	for i, said := range others.all {
		if said != strconv.Itoa(i) {
			t.Fatalf("number %d is %q", i, said)
		}
	}
	if own.all[0] != "answer" {
		t.Errorf("a node hears itself: %q", own.all[0])
	}
	if n := strangers.count(); n > 0 {
		t.Errorf("another house hears %d messages of this one", n)
	}
	if a.Node() == b.Node() {
		t.Error("two nodes have the same id")
	}
}

func TestNothingIsHeardAfterCancel(t *testing.T) {
	s := startServer(t, freePort(t))
	a, b := connect(t, s.ClientURL(), "h"), connect(t, s.ClientURL(), "h")
	var cancelled, stays heard
	eventually(t, "connected", b.Connected)
	cancel := subscribes(t, b, "room.1", cancelled.hear)
	subscribes(t, b, "room.*", stays.hear)
	cancel()
	eventually(t, "connected", a.Connected)
	a.Publish("room.1", []byte("x"))
	eventually(t, "the other subscription hears", func() bool { return stays.count() == 1 })
	if cancelled.count() != 0 {
		t.Error("a cancelled subscription hears")
	}
	if n := b.Stats().Subscriptions; n != 1 {
		t.Errorf("%d subscriptions are left", n)
	}
}

// states keeps what OnState tells.
type states struct {
	mu  sync.Mutex
	all []bool
}

func (s *states) tell(connected bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, connected)
}

func (s *states) last() (connected, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return false, false
	}
	return s.all[len(s.all)-1], true
}

func TestSubscriptionsOutliveTheServer(t *testing.T) {
	port := freePort(t)
	s := startServer(t, port)
	a, b := connect(t, s.ClientURL(), "h"), connect(t, s.ClientURL(), "h")
	var told states
	b.OnState(told.tell)
	var got heard
	b.Subscribe("room.1", got.hear)
	eventually(t, "it is told that the bus is there", func() bool { c, _ := told.last(); return c })
	s.Shutdown()
	s.WaitForShutdown()
	eventually(t, "it is told that the bus is away", func() bool { c, known := told.last(); return known && !c })
	var late heard
	b.Subscribe("room.2", late.hear) // while there is no server
	a.Publish("room.1", []byte("into the void"))
	startServer(t, port)
	eventually(t, "it is told that the bus is back", func() bool { c, _ := told.last(); return c })
	eventually(t, "the other node is back", a.Connected)
	a.Publish("room.1", []byte("one"))
	a.Publish("room.2", []byte("two"))
	eventually(t, "both subscriptions hear", func() bool { return got.count() > 0 && late.count() > 0 })
	if said := fmt.Sprint(got.all, late.all); said != "[one] [two]" {
		t.Errorf("heard %s: what was said meanwhile is old", said)
	}
}

func TestPublishNeverWaits(t *testing.T) {
	b := connect(t, "nats://127.0.0.1:1", "h") // nobody is there
	for range 3 * maxQueue {
		b.Publish("room.1", []byte("x"))
	}
	eventually(t, "all is given up", func() bool { return b.Stats().Dropped == 3*maxQueue })
	if b.Connected() {
		t.Error("connected to nobody")
	}
}

func TestHouseIsOneWord(t *testing.T) {
	for _, house := range []string{"", "a.b", "*", ">", "a b"} {
		if b, err := Connect(Options{URL: "nats://127.0.0.1:1", House: house}); err == nil {
			b.Close()
			t.Errorf("a house called %q is taken", house)
		}
	}
}

// TestRefusedNodeGoesOnTrying: whoever runs the bus may set right what is wrong
// with its passwords, and no node has to be started anew.
func TestRefusedNodeGoesOnTrying(t *testing.T) {
	var complaints process.Log
	port := freePort(t)
	s := startServerWith(t, &server.Options{Port: port, Username: "parlour", Password: "another"})
	between := newProxy(t, s.Addr().String())
	b, err := Connect(Options{
		URL: "nats://parlour:secret@" + between.Addr().String(), House: "h",
		Log: slog.New(slog.NewTextHandler(&complaints, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	var told states
	b.OnState(told.tell)
	eventually(t, "it has tried some times", func() bool { return between.joined() > 3 })
	if b.Connected() {
		t.Fatal("connected with a wrong password")
	}
	s.Shutdown()
	s.WaitForShutdown()
	startServerWith(t, &server.Options{Port: port, Username: "parlour", Password: "secret"})
	eventually(t, "it is told that the bus is there", func() bool { c, _ := told.last(); return c })
	b.Close()
	if n := strings.Count(complaints.String(), "Authorization"); n != 1 {
		t.Errorf("%d complaints were logged:\n%s", n, complaints.String())
	}
}
