package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
)

func TestRefusedNameIsGivenBack(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{NameHold: time.Hour}})
	s.visitor().post("/rooms/lobby/join", url.Values{"name": {"Ana"}})
	for _, c := range []struct {
		typed, shown, reason string
		status               int
	}{
		{"", "", "Please give a name.", http.StatusUnprocessableEntity},
		{"\u202eanA\u202c", "\u202eanA\u202c", "changes the direction of writing (U+202E)", http.StatusUnprocessableEntity},
		{"a\x00b", "a\x00b", "(U+0000)", http.StatusUnprocessableEntity},
		{`<"'&>` + strings.Repeat("x", 40), `<"'&>` + strings.Repeat("x", 40), "The name is too long", http.StatusUnprocessableEntity},
		{"broken \xff\xfe", "broken \ufffd", "could not be read", http.StatusUnprocessableEntity},
		{" ANA ", " ANA ", "already has that name", http.StatusConflict},
	} {
		v := s.visitor()
		a := v.post("/rooms/lobby/join", url.Values{"name": {c.typed}})
		if a.status != c.status || !strings.Contains(html.UnescapeString(a.body), c.reason) {
			t.Errorf("%q answers %d without %q:\n%s", c.typed, a.status, c.reason, a.body)
		}
		if got := kept(nameField, a.body); got != c.shown {
			t.Errorf("%q is given back as %q", c.typed, got)
		}
		if v.session() != "" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%q made a session", c.typed)
		}
	}
}

// TestDoorLeadsToTheMessageThatOneCameFor holds that nobody who follows a link to
// a message has to look for it again, however they come in.
func TestDoorLeadsToTheMessageThatOneCameFor(t *testing.T) {
	const at = "/rooms/lobby/messages/1"
	s := open(t, plan{})
	s.guest().say("look here")
	to := func(v *visitor, what string, a answer, want string) {
		t.Helper()
		if got := v.want(what, a, http.StatusSeeOther).header.Get("Location"); got != want {
			t.Errorf("%s leads to %q, want %q", what, got, want)
		}
	}
	v := s.visitor()
	to(v, "a stranger", v.get(at), "/rooms/lobby?at=1")
	to(v, "the way in", v.get("/rooms/lobby?at=1"), "/rooms/lobby/join?at=1")
	if page := v.get("/rooms/lobby/join?at=1").body; !strings.Contains(page, `name="at" value="1"`) {
		t.Errorf("the door forgets what somebody came for:\n%s", page)
	}
	refused := v.want("a bad name", v.post("/rooms/lobby/join", url.Values{"name": {""}, "at": {"1"}}), http.StatusUnprocessableEntity)
	if !strings.Contains(refused.body, `name="at" value="1"`) {
		t.Error("a door that refuses a name forgets what somebody came for")
	}
	to(v, "the door", v.post("/rooms/lobby/join", url.Values{"name": {"Nora"}, "at": {"1"}}), at+"#m-1")
	v.want("the message", v.get(at), http.StatusOK)
	v.post("/rooms/lobby/leave", nil)
	to(v, "somebody who had left", v.get(at), "/rooms/lobby?at=1")
	to(v, "the way back in", v.get("/rooms/lobby?at=1"), at+"#m-1")
	for _, nonsense := range []string{"99", "x", "//evil.example", ""} {
		to(v, "what is not there", v.post("/rooms/lobby/join", url.Values{"name": {"Nora"}, "at": {nonsense}}), "/rooms/lobby")
	}

	admin := s.admin("Ada")
	admin.create("club", "preset", "members")
	admin.post("/rooms/club/messages", url.Values{"body": {"for members"}})
	to(v, "a room for members", v.get("/rooms/club/messages/1"), "/login?next=%2Frooms%2Fclub%2Fmessages%2F1")
	admin.create("hall", "preset", "open", "waiting_room", "1")
	admin.post("/rooms/hall/messages", url.Values{"body": {"wait"}})
	late := s.visitor()
	to(late, "a room with a waiting room", late.post("/rooms/hall/join", url.Values{"name": {"Otto"}, "at": {"1"}}), "/rooms/hall/messages/1#m-1")
	to(late, "who waits", late.get("/rooms/hall/messages/1"), "/rooms/hall?at=1")
	if page := late.want("who waits", late.get("/rooms/hall?at=1"), http.StatusOK).body; !strings.Contains(page, `http-equiv="refresh"`) {
		t.Errorf("who waits for a message does not wait:\n%s", page)
	}
	admin.create("past", "preset", "open", "history_from_join", "1")
	admin.post("/rooms/past/messages", url.Values{"body": {"before your time"}})
	to(late, "a message from before one came", late.post("/rooms/past/join", url.Values{"name": {"Otto"}, "at": {"1"}}), "/rooms/past")
}

func TestDoorKeepsTheNameWhateverGoesWrong(t *testing.T) {
	var store *failing
	s := open(t, plan{
		rules: parlour.Rules{Limits: true},
		over:  func(kept parlour.Store) parlour.Store { store = &failing{Store: kept}; return store },
	})
	v := s.visitor()
	store.fail(parlour.Errorf(parlour.Unavailable, "store.unavailable", "disk full"))
	a := v.post("/rooms/lobby/join", url.Values{"name": {"Ana"}})
	if got := kept(nameField, a.body); a.status != http.StatusServiceUnavailable || got != "Ana" || v.session() != "" {
		t.Errorf("a busy store: %d, gave back %q", a.status, got)
	}
	store.fail(nil)
	v = s.guest()
	for i := range 100 {
		a = v.post("/rooms/lobby/join", url.Values{"name": {strings.Repeat("x", 1+i%40)}})
		if a.status != http.StatusSeeOther {
			break
		}
	}
	if got := kept(nameField, a.body); a.status != http.StatusTooManyRequests || got == "" || a.header.Get("Retry-After") == "" {
		t.Errorf("too many names: %d, gave back %q, Retry-After %q", a.status, got, a.header.Get("Retry-After"))
	}
}

func TestWhoComesWithoutANameIsSentToTheDoor(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{NameHold: time.Hour}})
	a := s.visitor().get("/rooms/lobby")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/rooms/lobby/join" {
		t.Errorf("sent to %q with %d", a.header.Get("Location"), a.status)
	}
	if _, err := s.store.CreateRoom(t.Context(), parlour.Room{Slug: "garden", Name: "Garden"}); err != nil {
		t.Fatal(err)
	}
	ana, other := s.visitor(), s.visitor()
	ana.post("/rooms/lobby/join", url.Values{"name": {"Ana"}})
	other.post("/rooms/garden/join", url.Values{"name": {"Ana"}})
	a = ana.get("/rooms/garden")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/rooms/garden/join?taken" {
		t.Fatalf("whose name is taken is sent to %q with %d", a.header.Get("Location"), a.status)
	}
	a = ana.get(a.header.Get("Location"))
	if got := kept(nameField, a.body); got != "Ana" || !strings.Contains(a.body, "already has that name") {
		t.Errorf("and finds %q without a reason", got)
	}
}

// TestRoomIsWhatItsAddressSays asks for rooms by strange parts of an address.
func TestRoomIsWhatItsAddressSays(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	for part, want := range map[string]int{
		"lobby":                    http.StatusOK,
		"%6Cobby":                  http.StatusOK, // the same address (RFC 3986 §6.2.2.2)
		"%256Cobby":                http.StatusNotFound,
		"Lobby":                    http.StatusNotFound,
		"lobby%00":                 http.StatusNotFound,
		"%00":                      http.StatusNotFound,
		"%FF%FE":                   http.StatusNotFound,
		"%ED%A0%80":                http.StatusNotFound,
		"lobby%2Fjoin":             http.StatusNotFound,
		"..%2Flobby":               http.StatusNotFound,
		"%2E%2E":                   http.StatusNotFound,
		"lobby%0d%0aX:%20y":        http.StatusNotFound,
		"%25":                      http.StatusNotFound,
		"%25zz":                    http.StatusNotFound,
		"'%20OR%201=1%20--":        http.StatusNotFound,
		"%7Broom%7D":               http.StatusNotFound,
		"*":                        http.StatusNotFound,
		strings.Repeat("x", 10000): http.StatusNotFound,
		"%F0%9F%98%80":             http.StatusNotFound,
	} {
		for _, below := range []string{"", "/join", "/messages", "/events", "/live", "/compose", "/people"} {
			if got := v.status(http.MethodGet, "/rooms/"+part+below, nil); got != want {
				t.Errorf("/rooms/%.40s%s answers %d, want %d", part, below, got, want)
			}
		}
		if want == http.StatusOK {
			continue
		}
		for _, below := range []string{"/join", "/messages", "/compose", "/leave"} {
			form := url.Values{"name": {"x"}, "body": {"x"}}
			if got := v.status(http.MethodPost, "/rooms/"+part+below, form); got != want {
				t.Errorf("POST /rooms/%.40s%s answers %d, want %d", part, below, got, want)
			}
		}
	}
}
