package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parlour"
)

// below are all addresses below a room.
var below = []struct{ method, path string }{
	{"GET", ""}, {"GET", "/join"}, {"POST", "/join"}, {"POST", "/leave"},
	{"GET", "/messages"}, {"POST", "/messages"}, {"GET", "/messages/1"}, {"POST", "/messages/1/report"},
	{"POST", "/messages/1/delete"}, {"GET", "/compose"}, {"POST", "/compose"}, {"POST", "/draft"}, {"GET", "/people"},
	{"GET", "/people/pnobody"}, {"GET", "/events"}, {"GET", "/live"},
	{"GET", "/settings"}, {"POST", "/settings"}, {"POST", "/archive"}, {"POST", "/reopen"}, {"POST", "/delete"},
	{"GET", "/members"}, {"POST", "/members"}, {"POST", "/members/pnobody"},
	{"GET", "/invitations"}, {"POST", "/invitations"}, {"POST", "/invitations/1/revoke"},
	{"GET", "/moderation"}, {"GET", "/moderation/log"}, {"POST", "/moderation/sanctions"},
	{"POST", "/moderation/sanctions/1/lift"}, {"POST", "/moderation/purge"}, {"POST", "/moderation/held/1"},
	{"POST", "/moderation/reports/1"}, {"POST", "/moderation/waiting/pnobody"}, {"POST", "/moderation/filters"},
	{"POST", "/moderation/filters/1/remove"},
}

var (
	slugs    = regexp.MustCompile(`cellar|nowhere`)
	nonces   = regexp.MustCompile(`[A-Z2-7]{26}`)
	idsShown = regexp.MustCompile(`[[:xdigit:]/]+-\d{6}`)
)

// same is what two answers have in common when nobody can tell them apart.
func same(a answer) string {
	body := nonces.ReplaceAllString(slugs.ReplaceAllString(a.body, "ROOM"), "NONCE")
	csp := nonces.ReplaceAllString(a.header.Get("Content-Security-Policy"), "NONCE")
	return strings.Join([]string{a.header.Get("Location"), a.header.Get("Content-Type"), csp, idsShown.ReplaceAllString(body, "ID")}, "\n")
}

func TestHiddenRoomIsLikeNoRoomOnEveryRoute(t *testing.T) {
	s := open(t, plan{})
	owner := s.admin("Owner")
	owner.create("cellar", "password", "open sesame")
	barred := s.guest()
	store(t, s, parlour.Sanction{Kind: parlour.Ban, Address: "127.0.0.1", Name: "x"})
	for name, v := range map[string]*visitor{
		"a visitor": s.visitor(), "a member": s.member("Mia"), "somebody who is banned": barred,
	} {
		for _, at := range below {
			form := url.Values{"name": {"Nora"}, "body": {"hello"}, "confirm": {"cellar"}, "role": {"owner"}, "member": {"Mia"}, "kind": {"word"}, "act": {"mask"}, "pattern": {"x"}, "person": {"pnobody"}, "span": {"1h"}, "uses": {"1"}}
			ask := func(room string) answer {
				if at.method == http.MethodGet {
					return v.get("/rooms/" + room + at.path)
				}
				return v.post("/rooms/"+room+at.path, form)
			}
			hidden, missing := ask("cellar"), ask("nowhere")
			if hidden.status != http.StatusNotFound || missing.status != http.StatusNotFound {
				t.Errorf("%s: %s %s answers %d for a hidden and %d for no room", name, at.method, at.path, hidden.status, missing.status)
			} else if same(hidden) != same(missing) {
				t.Errorf("%s: %s %s tells a hidden room from none:\n%s\n---\n%s", name, at.method, at.path, same(hidden), same(missing))
			}
		}
		htmx := func(room string) answer { return v.get("/rooms/"+room+"/events", "HX-Request", "true") }
		if hidden, missing := htmx("cellar"), htmx("nowhere"); same(hidden) != same(missing) {
			t.Errorf("%s: the stream tells a hidden room from none:\n%s\n---\n%s", name, same(hidden), same(missing))
		}
		if strings.Contains(v.get("/").body, "cellar") {
			t.Errorf("the lobby shows %s the room", name)
		}
	}
}

// store puts a sanction in force.
func store(t testing.TB, s *site, sanction parlour.Sanction) {
	t.Helper()
	_, err := s.store.Sanction(t.Context(), sanction, parlour.LogEntry{Act: parlour.ActBan})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWrongMethodTellsNothingOfWhatAdminsHave(t *testing.T) {
	s := open(t, plan{})
	for name, v := range map[string]*visitor{"a visitor": s.visitor(), "a guest": s.guest(), "a member": s.member("Mia")} {
		for _, path := range []string{"/admin", "/admin/rooms", "/admin/people/pnobody", "/admin/moderation/log"} {
			for _, method := range []string{http.MethodPut, http.MethodDelete, "BREW"} {
				ask := func(path string) answer { return v.ask(v.request(t.Context(), method, path, nil)) }
				a, nothing := ask(path), ask("/nothing/here")
				if a.status != http.StatusNotFound || a.header.Get("Allow") != "" ||
					strings.ReplaceAll(same(a), path, "") != strings.ReplaceAll(same(nothing), "/nothing/here", "") {
					t.Errorf("%s %s tells %s that something is there: %d\n%s\n---\n%s", method, path, name, a.status, same(a), same(nothing))
				}
			}
		}
	}
}
