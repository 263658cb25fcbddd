package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
	"parlour/events"
	"parlour/views"
)

func TestStreamBeginsAtOnceAndGoesOn(t *testing.T) {
	onEachTransport(t, plan{}, func(t *testing.T, s *site) {
		v := s.guest()
		v.say("first")
		stream := v.stream("/rooms/lobby/events")
		if got, want := stream.response.ProtoMajor, 1+strings.Count(t.Name(), "HTTP/2"); got != want {
			t.Fatalf("the stream came over HTTP/%d", got)
		}
		for key, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no",
			"X-Content-Type-Options": "nosniff", "Content-Encoding": "", "Content-Length": "", "Set-Cookie": "",
		} {
			if got := stream.response.Header.Get(key); got != want {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
		}
		if hello := stream.next(); hello.name != "hello" || hello.id != "1" || hello.retry == "" || hello.data != "1\n" {
			t.Errorf("the stream begins with %+v", hello)
		}
		v.say("second")
		if e := stream.change(); e.id != "2" || !strings.Contains(e.data, `<article id="m-2"`) || !strings.Contains(e.data, "second") {
			t.Errorf("then came %+v", e)
		}
		if _, err := s.store.Edit(t.Context(), parlour.Revision{Room: s.lobby().ID, Seq: 1, Kind: parlour.KindMessage, Body: "edited", At: time.Now()}, parlour.LogEntry{}); err != nil {
			t.Fatal(err)
		}
		if e := stream.change(); e.id != "3" || !strings.Contains(e.data, `hx-target="#m-1" hx-swap="outerMorph"`) || !strings.Contains(e.data, "edited") {
			t.Errorf("then came %+v", e)
		}
		if _, err := s.store.Delete(t.Context(), s.lobby().ID, 2, parlour.NoStub, time.Now()); err != nil {
			t.Fatal(err)
		}
		if e := stream.change(); e.id != "4" || !strings.Contains(e.data, `hx-target="#m-2" hx-swap="delete"`) {
			t.Errorf("then came %+v", e)
		}
	})
}

func TestStreamGoesOnWhereTheReaderIs(t *testing.T) {
	onEachTransport(t, plan{}, func(t *testing.T, s *site) {
		v := s.guest()
		for range 6 {
			v.say("hello")
		}
		for _, c := range []struct {
			after, last string
			first       string // number of the first change that comes
		}{
			{"?after=0", "", "1"},
			{"?after=3", "", "4"},
			{"?after=5", "", "6"},
			{"?after=1", "4", "5"}, // what the browser saw wins over the page's address
			{"?after=nonsense", "5", "6"},
			{"", "2", "3"},
			{"?after=2", "0", "1"},
		} {
			var fields []string
			if c.last != "" {
				fields = []string{"Last-Event-ID", c.last}
			}
			if e := v.stream("/rooms/lobby/events"+c.after, fields...).change(); e.id != c.first {
				t.Errorf("with %q and Last-Event-ID %q the first change is %q, want %s", c.after, c.last, e.id, c.first)
			}
		}
	})
}

func TestCursorThatIsNoneIsRefused(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	v.say("hello")
	cursors := []string{"-1", "+1", "1" + strings.Repeat("0", 30), "text", "1.5", "0x1", "1e3", "٣", "1,2", "null", strings.Repeat("9", 5000)}
	for _, cursor := range cursors {
		// The address stands once more in the link to each language.
		longest := 10_000 + len(views.Languages())*len(cursor)
		for what, a := range map[string]answer{
			"Last-Event-ID":          v.get("/rooms/lobby/events", "Last-Event-ID", cursor),
			"Last-Event-ID by htmx":  v.get("/rooms/lobby/events?after=1", "Last-Event-ID", cursor, "HX-Request", "true"),
			"?after":                 v.get("/rooms/lobby/events?" + url.Values{"after": {cursor}}.Encode()),
			"?before of the room":    v.get("/rooms/lobby?" + url.Values{"before": {cursor}}.Encode()),
			"?before of older":       v.get("/rooms/lobby/messages?" + url.Values{"before": {cursor}}.Encode()),
			"the number of hide.css": v.get("/hide.css?" + url.Values{"m": {cursor}}.Encode()),
		} {
			if a.status != http.StatusBadRequest || !strings.Contains(a.body, "is not a number") || len(a.body) > longest {
				t.Errorf("%s %.40q answers %d: %.200s", what, cursor, a.status, a.body)
			}
		}
	}
	for _, path := range []string{"/rooms/lobby/events?after=", "/rooms/lobby?before=", "/rooms/lobby/messages?before="} {
		if got := v.status(http.MethodGet, path, nil); got != http.StatusBadRequest {
			t.Errorf("%s answers %d", path, got)
		}
	}
	if n := s.hub.Streams(); n != 0 {
		t.Errorf("%d streams are open", n)
	}
}

func TestReaderWhoIsTooFarOffStartsAfresh(t *testing.T) {
	s := open(t, plan{live: events.Options{CatchUp: 3}})
	v := s.guest()
	for range 10 {
		v.say("hello")
	}
	for _, cursor := range []string{"2", "11", "9223372036854775807"} { // far behind, ahead, and as far as it goes
		stream := v.stream("/rooms/lobby/events", "Last-Event-ID", cursor)
		stream.next()
		if e := stream.next(); e.name != "reset" || e.data != "10\n" {
			t.Errorf("a reader at %s gets %+v", cursor, e)
		}
		if e := stream.change(); e.id != "10" || !strings.Contains(e.data, `hx-target="#history"`) || strings.Count(e.data, "<article") != 10 {
			t.Errorf("a reader at %s starts afresh with %.100s", cursor, e.data)
		}
	}
}

func TestNothingFallsBetweenPageAndStream(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	v.say("on the page")
	page := v.get("/rooms/lobby")
	if !strings.Contains(page.body, "on the page") || !strings.Contains(page.body, `hx-sse:connect="/rooms/lobby/events?after=1"`) {
		t.Fatalf("the page does not say where it ends: %s", page.body)
	}
	v.say("between")
	if e := v.stream("/rooms/lobby/events?after=1").change(); e.id != "2" || !strings.Contains(e.data, "between") {
		t.Errorf("the stream goes on with %+v", e)
	}
}

func TestQuietStreamHasAHeartbeat(t *testing.T) {
	// The time that the server gives for a request has to be enough for one, also
	// where the machine is slow, and is over when the last heartbeat comes.
	const readTimeout = 3 * time.Second
	p := plan{
		live:  events.Options{Heartbeat: time.Millisecond, JoinGrace: time.Hour},
		serve: func(s *httptest.Server) { s.Config.ReadTimeout = readTimeout },
	}
	onEachTransport(t, p, func(t *testing.T, s *site) {
		stream := s.guest().stream("/rooms/lobby/events")
		opened, beats := time.Now(), 0
		for beats == 0 || time.Since(opened) < readTimeout {
			e := stream.next()
			if e.ended {
				t.Fatalf("the stream has ended after %d heartbeats", beats)
			}
			if e == (event{}) {
				beats++
			}
		}
	})
}

func TestAskingAboutAStreamOpensNone(t *testing.T) {
	onEachTransport(t, plan{}, func(t *testing.T, s *site) {
		v := s.guest()
		for path, contentType := range map[string]string{"/events": "text/event-stream", "/live": "text/html; charset=utf-8"} {
			a := v.ask(v.request(t.Context(), http.MethodHead, "/rooms/lobby"+path, nil))
			if a.status != http.StatusOK || a.header.Get("Content-Type") != contentType {
				t.Errorf("HEAD %s answers %d with %v", path, a.status, a.header)
			}
		}
		if n, present := s.hub.Streams(), s.hub.Present(s.lobby().ID); n != 0 || present != 0 {
			t.Errorf("%d streams are open, %d people are present", n, present)
		}
	})
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	s := open(t, plan{live: events.Options{StreamsPerPerson: 2}})
	v := s.guest()
	first := v.stream("/rooms/lobby/events")
	first.next()
	v.stream("/rooms/lobby/live")
	for _, path := range []string{"/rooms/lobby/events", "/rooms/lobby/live"} {
		if a := v.get(path); a.status != http.StatusTooManyRequests || !strings.Contains(a.body, "close some tabs") {
			t.Errorf("%s answers %d: %.200s", path, a.status, a.body)
		}
	}
	s.guest().stream("/rooms/lobby/events").next()
}

func TestClosingHouseRefusesStreams(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	stream := v.stream("/rooms/lobby/events")
	stream.next()
	s.hub.Drain(t.Context(), 0)
	for e := stream.next(); !e.ended; e = stream.next() {
	}
	for _, path := range []string{"/rooms/lobby/events", "/rooms/lobby/live"} {
		if a := v.get(path); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "restarting") {
			t.Errorf("%s answers %d: %.200s", path, a.status, a.body)
		}
	}
	v.say("posts in flight are taken")
}

func TestPageThatNeverEndsBringsMessages(t *testing.T) {
	onEachTransport(t, plan{}, func(t *testing.T, s *site) {
		v := s.guest()
		v.say("from before")
		stream := v.stream("/rooms/lobby/live")
		policy := stream.response.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "script-src 'none'") || !strings.Contains(policy, "frame-ancestors 'self'") {
			t.Errorf("its policy is %q", policy)
		}
		until := func(text string) (read string) {
			t.Helper()
			for !strings.Contains(read, text) {
				c, err := stream.lines.ReadByte()
				if err != nil {
					t.Fatalf("it ended after %q", read)
				}
				read += string(c)
			}
			return read
		}
		if head := until("from before"); !strings.HasPrefix(head, "<!DOCTYPE html>") || !strings.Contains(head, `<meta http-equiv="refresh"`) {
			t.Errorf("it begins with %s", head)
		}
		v.say("while it is open")
		until("while it is open")
		v.post("/rooms/lobby/leave", nil)
		until("You have left this room.")
		for {
			if _, err := stream.lines.ReadByte(); err != nil {
				break
			}
		}
	})
}
