package handlers_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parlour"
)

// admin is a member who runs the house.
func (s *site) admin(name string) *visitor {
	s.t.Helper()
	v := s.member(name)
	account := s.account(name)
	account.Admin = true
	if err := s.store.ChangeAccount(s.t.Context(), account); err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *site) account(name string) parlour.Account {
	s.t.Helper()
	account, err := s.store.AccountByEmail(s.t.Context(), name+"@example.org")
	if err != nil {
		s.t.Fatal(err)
	}
	return account
}

// create makes a room by the form, private unless the fields say otherwise.
func (v *visitor) create(slug string, fields ...string) {
	v.t.Helper()
	form := url.Values{"name": {strings.ToUpper(slug[:1]) + slug[1:]}, "slug": {slug}, "preset": {"private"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	if a := v.post("/rooms/new", form); a.status != http.StatusSeeOther {
		v.t.Fatalf("creating %s answers %d: %s", slug, a.status, a.body)
	}
}

// want checks an answer's status.
func (v *visitor) want(what string, a answer, status int) answer {
	v.t.Helper()
	if a.status != status {
		v.t.Errorf("%s answers %d, want %d: %.600s", what, a.status, status, a.body)
	}
	return a
}

// streamOf opens a room's stream; the channel is closed when it has ended, and
// has all lines until then.
func (v *visitor) streamOf(path string) <-chan string {
	v.t.Helper()
	ctx, cancel := context.WithCancel(v.t.Context())
	v.t.Cleanup(cancel)
	response, err := v.Do(v.request(ctx, http.MethodGet, path, nil))
	if err != nil {
		v.t.Fatal(err)
	}
	lines := bufio.NewScanner(response.Body)
	if response.StatusCode != http.StatusOK || !lines.Scan() {
		v.t.Fatalf("%s answers %d", path, response.StatusCode)
	}
	told := make(chan string, 1000)
	go func() {
		defer close(told)
		defer response.Body.Close()
		for lines.Scan() {
			told <- lines.Text()
		}
	}()
	return told
}

// ended is when a stream has no more lines.
func ended(told <-chan string) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range told {
		}
	}()
	return done
}

func TestRoomIsMadeArrangedArchivedAndDeleted(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	admin.want("the form", admin.get("/rooms/new"), http.StatusOK)
	a := admin.want("creating", admin.post("/rooms/new", url.Values{
		"name": {"The  Garden"}, "preset": {"open"}, "rules": {"be kind"}, "topic": {"roses"},
	}), http.StatusSeeOther)
	if to := a.header.Get("Location"); to != "/rooms/the-garden/settings?done=created" {
		t.Fatalf("creating leads to %s", to)
	}
	guest := s.visitor()
	door := guest.want("the door", guest.get("/rooms/the-garden/join"), http.StatusOK)
	if !strings.Contains(door.body, "be kind") || !strings.Contains(door.body, "The Garden") {
		t.Error("the door does not tell the rules")
	}
	guest.want("joining", guest.post("/rooms/the-garden/join", url.Values{"name": {"Gil"}}), http.StatusSeeOther)
	told := guest.streamOf("/rooms/the-garden/events")

	form := url.Values{"name": {"Garden"}, "slug": {"garden"}, "preset": {"open"}, "topic": {"tulips"}, "slow": {"5s"}, "talk_after": {"1m"}}
	admin.want("saving", admin.post("/rooms/the-garden/settings", form), http.StatusSeeOther)
	wantEnded(t, "a stream at the old address", ended(told))
	room, err := s.store.Room(t.Context(), "garden")
	if err != nil || room.Topic != "tulips" || room.Slow.Seconds() != 5 || room.TalkAfter.Minutes() != 1 || room.Rules != "" {
		t.Errorf("the room is %+v, %v", room, err)
	}
	if page, _ := s.store.Page(t.Context(), room.ID, 0, 10); len(page.Messages) < 2 {
		t.Errorf("the room was told of %d changes, want topic and slow mode", len(page.Messages))
	}

	admin.want("archiving", admin.post("/rooms/garden/archive", nil), http.StatusSeeOther)
	if strings.Contains(guest.get("/").body, "/rooms/garden") {
		t.Error("the lobby lists a room of the archive")
	}
	admin.want("entering", admin.get("/rooms/garden"), http.StatusOK)
	admin.want("posting to the archive", admin.post("/rooms/garden/messages", url.Values{"body": {"x"}}), http.StatusForbidden)
	admin.want("reopening", admin.post("/rooms/garden/reopen", nil), http.StatusSeeOther)
	admin.want("posting again", admin.post("/rooms/garden/messages", url.Values{"body": {"x"}}), http.StatusSeeOther)

	told = admin.streamOf("/rooms/garden/events")
	refused := admin.want("deleting unconfirmed", admin.post("/rooms/garden/delete", url.Values{"confirm": {"yes"}}), http.StatusUnprocessableEntity)
	if !strings.Contains(refused.body, `id="confirm-why"`) {
		t.Error("the confirmation is not said to be wrong beside it")
	}
	admin.want("deleting", admin.post("/rooms/garden/delete", url.Values{"confirm": {"garden"}}), http.StatusSeeOther)
	wantEnded(t, "a stream of the deleted room", ended(told))
	admin.want("the deleted room", admin.get("/rooms/garden"), http.StatusNotFound)
	admin.create("garden") // the address is free
}

func TestRefusedRoomKeepsWhatWasTypedButThePassword(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	form := func(fields ...string) url.Values {
		all := url.Values{
			"name": {"Garden"}, "slug": {"garden"}, "preset": {"custom"}, "rules": {"<be kind>"}, "password": {"open sesame"},
			"see": {"members"}, "read": {"members"}, "post": {"listed"}, "upload": {"nobody"}, "locked": {"1"},
		}
		for i := 0; i < len(fields); i += 2 {
			all.Set(fields[i], fields[i+1])
		}
		return all
	}
	for field, bad := range map[string]string{
		"name": " ", "slug": "a b", "slow": "soon", "talk_after": "1y", "link_after": "60d", "read": "guests",
		"post": "guests", "upload": "members", "see": "everybody", "topic": strings.Repeat("x", 201), "rules": strings.Repeat("y", 5000),
	} {
		a := admin.want(field, admin.post("/rooms/new", form(field, bad)), http.StatusUnprocessableEntity)
		if !strings.Contains(a.body, `id="`+field+`-why"`) {
			t.Errorf("a bad %s is not said to be wrong beside it: %s", field, a.body)
		}
		if field != "rules" && !strings.Contains(a.body, "&lt;be kind&gt;") || !strings.Contains(a.body, `name="locked" value="1" checked`) {
			t.Errorf("with a bad %s something typed is lost", field)
		}
		if strings.Contains(a.body, "sesame") {
			t.Errorf("with a bad %s the password is shown", field)
		}
	}
	admin.want("creating", admin.post("/rooms/new", form()), http.StatusSeeOther)
	a := admin.want("an address that is taken", admin.post("/rooms/new", form()), http.StatusConflict)
	if !strings.Contains(a.body, `id="slug-why"`) {
		t.Error("the address is not said to be taken beside it")
	}
	admin.want("the house's own address", admin.post("/rooms/new", form("slug", "new")), http.StatusUnprocessableEntity)
	if page := admin.get("/rooms/garden/settings").body; strings.Contains(page, "sesame") || strings.Contains(page, "argon2") {
		t.Error("the settings show the password")
	}
}

func TestSettingSaysWhoCreatesRooms(t *testing.T) {
	s := open(t, plan{})
	admin, member, guest := s.admin("Ada"), s.member("Mia"), s.guest()
	to := guest.want("a guest's form", guest.get("/rooms/new"), http.StatusSeeOther).header.Get("Location")
	if to != "/login?next=%2Frooms%2Fnew" {
		t.Errorf("a guest is led to %s", to)
	}
	form := url.Values{"name": {"Garden"}, "preset": {"open"}}
	member.want("a member's form", member.get("/rooms/new"), http.StatusForbidden)
	member.want("a member's room", member.post("/rooms/new", form), http.StatusForbidden)
	admin.want("the setting", admin.post("/admin/settings", url.Values{"sign_up": {"open"}, "create_rooms": {"members"}}), http.StatusSeeOther)
	member.want("a member's room", member.post("/rooms/new", form), http.StatusSeeOther)
	guest.want("a guest's room", guest.post("/rooms/new", form), http.StatusUnauthorized)
	if _, err := s.store.Room(t.Context(), "garden"); err != nil {
		t.Error(err)
	}
	admin.want("no such setting", admin.post("/admin/settings", url.Values{"sign_up": {"often"}, "create_rooms": {"members"}}), http.StatusUnprocessableEntity)
}

func TestPasswordOpensTheDoor(t *testing.T) {
	s := open(t, plan{})
	s.admin("Ada").create("cellar", "preset", "open", "password", "open sesame")
	v := s.visitor()
	door := v.want("the door", v.get("/rooms/cellar/join"), http.StatusOK)
	if !strings.Contains(door.body, `type="password"`) {
		t.Error("the door asks for no password")
	}
	for _, wrong := range []string{"", "wrong"} {
		a := v.want("the password "+wrong, v.post("/rooms/cellar/join", url.Values{"name": {"Nora"}, "password": {wrong}}), http.StatusForbidden)
		if !strings.Contains(a.body, `id="password-why"`) || !strings.Contains(a.body, `value="Nora"`) {
			t.Error("the password is not said to be wrong beside it, with the name still there")
		}
	}
	guest := s.guest() // known, and so not asked for a name before the password
	if to := guest.want("the room", guest.get("/rooms/cellar"), http.StatusSeeOther).header.Get("Location"); to != "/rooms/cellar/join" {
		t.Errorf("a guest is led to %s", to)
	}
	guest.want("the stream", guest.get("/rooms/cellar/events"), http.StatusForbidden)
	v.want("the right password", v.post("/rooms/cellar/join", url.Values{"name": {"Nora"}, "password": {"open sesame"}}), http.StatusSeeOther)
	v.want("the room", v.get("/rooms/cellar"), http.StatusOK)
}

func TestMembersRoomLeadsToSigningIn(t *testing.T) {
	s := open(t, plan{})
	s.admin("Ada").create("club", "preset", "members")
	guest, member := s.guest(), s.member("Mia")
	for _, path := range []string{"/rooms/club", "/rooms/club/join"} {
		if to := guest.want(path, guest.get(path), http.StatusSeeOther).header.Get("Location"); to != "/login?next=%2Frooms%2Fclub" {
			t.Errorf("%s leads a guest to %s", path, to)
		}
	}
	member.want("the room", member.get("/rooms/club"), http.StatusOK)
}

func TestLockedRoomKeepsOutWhoIsNotIn(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	admin.create("cellar", "preset", "open")
	in, out := s.guest(), s.guest()
	in.want("entering", in.get("/rooms/cellar"), http.StatusOK)
	admin.want("locking", admin.post("/rooms/cellar/settings", url.Values{"name": {"C"}, "slug": {"cellar"}, "preset": {"open"}, "locked": {"1"}}), http.StatusSeeOther)
	in.want("coming back", in.get("/rooms/cellar"), http.StatusOK)
	out.want("coming", out.get("/rooms/cellar"), http.StatusForbidden)
	out.want("joining", out.post("/rooms/cellar/join", url.Values{"name": {"Otto"}}), http.StatusForbidden)
}

func TestHistoryFromJoinBeginsWithTheReader(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	admin.create("cellar", "preset", "open", "history_from_join", "1")
	say := func(body string) { admin.post("/rooms/cellar/messages", url.Values{"body": {body}}) }
	admin.get("/rooms/cellar")
	say("a secret of before")
	admin.get("/rooms/cellar") // a page of all of it may be kept now
	late := s.guest()
	page := late.want("the room", late.get("/rooms/cellar"), http.StatusOK).body
	say("something of now")
	room, err := s.store.Room(t.Context(), "cellar")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := s.store.Page(t.Context(), room.ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var secret parlour.Message
	for _, m := range kept.Messages {
		if strings.Contains(m.Body, "secret") {
			secret = m
		}
	}
	page += late.get("/rooms/cellar").body + late.get("/rooms/cellar/messages?before=99").body + late.get("/rooms/cellar?before=99").body
	if !strings.Contains(page, "something of now") {
		t.Error("what was said since is not there")
	}
	late.want("the page of a message of before", late.get("/rooms/cellar/messages/"+secret.Seq.String()), http.StatusNotFound)

	told := late.streamOf("/rooms/cellar/events?after=0")
	open := late.streamOf("/rooms/cellar/events")
	document := late.streamOf("/rooms/cellar/live")
	if _, err := s.store.Edit(t.Context(), parlour.Revision{Room: room.ID, Seq: secret.Seq, Kind: parlour.KindMessage, Body: "a secret that was edited", At: secret.At}, parlour.LogEntry{}); err != nil {
		t.Fatal(err)
	}
	say("the end")
	late.post("/rooms/cellar/leave", nil) // ends the streams
	for _, lines := range []<-chan string{told, open, document} {
		for line := range lines {
			page += line
		}
	}
	if strings.Contains(page, "secret") {
		t.Errorf("a message of before shows: %s", page)
	}
	if !strings.Contains(admin.get("/rooms/cellar").body, "secret") {
		t.Error("who was there from the beginning does not read it")
	}
}

func TestNarrowerAccessEndsStreams(t *testing.T) {
	s := open(t, plan{})
	admin, guest := s.admin("Ada"), s.guest()
	admin.create("cellar", "preset", "open")
	guest.want("entering", guest.get("/rooms/cellar"), http.StatusOK)
	told := guest.streamOf("/rooms/cellar/events")
	admin.want("closing", admin.post("/rooms/cellar/settings", url.Values{"name": {"C"}, "slug": {"cellar"}, "preset": {"private"}}), http.StatusSeeOther)
	wantEnded(t, "a guest's stream of a private room", ended(told))
}

// Whatever access is chosen, by name or one by one, says nothing of who comes and
// goes.
func TestDiscreetRoomStaysDiscreet(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	box := func(page string) (is bool) {
		t.Helper()
		found := regexp.MustCompile(`<input[^>]*name="discreet"[^>]*>`).FindString(page)
		if found == "" {
			t.Fatal("the form has no such field")
		}
		return strings.Contains(found, "checked")
	}
	if box(admin.want("the form", admin.get("/rooms/lobby/settings"), http.StatusOK).body) {
		t.Error("a room is discreet from the beginning")
	}
	form := url.Values{"name": {"Lobby"}, "slug": {"lobby"}, "preset": {"open"}, "discreet": {"1"}}
	for _, preset := range []string{"open", "members", "custom"} {
		form.Set("preset", preset)
		if preset == "custom" {
			for _, field := range []string{"see", "read", "post", "upload"} {
				form.Set(field, string(parlour.Guests))
			}
		}
		admin.want("saving", admin.post("/rooms/lobby/settings", form), http.StatusSeeOther)
		if !box(admin.get("/rooms/lobby/settings").body) || !s.lobby().Discreet {
			t.Errorf("with the access %q the room is not discreet any more", preset)
		}
	}
	form.Del("discreet")
	admin.want("saving", admin.post("/rooms/lobby/settings", form), http.StatusSeeOther)
	if s.lobby().Discreet {
		t.Error("it cannot be undone")
	}
}
