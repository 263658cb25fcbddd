package handlers

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"parlour"
	"parlour/db"
	"parlour/events"
)

// orderedHouse is a whole house over HTTP, as the program puts it together.
type orderedHouse struct {
	t      *testing.T
	store  *db.Store
	hub    *events.Hub
	house  *parlour.House
	server *httptest.Server
	tokens *formTokens
}

func openOrdered(t *testing.T, rules parlour.Rules) *orderedHouse {
	t.Helper()
	h := &orderedHouse{t: t}
	log := slog.New(slog.DiscardHandler)
	var err error
	h.store, err = db.Open(t.Context(), filepath.Join(t.TempDir(), "parlour.db"), db.Options{
		OnCommit: func(changes []parlour.Change) { h.hub.Publish(changes) }, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	renderer := NewRenderer(time.UTC)
	h.hub, err = events.NewHub(events.Options{
		Store: h.store, Renderer: renderer, Log: log,
		Authorize: func(ctx context.Context, sub events.Subscription) error {
			return h.house.MayStay(ctx, parlour.Identity{
				Kind: sub.Kind, ID: sub.Person.ID, Name: sub.Person.Name, Addr: sub.Addr, Session: sub.Session,
			}, sub.Slug)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.house = parlour.NewHouse(h.store, h.hub, rules)
	key := []byte("a key")
	h.tokens = newFormTokens(key, h.house.UseOnce)
	h.server = httptest.NewServer(New(Options{
		House: h.house, Hub: h.hub, Renderer: renderer, Sessions: h.store.Sessions(), FormKey: key, Log: log,
	}))
	t.Cleanup(func() {
		h.hub.Close()
		h.server.Close()
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// somebody is a browser without JavaScript that follows no redirects.
type somebody struct {
	*orderedHouse
	client *http.Client
}

func (h *orderedHouse) somebody() *somebody {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &somebody{orderedHouse: h, client: client}
}

type page struct {
	status int
	to     string // where it redirects
	body   string
}

func (s *somebody) do(method, path string, form url.Values, headers ...string) page {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return page{status: resp.StatusCode, to: resp.Header.Get("Location"), body: html.UnescapeString(string(body))}
}

func (s *somebody) get(path string, headers ...string) page {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil, headers...)
}

func (s *somebody) post(path string, fields ...string) page {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return s.do(http.MethodPost, path, form)
}

func (s *somebody) want(got page, status int, parts ...string) {
	s.t.Helper()
	if got.status != status {
		s.t.Fatalf("answered %d, want %d:\n%s", got.status, status, got.body)
	}
	for _, part := range parts {
		if !strings.Contains(got.body+got.to, part) {
			s.t.Errorf("no %q in\n%s%s", part, got.to, got.body)
		}
	}
}

func (h *orderedHouse) guest(name string) *somebody {
	h.t.Helper()
	s := h.somebody()
	s.want(s.post("/rooms/lobby/join", "name", name), http.StatusSeeOther)
	return s
}

// moderator signs up and is made one in the lobby.
func (h *orderedHouse) moderator(name string) *somebody {
	h.t.Helper()
	s := h.guest(name)
	s.want(s.post("/signup", "email", name+"@example.org", "password", "correct horse battery", "name", name), http.StatusSeeOther)
	err := h.store.SetRole(h.t.Context(), h.lobby().ID, s.id(), parlour.Moderator, false, parlour.LogEntry{At: time.Now()})
	if err != nil {
		h.t.Fatal(err)
	}
	s.want(s.get("/rooms/lobby"), http.StatusOK, `href="/rooms/lobby/moderation"`)
	return s
}

func (h *orderedHouse) lobby() parlour.Room {
	h.t.Helper()
	room, err := h.store.Room(h.t.Context(), "lobby")
	if err != nil {
		h.t.Fatal(err)
	}
	return room
}

var ownID = regexp.MustCompile(`own\.css\?.*?id=(\w+)`)

// id is the person's, as their own page tells it.
func (s *somebody) id() string {
	s.t.Helper()
	found := ownID.FindStringSubmatch(s.get("/rooms/lobby").body)
	if found == nil {
		s.t.Fatal("the room's page does not tell whose it is")
	}
	return found[1]
}

func (s *somebody) says(body string) {
	s.t.Helper()
	s.want(s.post("/rooms/lobby/messages", "body", body), http.StatusSeeOther)
}
