package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
	"parlour/db"
	"parlour/events"
	"parlour/handlers"
	"parlour/views"
)

// site is the whole house behind a real HTTP server.
type site struct {
	*httptest.Server
	t       testing.TB
	store   *db.Store
	hub     *events.Hub
	handler http.Handler
	faults  atomic.Int64 // what was logged as an error
}

// plan is how a site is to be, where it is not the usual.
type plan struct {
	options func(*handlers.Options)
	live    events.Options
	rules   parlour.Rules
	// over stands in for the store of the house, which it may be made of.
	over func(parlour.Store) parlour.Store
	// serve starts the server; the usual one speaks HTTP/1.1 without TLS.
	serve func(*httptest.Server)
	// troubled is set where things are broken on purpose: then errors in the
	// log are no failure.
	troubled bool
}

func open(t testing.TB, p plan) *site {
	t.Helper()
	s := &site{t: t}
	log := slog.New(faultCounter{s})
	renderer := handlers.NewRenderer(time.UTC)
	var err error
	s.store, err = db.Open(t.Context(), filepath.Join(t.TempDir(), "parlour.db"), db.Options{
		OnCommit:  func(changes []parlour.Change) { s.hub.Publish(changes) },
		OnControl: func(controls []parlour.Control) { s.hub.PublishControls(controls) }, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	var house *parlour.House
	opener := func(sub events.Subscription) parlour.Identity {
		return parlour.Identity{Kind: sub.Kind, ID: sub.Person.ID, Name: sub.Person.Name, Addr: sub.Addr, Session: sub.Session}
	}
	if p.live.Authorize == nil {
		p.live.Authorize = func(ctx context.Context, sub events.Subscription) error {
			return house.MayStay(ctx, opener(sub), sub.Slug)
		}
	}
	if p.rules.Policy != nil {
		p.live.Consult = func(ctx context.Context, sub events.Subscription) error {
			return house.MayStayByPolicy(ctx, opener(sub), sub.Slug)
		}
	}
	p.live.Store, p.live.Renderer, p.live.Log = s.store, renderer, log
	if s.hub, err = events.NewHub(p.live); err != nil {
		t.Fatal(err)
	}
	var kept parlour.Store = s.store
	if p.over != nil {
		kept = p.over(kept)
	}
	p.rules.MentionsAt = views.MentionsAt
	house = parlour.NewHouse(kept, s.hub, p.rules)
	o := handlers.Options{
		House: house, Hub: s.hub, Renderer: renderer,
		Sessions: s.store.Sessions(), Ready: s.store.Ping, Log: log,
	}
	if p.options != nil {
		p.options(&o)
	}
	s.handler = handlers.New(o)
	s.Server = httptest.NewUnstartedServer(s.handler)
	s.Config.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelError)
	if p.serve != nil {
		p.serve(s.Server)
	} else {
		s.Start()
	}
	t.Cleanup(func() {
		s.hub.Close()
		s.CloseClientConnections()
		s.Close()
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
		if n := s.faults.Load(); n > 0 && !p.troubled {
			t.Errorf("%d errors were logged", n)
		}
	})
	return s
}

// faultCounter is a log that shows and counts the errors in it.
type faultCounter struct{ *site }

func (f faultCounter) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}

func (f faultCounter) Handle(_ context.Context, r slog.Record) error {
	// Clients that shake no hands are the tests' own.
	if strings.Contains(r.Message, "TLS handshake error") {
		return nil
	}
	f.faults.Add(1)
	r.Attrs(func(a slog.Attr) bool {
		r.Message += " " + a.String()
		return true
	})
	f.t.Log(r.Message)
	return nil
}

func (f faultCounter) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f faultCounter) WithGroup(string) slog.Handler      { return f }

// visitor is a browser: it keeps cookies and follows no redirect.
type visitor struct {
	*http.Client
	site *site
	t    testing.TB
	// header goes with each request.
	header http.Header
}

func (s *site) visitor() *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{site: s, t: s.t, header: make(http.Header), Client: &http.Client{
		Transport: s.Client().Transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var guests atomic.Int64

// guest is a visitor who has joined the lobby, under a name of their own.
func (s *site) guest() *visitor {
	s.t.Helper()
	v := s.visitor()
	a := v.post("/rooms/lobby/join", url.Values{"name": {fmt.Sprint("guest ", guests.Add(1))}})
	if a.status != http.StatusSeeOther {
		s.t.Fatalf("joining answers %d: %s", a.status, a.body)
	}
	return v
}

// outsider is a guest who has left the lobby again.
func (s *site) outsider() *visitor {
	s.t.Helper()
	v := s.guest()
	if a := v.post("/rooms/lobby/leave", nil); a.status != http.StatusSeeOther {
		s.t.Fatalf("leaving answers %d: %s", a.status, a.body)
	}
	return v
}

// answer is a whole answer.
type answer struct {
	status int
	header http.Header
	body   string
}

// request makes a request of this visitor; the header fields are pairs.
func (v *visitor) request(ctx context.Context, method, path string, body io.Reader, fields ...string) *http.Request {
	v.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, v.site.URL+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	for key, values := range v.header {
		r.Header[key] = values
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

func (v *visitor) ask(r *http.Request) answer {
	v.t.Helper()
	response, err := v.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{status: response.StatusCode, header: response.Header, body: string(body)}
}

func (v *visitor) get(path string, fields ...string) answer {
	v.t.Helper()
	return v.ask(v.request(v.t.Context(), http.MethodGet, path, nil, fields...))
}

func (v *visitor) post(path string, form url.Values, fields ...string) answer {
	v.t.Helper()
	r := v.request(v.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()), fields...)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.ask(r)
}

// say posts to the lobby as a browser without JavaScript does.
func (v *visitor) say(body string) {
	v.t.Helper()
	if a := v.post("/rooms/lobby/messages", url.Values{"body": {body}}); a.status != http.StatusSeeOther {
		v.t.Fatalf("saying %.40q answers %d", body, a.status)
	}
}

// session is the value of the session's cookie, or empty.
func (v *visitor) session() string {
	v.t.Helper()
	here, err := url.Parse(v.site.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, cookie := range v.Jar.Cookies(here) {
		if cookie.Name == "parlour" {
			return cookie.Value
		}
	}
	return ""
}

// messages are the newest of the lobby, as they are kept.
func (s *site) messages() []parlour.Message {
	s.t.Helper()
	page, err := s.store.Page(s.t.Context(), s.lobby().ID, 0, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return page.Messages
}

func (s *site) lobby() parlour.Room {
	s.t.Helper()
	room, err := s.store.Room(s.t.Context(), "lobby")
	if err != nil {
		s.t.Fatal(err)
	}
	return room
}

// failing is a store that answers some questions with an error.
type failing struct {
	parlour.Store
	err atomic.Pointer[error] // what Post, TakeSeat and Page answer
}

func (f *failing) fail(err error) { f.err.Store(&err) }

func (f *failing) trouble() error {
	if err := f.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (f *failing) Post(ctx context.Context, m parlour.NewMessage) (parlour.Message, bool, error) {
	if err := f.trouble(); err != nil {
		return parlour.Message{}, false, err
	}
	return f.Store.Post(ctx, m)
}

func (f *failing) TakeSeat(ctx context.Context, seat parlour.Seat, staleBefore time.Time) (parlour.Seat, error) {
	seat, err := f.Store.TakeSeat(ctx, seat, staleBefore)
	return seat, errors.Join(f.trouble(), err)
}

func (f *failing) Page(ctx context.Context, room int64, before parlour.Seq, limit int) (parlour.Page, error) {
	page, err := f.Store.Page(ctx, room, before, limit)
	return page, errors.Join(f.trouble(), err)
}

// panicking is a store with a fault in it.
type panicking struct{ parlour.Store }

func (panicking) Standings(context.Context, parlour.Identity, time.Time) ([]parlour.RoomStanding, error) {
	panic("boom")
}
