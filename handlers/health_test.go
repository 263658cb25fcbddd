package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"parlour/events"
	"parlour/handlers"
)

// silentBus is a bus that is away until it is told otherwise.
type silentBus struct{ listeners []func(connected bool) }

func (*silentBus) Node() string                          { return "n" }
func (*silentBus) Publish(string, []byte)                {}
func (*silentBus) Subscribe(string, func([]byte)) func() { return func() {} }
func (*silentBus) Connected() bool                       { return false }
func (b *silentBus) OnState(tell func(connected bool)) {
	b.listeners = append(b.listeners, tell)
	tell(false)
}

func (b *silentBus) connect() {
	for _, tell := range b.listeners {
		tell(true)
	}
}

// TestReadinessTellsWhatIsAmiss: requests may come while the bus is away, but
// neither without the database nor to a server that is about to stop.
func TestReadinessTellsWhatIsAmiss(t *testing.T) {
	var stopping bool
	var unready error
	bus := new(silentBus)
	s := open(t, plan{
		live: events.Options{Bus: bus},
		options: func(o *handlers.Options) {
			o.Stopping = func() bool { return stopping }
			o.Ready = func(context.Context) error { return unready }
		},
	})
	ask := func(status int, body string) {
		t.Helper()
		answer := s.visitor().get("/readyz")
		if answer.status != status || answer.body != body {
			t.Errorf("%d %q, want %d %q", answer.status, answer.body, status, body)
		}
	}
	ask(http.StatusOK, "ready\ndatabase: ok\nbus: away\n")
	bus.connect()
	ask(http.StatusOK, "ready\ndatabase: ok\nbus: connected\n")
	unready = errors.New("unplugged")
	ask(http.StatusServiceUnavailable, "not ready\ndatabase: away\nbus: connected\n")
	unready, stopping = nil, true
	ask(http.StatusServiceUnavailable, "stopping\ndatabase: ok\nbus: connected\n")

	if answer := open(t, plan{}).visitor().get("/readyz"); answer.body != "ready\ndatabase: ok\nbus: none\n" {
		t.Errorf("a server that is alone: %q", answer.body)
	}
}
