package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"parlour/e2e/process"
)

// startNATS starts a real server of the bus and answers its address.
func startNATS(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the bus does not start")
	}
	return s.ClientURL()
}

// startNode starts another server of the same house.
func startNode(t *testing.T, p *program) *program {
	t.Helper()
	other := &program{Process: process.New(t, "the other program"), t: t, data: p.data, options: p.options}
	t.Cleanup(other.finish)
	other.run()
	return other
}

// at is the visitor, cookies and all, at another server of the house.
func (v *visitor) at(p *program) *visitor { return &visitor{t: v.t, program: p, client: v.client} }

// TestServersOnOneBusAreOneHouse: what is said at one is heard at the other, and
// who leaves at one is gone at the other. No server knows a visitor better than
// another does.
func TestServersOnOneBusAreOneHouse(t *testing.T) {
	t.Parallel()
	one := start(t, "--limits", "off", "--nats", startNATS(t))
	two := startNode(t, one)
	for _, p := range []*program{one, two} {
		v := newVisitor(t, p)
		until(t, "the server is on the bus", func() bool {
			return strings.HasSuffix(v.get("/readyz").body, "\nbus: connected\n")
		})
	}
	ana, bob := enters(t, one, "Ana"), enters(t, one, "Bob")
	heard := bob.at(two).listens("/rooms/lobby/events")
	leaving := ana.at(two).listens("/rooms/lobby/events")
	for _, text := range []string{"first of all", "and another thing", "and lastly"} {
		ana.says(text)
		heard.next(func(e event) bool { return strings.Contains(e.data, text) })
		bob.at(two).says("answer to " + text)
		heard.next(func(e event) bool { return strings.Contains(e.data, "answer to "+text) })
	}
	if got := ana.post("/rooms/lobby/leave", url.Values{}); got.status != http.StatusSeeOther {
		t.Fatalf("leaving was answered with %d", got.status)
	}
	_ = leaving.end()
	if got := ana.at(two).get("/rooms/lobby/events", with("Accept", "text/event-stream")); got.status == http.StatusOK {
		t.Error("somebody who left reads at the other server")
	}
	bob.says("the room goes on")
	heard.next(func(e event) bool { return strings.Contains(e.data, "the room goes on") })
}

// TestServerServesWithoutItsBus: it says what is amiss, once, and goes on.
func TestServerServesWithoutItsBus(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off", "--nats", "nats://127.0.0.1:1") // nobody is there
	ana := enters(t, house, "Ana")
	heard := ana.listens("/rooms/lobby/events")
	ana.says("all the same")
	heard.next(func(e event) bool { return strings.Contains(e.data, "all the same") })
	until(t, "it says that the bus is away", func() bool {
		got := ana.get("/readyz")
		return got.status == http.StatusOK && got.body == "ready\ndatabase: ok\nbus: away\n"
	})
	until(t, "it is in the log", func() bool { return strings.Contains(house.Log.String(), "the bus is away") })
	house.Stop()
	for _, what := range []string{"the bus is away", "trouble with the bus"} {
		if n := strings.Count(house.Log.String(), what); n != 1 {
			t.Errorf("%q is %d times in the log:\n%s", what, n, house.Log.String())
		}
	}
}
