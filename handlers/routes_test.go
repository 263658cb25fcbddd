package handlers_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"parlour/assets"
)

// way is who gets what at a route: statuses.
type way struct {
	visitor  int // without a session
	outsider int // with a session, without a seat in the room
	guest    int // with a seat
	nowhere  int // with a seat elsewhere, when there is no such room; 0 where the address names none
	path     string
	form     url.Values
}

const (
	ok       = http.StatusOK
	seeOther = http.StatusSeeOther
	found    = http.StatusFound
	unknown  = http.StatusUnauthorized
	shut     = http.StatusForbidden
	missing  = http.StatusNotFound
)

// ways has a row for each route of the house.
var ways = map[string]way{
	"GET /":                       {visitor: ok, outsider: ok, guest: ok},
	"GET /healthz":                {visitor: ok, outsider: ok, guest: ok},
	"GET /readyz":                 {visitor: ok, outsider: ok, guest: ok},
	"GET /favicon.ico":            {visitor: found, outsider: found, guest: found},
	"GET /assets/*":               {visitor: ok, outsider: ok, guest: ok, path: assets.Path("app.css")},
	"HEAD /assets/*":              {visitor: ok, outsider: ok, guest: ok, path: assets.Path("app.css")},
	"GET /hide.css":               {visitor: ok, outsider: ok, guest: ok},
	"GET /rooms/{room}/own.css":   {visitor: ok, outsider: ok, guest: ok, nowhere: ok}, // tells nothing of the room
	"GET /rooms/{room}/events":    {visitor: unknown, outsider: shut, guest: ok, nowhere: missing},
	"GET /rooms/{room}/live":      {visitor: unknown, outsider: shut, guest: ok, nowhere: missing},
	"GET /rooms/{room}":           {visitor: seeOther, outsider: ok, guest: ok, nowhere: missing}, // who left comes back
	"GET /rooms/{room}/join":      {visitor: ok, outsider: ok, guest: ok, nowhere: missing},
	"POST /rooms/{room}/join":     {visitor: seeOther, outsider: seeOther, guest: seeOther, nowhere: missing, form: url.Values{"name": {"somebody"}}},
	"POST /rooms/{room}/leave":    {visitor: seeOther, outsider: seeOther, guest: seeOther, nowhere: missing},
	"GET /rooms/{room}/messages":  {visitor: unknown, outsider: shut, guest: ok, nowhere: missing},
	"POST /rooms/{room}/messages": {visitor: unknown, outsider: shut, guest: seeOther, nowhere: missing, form: url.Values{"body": {"hello"}}},
	"GET /rooms/{room}/compose":   {visitor: unknown, outsider: shut, guest: ok, nowhere: missing},
	"POST /rooms/{room}/compose":  {visitor: unknown, outsider: shut, guest: seeOther, nowhere: missing, form: url.Values{"body": {"hello"}}},
	"GET /rooms/{room}/people":    {visitor: unknown, outsider: shut, guest: ok, nowhere: missing},
}

// eachRoute walks the house's routes.
func eachRoute(t *testing.T, s *site, visit func(method, route string, w way)) {
	t.Helper()
	seen := make(map[string]bool)
	err := chi.Walk(s.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		key := method + " " + route
		w, ok := ways[key]
		if !ok {
			t.Errorf("%s: who is let in there is not written down", key)
			return nil
		}
		seen[key] = true
		if w.path == "" {
			w.path = route
		}
		w.form = maps.Clone(w.form)
		visit(method, route, w)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range ways {
		if !seen[key] {
			t.Errorf("%s is written down and is no route", key)
		}
	}
}

// status asks for the status alone: some answers never end.
func (v *visitor) status(method, path string, form url.Values, fields ...string) int {
	v.t.Helper()
	if form.Has("name") { // which nobody else may have
		form.Set("name", fmt.Sprint("somebody ", guests.Add(1)))
	}
	ctx, cancel := context.WithCancel(v.t.Context())
	defer cancel()
	r := v.request(ctx, method, path, strings.NewReader(form.Encode()), fields...)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r.Body, r.ContentLength = nil, 0
	}
	response, err := v.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func at(path, room string) string { return strings.ReplaceAll(path, "{room}", room) }

func TestEveryRouteLetsInWhomItShould(t *testing.T) {
	s := open(t, plan{})
	eachRoute(t, s, func(method, route string, w way) {
		for who, c := range map[string]struct {
			v    *visitor
			want int
		}{
			"a visitor": {s.visitor(), w.visitor}, "an outsider": {s.outsider(), w.outsider}, "a guest": {s.guest(), w.guest},
		} {
			if got := c.v.status(method, at(w.path, "lobby"), w.form); got != c.want {
				t.Errorf("%s %s answers %s with %d, want %d", method, route, who, got, c.want)
			}
			if method != http.MethodGet { // HEAD changes nothing, so the same visitor will do
				continue
			}
			if got := c.v.status(http.MethodHead, at(w.path, "lobby"), nil); got != c.want && who != "an outsider" {
				t.Errorf("HEAD %s answers %s with %d, want %d", route, who, got, c.want)
			}
		}
		if w.nowhere != 0 {
			if got := s.guest().status(method, at(w.path, "cellar"), w.form); got != w.nowhere {
				t.Errorf("%s %s answers %d where there is no room, want %d", method, route, got, w.nowhere)
			}
		} else if strings.Contains(route, "{room}") {
			t.Errorf("%s %s: what there is where no room is has to be written down", method, route)
		}
	})
}

func TestEveryFormOfAnotherSiteIsRefused(t *testing.T) {
	s := open(t, plan{})
	eachRoute(t, s, func(method, route string, w way) {
		for _, fields := range [][]string{
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			{"Sec-Fetch-Site", "same-site"},
			{"Origin", "https://evil.example"},
			{"Origin", "null"},
		} {
			want := w.guest
			if method == http.MethodPost {
				want = shut
			}
			if got := s.guest().status(method, at(w.path, "lobby"), w.form, fields...); got != want {
				t.Errorf("%s %s from elsewhere (%q) answers %d, want %d", method, route, fields, got, want)
			}
		}
	})
	if kept := s.messages(); len(kept) > 0 {
		t.Errorf("another site could say %+v", kept)
	}
}

func TestFormsOfTheHouseItselfAreTaken(t *testing.T) {
	public := &url.URL{Scheme: "http", Host: "chat.example"}
	s := open(t, plan{options: withPublicURL(public)})
	for _, fields := range [][]string{
		{},
		{"Sec-Fetch-Site", "same-origin", "Origin", s.URL},
		{"Sec-Fetch-Site", "none"},
		{"Origin", s.URL},
		{"Origin", public.String()}, // a proxy gave us another Host
	} {
		if got := s.guest().status(http.MethodPost, "/rooms/lobby/messages", url.Values{"body": {"hi"}}, fields...); got != seeOther {
			t.Errorf("a form of our own (%q) answers %d", fields, got)
		}
	}
}

func TestWrongMethodIsToldTheRightOnes(t *testing.T) {
	s := open(t, plan{})
	allowed := make(map[string][]string)
	eachRoute(t, s, func(method, route string, _ way) {
		if method == http.MethodGet {
			allowed[route] = append(allowed[route], http.MethodHead)
		}
		allowed[route] = append(allowed[route], method)
	})
	v := s.guest()
	for route, methods := range allowed {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodTrace, "BREW"} {
			if slices.Contains(methods, method) {
				continue
			}
			path := at(strings.ReplaceAll(route, "/*", "/app.css"), "lobby")
			a := v.ask(v.request(t.Context(), method, path, nil))
			got := slices.Sorted(slices.Values(a.header.Values("Allow")))
			want := slices.Compact(slices.Sorted(slices.Values(methods)))
			if a.status != http.StatusMethodNotAllowed || !slices.Equal(got, want) {
				t.Errorf("%s %s answers %d and allows %q, want 405 and %q", method, path, a.status, got, want)
			}
			if !strings.Contains(a.body, "There is no page at this address") {
				t.Errorf("%s %s is no page that says why", method, path)
			}
		}
	}
}

func TestNoPageIsAPageToo(t *testing.T) {
	s := open(t, plan{})
	for _, path := range []string{"/nothing", "/rooms", "/rooms/", "/rooms/lobby/", "/rooms/lobby/nothing", "//rooms/lobby", "/assets/nothing.css", "/%00"} {
		a := s.visitor().get(path)
		if a.status != missing || a.header.Get("Content-Security-Policy") == "" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s answers %d with %v", path, a.status, a.header)
		}
	}
}
