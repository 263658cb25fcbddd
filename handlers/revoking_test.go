package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"parlour"
	"parlour/events"
	"parlour/handlers"
)

func TestLeavingEndsTheStreamForGood(t *testing.T) {
	onEachTransport(t, plan{}, func(t *testing.T, s *site) {
		v := s.guest()
		stream, other := v.stream("/rooms/lobby/events"), s.guest().stream("/rooms/lobby/events")
		stream.next()
		v.post("/rooms/lobby/leave", nil)
		var last event
		for e := stream.next(); !e.ended; e = stream.next() {
			last = e
		}
		if !strings.Contains(last.data, `hx-target="#live" hx-swap="outerHTML"`) || !strings.Contains(last.data, "You have left this room.") {
			t.Errorf("the stream ended with %+v", last)
		}
		refusal(t, v, "You have left this room.", http.StatusForbidden)
		s.guest().say("you others go on")
		if e := other.change(); e.ended || !strings.Contains(e.data, "you others go on") {
			t.Errorf("somebody else's stream: %+v", e)
		}
	})
}

func TestEndOfTheSessionEndsComingBack(t *testing.T) {
	onEachTransport(t, plan{}, func(t *testing.T, s *site) {
		v := s.guest()
		v.stream("/rooms/lobby/events").next()
		if err := s.store.Sessions().Delete(stored(v.session())); err != nil {
			t.Fatal(err)
		}
		refusal(t, v, "Your session has ended.", http.StatusUnauthorized)
	})
}

func TestWhoIsRefusedForGoodIsToldWhyAndAsksNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		take   func(s *site)
		reason string
	}{
		"banned": {func(s *site) { store(t, s, parlour.Sanction{Kind: parlour.Ban, Address: "127.0.0.1"}) }, "You may not read here any more."},
		"a room that is gone": {func(s *site) {
			if err := s.store.DeleteRoom(t.Context(), s.lobby().ID, parlour.LogEntry{At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}, "This room is not here any more."},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, plan{})
			v := s.guest()
			open := v.stream("/rooms/lobby/events")
			open.next()
			c.take(s)
			s.hub.Recheck(0)
			for e := open.next(); !e.ended; e = open.next() {
			}
			// That one may have ended before it could be told anything.
			e := v.stream("/rooms/lobby/events?after=0", "HX-Request", "true").next()
			if !strings.Contains(e.data, `hx-target="#live" hx-swap="outerHTML"`) || !strings.Contains(e.data, c.reason) {
				t.Errorf("who comes back is told %+v", e)
			}
		})
	}
}

func TestWhoCannotBeAskedForMayComeBack(t *testing.T) {
	refuse := func(context.Context, events.Subscription) error {
		return parlour.Errorf(parlour.Unavailable, "policy.unavailable", "nobody answers")
	}
	s := open(t, plan{live: events.Options{Authorize: refuse}})
	v := s.guest()
	stream := v.stream("/rooms/lobby/events")
	stream.next()
	s.hub.Recheck(0)
	for e := stream.next(); !e.ended; e = stream.next() {
		if strings.Contains(e.data, `hx-target="#live"`) {
			t.Errorf("the browser is told to come back no more: %+v", e)
		}
	}
	if e := v.stream("/rooms/lobby/events").next(); e.ended {
		t.Error("who comes back is not let in")
	}
}

// refusal checks how a reader is refused who comes back: htmx would ask for ever,
// so it gets a stream of one event that takes the stream's element away.
func refusal(t *testing.T, v *visitor, reason string, status int) {
	t.Helper()
	stream := v.stream("/rooms/lobby/events?after=0", "HX-Request", "true", "Last-Event-ID", "1")
	e := stream.next()
	if stream.response.StatusCode != http.StatusOK || stream.response.Header.Get("Content-Type") != "text/event-stream" ||
		!strings.Contains(e.data, `hx-target="#live" hx-swap="outerHTML"`) || !strings.Contains(e.data, reason) || e.id != "" {
		t.Errorf("htmx is answered %d with %+v", stream.response.StatusCode, e)
	}
	if e := stream.next(); !e.ended {
		t.Errorf("and then comes %+v", e)
	}
	if a := v.get("/rooms/lobby/events?after=0"); a.status != status || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("a program is answered %d: %s", a.status, a.body)
	}
	if a := v.get("/rooms/lobby/live"); a.status != status || !strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors 'self'") {
		t.Errorf("the frame is answered %d with %v", a.status, a.header)
	}
}

// interrupted is a session store in which something happens when a session is
// looked for.
type interrupted struct {
	scs.CtxStore
	finds  atomic.Int64
	happen atomic.Pointer[func(nth int64)]
}

func (i *interrupted) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if happen := i.happen.Load(); happen != nil {
		(*happen)(i.finds.Add(1))
	}
	return i.CtxStore.FindCtx(ctx, token)
}

// TestRightThatEndsWhileAStreamOpensIsSeen withdraws the right between the first
// look at it and the opening.
func TestRightThatEndsWhileAStreamOpensIsSeen(t *testing.T) {
	for name, withdraw := range map[string]func(s *site, by parlour.Identity, token string) error{
		"leaving": func(s *site, by parlour.Identity, _ string) error {
			err := s.store.GiveUpSeat(s.t.Context(), s.lobby().ID, by.ID)
			s.hub.Left(s.lobby().ID, by.ID)
			return err
		},
		"the session's end": func(s *site, _ parlour.Identity, token string) error {
			return s.store.Sessions().Delete(stored(token))
		},
	} {
		t.Run(name, func(t *testing.T) {
			sessions := &interrupted{}
			s := open(t, plan{options: func(o *handlers.Options) {
				sessions.CtxStore = o.Sessions.(scs.CtxStore)
				o.Sessions = sessions
			}})
			v := s.guest()
			v.say("whoami")
			by := parlour.Identity{ID: s.messages()[0].Author.ID}
			token := v.session()
			happen := func(nth int64) {
				if nth != 2 { // a stream looks twice
					return
				}
				if err := withdraw(s, by, token); err != nil {
					t.Error(err)
				}
			}
			sessions.happen.Store(&happen)
			if got := v.status(http.MethodGet, "/rooms/lobby/events", nil); got != http.StatusForbidden && got != http.StatusUnauthorized {
				t.Errorf("the stream is answered %d", got)
			}
			if n := s.hub.Streams(); n != 0 {
				t.Errorf("%d streams are open", n)
			}
			if _, found, _ := s.store.Sessions().Find(stored(token)); found && name == "the session's end" {
				t.Error("the stream brought the session back")
			}
		})
	}
}

func TestStreamStoresNoSession(t *testing.T) {
	onEachTransport(t, plan{}, func(t *testing.T, s *site) {
		v := s.guest()
		before, _, err := s.store.Sessions().Find(stored(v.session()))
		if err != nil {
			t.Fatal(err)
		}
		stream := v.stream("/rooms/lobby/events")
		stream.next()
		if err := s.store.Sessions().Delete(stored(v.session())); err != nil {
			t.Fatal(err)
		}
		s.guest().say("hello")
		stream.change()
		if after, found, err := s.store.Sessions().Find(stored(v.session())); found || err != nil {
			t.Errorf("the session is back: %q, was %q (%v)", after, before, err)
		}
	})
}
