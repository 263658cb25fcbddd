package events

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

// screen is an http.ResponseWriter that keeps what is written to it, for tests
// in which time must not pass by itself.
type screen struct {
	mu       sync.Mutex    // guards all below
	pace     time.Duration // how long its peer takes for a kilobyte; 0 takes all at once
	dead     bool          // its peer takes nothing at all
	written  bytes.Buffer
	flushed  int // bytes of written
	deadline time.Time
	moved    chan struct{} // closed when the deadline is set
}

func newScreen() *screen { return &screen{moved: make(chan struct{})} }

func (*screen) Header() http.Header { return http.Header{} }

func (*screen) WriteHeader(int) {}

// takes has the peer take so long for a kilobyte from now on.
func (s *screen) takes(pace time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pace = pace
}

// dies has the peer take nothing from now on.
func (s *screen) dies() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
}

func (s *screen) FlushError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushed = s.written.Len()
	return nil
}

func (s *screen) SetWriteDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = at
	close(s.moved)
	s.moved = make(chan struct{})
	return nil
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	takes := s.pace * time.Duration(len(b)) / 1024
	if s.dead {
		takes = 1 << 62
	}
	s.mu.Unlock()
	if err := s.wait(time.Now().Add(takes)); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.Write(b)
}

// wait passes time, or fails when the deadline comes first.
func (s *screen) wait(until time.Time) error {
	for time.Now().Before(until) {
		s.mu.Lock()
		deadline, moved := s.deadline, s.moved
		s.mu.Unlock()
		if !deadline.After(time.Now()) {
			return os.ErrDeadlineExceeded
		}
		wait := min(time.Until(deadline), time.Until(until))
		select {
		case <-moved:
		case <-time.After(wait):
		}
	}
	return nil
}

// seen is what the peer has made of what was flushed to it.
func (s *screen) seen(t testing.TB) *copied {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	source := newEventSource(bytes.NewReader(s.written.Bytes()[:s.flushed]))
	seen := new(copied)
	for {
		e, err := source.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return seen
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.name == "message" {
			if err := seen.apply(e.data); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (s *screen) heartbeats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.written.String(), "\n:\n")
}

func (s *screen) length() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.Len()
}

// inBubble runs a test in which time passes only when everybody waits.
func inBubble(t *testing.T, o Options, test func(*testing.T, *Hub, *ledger)) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedger()
		// Time stops with the test, and streams that are closed may need some.
		t.Cleanup(func() { time.Sleep(2 * partingTime) })
		// Nothing in a bubble can wait for the kernel, and so no poller runs.
		test(t, startTestHub(t, store, o, new(poller)), store)
	})
}

// watcher is a stream that is shown on a screen.
type watcher struct {
	*screen
	rd     *Reader
	served chan error // what ServeWriter answered
	hangUp context.CancelFunc
}

func watch(t *testing.T, hub *Hub, sub Subscription) *watcher {
	t.Helper()
	return watchOn(t, newScreen(), hub, sub)
}

func watchOn(t *testing.T, s *screen, hub *Hub, sub Subscription) *watcher {
	t.Helper()
	rd, err := hub.Open(t.Context(), sub, mayRead)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := &watcher{screen: s, rd: rd, served: make(chan error, 1), hangUp: cancel}
	go func() {
		keep, err := rd.ServeWriter(ctx, s, nil)
		if err == nil {
			err = keep()
		}
		w.served <- err
	}()
	synctest.Wait()
	return w
}

// isServed tells whether the stream is still going on.
func (w *watcher) isServed() bool {
	synctest.Wait()
	return len(w.served) == 0
}

func mayRead(context.Context) error { return nil }

// as is a subscription to the lobby at its head.
func as(person string) Subscription {
	return Subscription{Room: lobby, Person: parlour.Author{ID: person, Name: person}, After: -1}
}

// pass lets time pass, and everything that it brings about.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func mayNotRead(context.Context) error { return parlour.ErrNoSeat }

// cursor is where the peer would come back.
func (s *screen) cursor(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	source := newEventSource(bytes.NewReader(s.written.Bytes()[:s.flushed]))
	for {
		if _, err := source.next(); err != nil {
			return source.lastID
		}
	}
}
