package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// eachRoute walks the house's routes.
func eachRoute(t *testing.T, s *site, visit func(method, route string)) {
	t.Helper()
	err := chi.Walk(s.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		visit(method, route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const (
	seeOther = http.StatusSeeOther
	shut     = http.StatusForbidden
	missing  = http.StatusNotFound
)

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

func TestEveryRouteLetsInWhomItShould(t *testing.T) {
	w := newWalk(t)
	ways := readWays(t)
	s := w.site
	eachRoute(t, s, func(method, route string) {
		want, ok := ways[method+" "+route]
		if !ok {
			t.Errorf("%s %s: who is let in there is not written down", method, route)
			return
		}
		delete(ways, method+" "+route)
		room := w.room()
		for _, who := range walkers {
			if method == http.MethodPost { // which changes what the next would find
				room = w.room()
			}
			v := w.walker(who, room)
			path, form := w.address(route, room), w.form(method, route)
			if got := v.status(method, path, form); got != want[who] {
				t.Errorf("%s %s answers %s with %d, want %d", method, route, who, got, want[who])
			}
			if method != http.MethodGet {
				continue
			}
			if got := v.status(http.MethodHead, path, nil); got != want[who] {
				t.Errorf("HEAD %s answers %s with %d, want %d", route, who, got, want[who])
			}
		}
		if !strings.Contains(route, "{room}") {
			return
		}
		for _, nowhere := range []string{"cellar", "vault"} { // one that never was, and one that is hidden
			path := w.address(strings.ReplaceAll(route, "{room}", nowhere), room)
			if got := s.guest().status(method, path, w.form(method, route)); got != want["nowhere"] {
				t.Errorf("%s %s answers %d where no room can be seen, want %d", method, path, got, want["nowhere"])
			}
		}
	})
	for key := range ways {
		t.Errorf("%s is written down and is no route", key)
	}
}

func TestEveryFormOfAnotherSiteIsRefused(t *testing.T) {
	w := newWalk(t)
	room := w.room()
	admin := w.walker("admin", room)
	before, err := w.store.Page(t.Context(), room.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	eachRoute(t, w.site, func(method, route string) {
		path, form := w.address(route, room), w.form(method, route)
		want := shut
		if method != http.MethodPost {
			want = admin.status(method, path, nil)
		}
		for _, fields := range [][]string{
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			{"Sec-Fetch-Site", "same-site"},
			{"Origin", "https://evil.example"},
			{"Origin", "null"},
		} {
			if got := admin.status(method, path, form, fields...); got != want {
				t.Errorf("%s %s from elsewhere (%q) answers %d, want %d", method, route, fields, got, want)
			}
		}
	})
	if after, err := w.store.Page(t.Context(), room.ID, 0, 100); err != nil || len(after.Messages) != len(before.Messages)+w.told {
		t.Errorf("another site could say something: %+v, %v", after.Messages, err)
	}
	if !admin.isSignedIn() {
		t.Error("another site could sign somebody out")
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
	eachRoute(t, s, func(method, route string) {
		if strings.HasPrefix(route, "/admin") {
			return // where nobody else is told anything: TestWrongMethodTellsNothingOfWhatAdminsHave
		}
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
			path := strings.NewReplacer("/*", "/app.css", "{room}", "lobby").Replace(route)
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
