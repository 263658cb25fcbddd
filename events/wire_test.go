package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"parlour"
)

// lobby is the room of most tests.
const lobby = 1

// wire is one way for a stream to reach its reader.
type wire struct {
	name  string
	conns bool // plain HTTP/1.1 whose connection the hub takes over
	tls   bool // HTTP/2
}

// wires are all ways. What holds on one must hold on the others.
func wires(t *testing.T) []wire {
	all := []wire{{name: "HTTP/1.1 writer"}, {name: "HTTP/2 writer", tls: true}}
	hub := newHub(t, newLedger(), Options{})
	if hub.TakesConns() {
		all = append(all, wire{name: "taken-over connection", conns: true})
	}
	hub.Close()
	return all
}

func onEachWire(t *testing.T, test func(*testing.T, wire)) {
	for _, w := range wires(t) {
		t.Run(w.name, func(t *testing.T) { test(t, w) })
	}
}

// quiet are options under which nothing happens by itself within a test.
func quiet() Options {
	return Options{
		Heartbeat: time.Hour, Stall: time.Hour, MaxAge: 24 * time.Hour,
		JoinGrace: time.Hour, LeaveGrace: time.Hour, CatchUp: 1 << 20,
	}
}

// newHub starts a hub over a ledger that publishes to it.
func newHub(t testing.TB, s *ledger, o Options) *Hub {
	t.Helper()
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	return startTestHub(t, s, o, p)
}

func startTestHub(t testing.TB, s *ledger, o Options, p *poller) *Hub {
	o.Store = s
	if o.Renderer == nil {
		o.Renderer = plain{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	hub := startHub(o, p)
	t.Cleanup(hub.Close)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.publish == nil {
		s.publish = hub.Publish
	}
	return hub
}

// house serves a hub's streams: /{room}/{person}?after=N.
type house struct {
	*httptest.Server
	hub       *Hub
	wire      wire
	authorize func(ctx context.Context, person string) error // nil: everybody may
	served    chan error                                     // what serving came to, for those who want to know
}

func newHouse(t testing.TB, hub *Hub, w wire) *house {
	h := &house{hub: hub, wire: w, served: make(chan error, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{room}/{person}", h.stream)
	h.Server = httptest.NewUnstartedServer(mux)
	h.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(t.Output(), nil), slog.LevelError)
	if w.tls {
		h.EnableHTTP2 = true
		h.StartTLS()
	} else {
		h.Start()
		h.Client().Transport.(*http.Transport).DisableKeepAlives = true
	}
	t.Cleanup(func() {
		hub.Close()
		h.Client().CloseIdleConnections()
		h.Close()
	})
	return h
}

func (h *house) stream(w http.ResponseWriter, r *http.Request) {
	sub := Subscription{Person: parlour.Author{ID: r.PathValue("person"), Name: r.PathValue("person")}, After: -1}
	sub.Room, _ = strconv.ParseInt(r.PathValue("room"), 10, 64)
	if after := r.URL.Query().Get("after"); after != "" {
		sub.After, _ = parlour.ParseSeq(after)
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		sub.After, _ = parlour.ParseSeq(last)
	}
	if r.URL.Query().Has("document") {
		sub.Feed.Format = Document
	}
	rd, err := h.hub.Open(r.Context(), sub, func(ctx context.Context) error {
		if h.authorize == nil {
			return nil
		}
		return h.authorize(ctx, sub.Person.ID)
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	if h.wire.conns {
		conn, _, hijackErr := http.NewResponseController(w).Hijack()
		if hijackErr != nil {
			rd.Close()
			http.Error(w, hijackErr.Error(), http.StatusInternalServerError)
			return
		}
		err = rd.ServeConn(r.Context(), conn, []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"))
	} else {
		w.Header().Set("Content-Type", "text/event-stream")
		var keep func() error
		if keep, err = rd.ServeWriter(r.Context(), w, nil); err == nil {
			err = keep()
		}
	}
	select {
	case h.served <- err:
	default:
	}
}

// errRefused means that the house answered something else than a stream.
var errRefused = errors.New("refused")

// reader is one who reads a stream, and comes back to it, as browsers do.
type reader struct {
	house  *house
	room   int64
	person string
	query  string // of the first connection, such as "after=3"
	copied

	source *eventSource
	body   io.Closer
	events []event
	lastID string
}

// connect opens the stream, at the last id that was seen.
func (r *reader) connect(ctx context.Context) error {
	url := fmt.Sprintf("%s/%d/%s?%s", r.house.URL, r.room, r.person, r.query)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if r.lastID != "" {
		q.Header.Set("Last-Event-ID", r.lastID)
	}
	response, err := r.house.Client().Do(q)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return fmt.Errorf("%w: %s", errRefused, response.Status)
	}
	r.body, r.source = response.Body, newEventSource(response.Body)
	r.source.buffer, r.source.lastID = r.lastID, r.lastID
	return nil
}

// next applies the next event.
func (r *reader) next() (event, error) {
	e, err := r.source.next()
	r.lastID = r.source.lastID
	if err != nil {
		return e, err
	}
	r.events = append(r.events, e)
	if e.name != "message" {
		return e, nil
	}
	return e, r.apply(e.data)
}

func (r *reader) disconnect() {
	if r.body != nil {
		_ = r.body.Close()
	}
}

// opened is a reader with an open stream that has got the hello.
func (h *house) opened(t testing.TB, room int64, person, query string) *reader {
	t.Helper()
	r := &reader{house: h, room: room, person: person, query: query}
	if err := r.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.disconnect)
	if e, err := r.next(); err != nil || e.name != "hello" {
		t.Fatalf("the first event is %+v, %v", e, err)
	}
	return r
}

// until applies events until the reader is as wanted.
func (r *reader) until(t testing.TB, what string, is func() bool) {
	t.Helper()
	defer time.AfterFunc(patience, r.disconnect).Stop()
	for !is() {
		if e, err := r.next(); err != nil {
			t.Fatalf("waiting until %s: %v after %+.100v; has %d messages, up to %s, presence %q", what, err, e, len(r.messages), r.lastID, r.presence)
		}
	}
}

// follows is until for somebody who comes back when the stream ends, as it may
// where a writer's goroutine comes so late that the log has gone on without it.
func (r *reader) follows(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begun := r.body
	defer context.AfterFunc(ctx, func() { _ = begun.Close() })()
	for !is() {
		if _, err := r.next(); err == nil {
			continue
		}
		r.disconnect()
		if err := r.connect(ctx); err != nil {
			t.Fatalf("waiting until %s: %v; has %d messages, up to %s", what, err, len(r.messages), r.lastID)
		}
	}
}

// patience is how long a test waits for what must come before it fails: far
// longer than it takes, because the machines that run tests are shared.
const patience = time.Minute

// eventually polls for what other goroutines are to bring about.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("never came about: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// live counts the streams that the pumps have.
func (h *Hub) live() (n int) {
	for _, rm := range h.all() {
		rm.each(func(rd *Reader) {
			rd.mu.Lock()
			defer rd.mu.Unlock()
			if rd.live {
				n++
			}
		})
	}
	return n
}
