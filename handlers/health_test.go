package handlers_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

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
	var log strings.Builder
	bus := new(silentBus)
	s := open(t, plan{
		live: events.Options{Bus: bus},
		options: func(o *handlers.Options) {
			o.Stopping = func() bool { return stopping }
			o.Ready = func(context.Context) error { return unready }
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
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
	ask(http.StatusServiceUnavailable, "not ready\ndatabase: away\nbus: connected\n")
	unready, stopping = nil, true
	ask(http.StatusServiceUnavailable, "stopping\ndatabase: ok\nbus: connected\n")

	// Balancers ask again and again, and the log is told once.
	if told := log.String(); strings.Count(told, "not ready") != 1 || strings.Count(told, "ready again") != 1 {
		t.Errorf("the log has\n%s", told)
	}

	if answer := open(t, plan{}).visitor().get("/readyz"); answer.body != "ready\ndatabase: ok\nbus: none\n" {
		t.Errorf("a server that is alone: %q", answer.body)
	}
}

// TestReadinessIsAnsweredBeforeBalancersLoseTheirPatience: a database that says
// nothing is away.
func TestReadinessIsAnsweredBeforeBalancersLoseTheirPatience(t *testing.T) {
	s := open(t, plan{options: func(o *handlers.Options) {
		o.Ready = func(ctx context.Context) error {
			if limit, hasLimit := ctx.Deadline(); !hasLimit || time.Until(limit) > 2*time.Second {
				t.Errorf("the database has until %v", limit)
			}
			return context.DeadlineExceeded
		}
	}})
	if answer := s.visitor().get("/readyz"); answer.body != "not ready\ndatabase: away\nbus: none\n" {
		t.Errorf("%q", answer.body)
	}
}
