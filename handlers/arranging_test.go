package handlers_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
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

// below are all addresses below a room.
var below = []struct{ method, path string }{
	{"GET", ""}, {"GET", "/join"}, {"POST", "/join"}, {"POST", "/leave"},
	{"GET", "/messages"}, {"POST", "/messages"}, {"GET", "/messages/1"}, {"POST", "/messages/1/report"},
	{"POST", "/messages/1/delete"}, {"GET", "/compose"}, {"POST", "/compose"}, {"GET", "/people"},
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
		if strings.Contains(v.get("/").body, "cellar") {
			t.Errorf("the lobby shows %s the room", name)
		}
	}
}

// store puts a sanction in force.
func store(t *testing.T, s *site, sanction parlour.Sanction) {
	t.Helper()
	_, err := s.store.Sanction(t.Context(), sanction, parlour.LogEntry{Act: parlour.ActBan})
	if err != nil {
		t.Fatal(err)
	}
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
	if _, err := s.store.Edit(t.Context(), room.ID, secret.Seq, "a secret that was edited", secret.At); err != nil {
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

func TestRemovingFromTheListEndsStreams(t *testing.T) {
	s := open(t, plan{})
	admin, member := s.admin("Ada"), s.member("Mia")
	admin.create("cellar")
	member.want("before", member.get("/rooms/cellar"), http.StatusNotFound)
	nobody := admin.want("nobody", admin.post("/rooms/cellar/members", url.Values{"member": {"Nobody"}, "role": {"listed"}}), http.StatusUnprocessableEntity)
	if !strings.Contains(nobody.body, `value="Nobody"`) || !strings.Contains(nobody.body, `id="member-why"`) {
		t.Error("who was typed is not given back with what is wrong")
	}
	admin.want("listing by name", admin.post("/rooms/cellar/members", url.Values{"member": {"mia"}, "role": {"listed"}}), http.StatusSeeOther)
	member.want("the room", member.get("/rooms/cellar"), http.StatusOK)
	told := member.streamOf("/rooms/cellar/events")
	path := "/rooms/cellar/members/" + s.account("Mia").ID
	admin.want("removing", admin.post(path, url.Values{"role": {""}}), http.StatusSeeOther)
	wantEnded(t, "the stream of who was removed", ended(told))
	member.want("after", member.get("/rooms/cellar"), http.StatusNotFound)
	room, _ := s.store.Room(t.Context(), "cellar")
	if _, err := s.store.Seat(t.Context(), room.ID, s.account("Mia").ID); err == nil {
		t.Error("who was removed still has a seat")
	}

	admin.want("listing by mail", admin.post("/rooms/cellar/members", url.Values{"member": {"Mia@EXAMPLE.org"}, "role": {"owner"}}), http.StatusSeeOther)
	member.want("an owner's settings", member.get("/rooms/cellar/settings"), http.StatusOK)
	admin.want("the other owner", admin.post("/rooms/cellar/members/"+s.account("Ada").ID, url.Values{"role": {"moderator"}}), http.StatusSeeOther)
	member.want("the last owner", member.post(path, url.Values{"role": {""}}), http.StatusConflict)
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

var inviteAddress = regexp.MustCompile(`/invite/[A-Z2-7]+`)

// invites makes an invitation and answers its path.
func (v *visitor) invites(path string, fields ...string) string {
	v.t.Helper()
	form := url.Values{"role": {"listed"}, "uses": {"1"}, "for": {"1h"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	made := inviteAddress.FindString(v.want("inviting", v.post(path, form), http.StatusCreated).body)
	if made == "" {
		v.t.Fatal("the invitation is not shown")
	}
	return made
}

func TestInvitationGivesItsRoleAsOftenAsItSays(t *testing.T) {
	s := open(t, plan{})
	admin, mia, max := s.admin("Ada"), s.member("Mia"), s.member("Max")
	admin.create("cellar")
	link := admin.invites("/rooms/cellar/invitations", "role", "moderator")
	if strings.Contains(admin.get("/rooms/cellar/invitations").body, link) {
		t.Error("the link is shown again")
	}
	for range 3 { // looking uses nothing up
		mia.want("the invitation", mia.get(link), http.StatusOK)
	}
	mia.want("accepting", mia.post(link, nil), http.StatusSeeOther)
	mia.want("the room", mia.get("/rooms/cellar/moderation"), http.StatusOK)
	max.want("accepting what is used up", max.post(link, nil), http.StatusGone)
	max.want("the room", max.get("/rooms/cellar"), http.StatusNotFound)

	link = admin.invites("/rooms/cellar/invitations", "uses", "5")
	id := regexp.MustCompile(`/rooms/cellar/invitations/\d+/revoke`).FindString(admin.get("/rooms/cellar/invitations").body)
	admin.want("revoking", admin.post(id, nil), http.StatusSeeOther)
	max.want("what was revoked", max.get(link), http.StatusGone)
	max.want("what was revoked", max.post(link, nil), http.StatusGone)
	admin.want("revoking twice", admin.post(id, nil), http.StatusGone)
	mia.want("inviting as no owner", mia.post("/rooms/cellar/invitations", url.Values{"role": {"listed"}, "uses": {"1"}}), http.StatusForbidden)
	for field, bad := range map[string]string{"uses": "0", "for": "soon", "role": "owner"} {
		form := url.Values{"role": {"listed"}, "uses": {"1"}, "for": {"1h"}}
		form.Set(field, bad)
		a := admin.want("a bad "+field, admin.post("/rooms/cellar/invitations", form), http.StatusUnprocessableEntity)
		if !strings.Contains(a.body, `id="`+field+`-why"`) {
			t.Errorf("a bad %s is not said to be wrong beside it", field)
		}
	}
}

func TestInvitationLetsGuestsPastTheDoor(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	admin.create("cellar", "preset", "open", "password", "open sesame", "waiting_room", "1")
	link := admin.invites("/rooms/cellar/invitations")
	v, other := s.visitor(), s.visitor()
	v.want("a bad name", v.post(link, url.Values{"name": {""}}), http.StatusUnprocessableEntity)
	v.want("accepting", v.post(link, url.Values{"name": {"Nora"}}), http.StatusSeeOther)
	v.want("the room", v.get("/rooms/cellar/compose"), http.StatusOK)
	other.want("a second time", other.post(link, url.Values{"name": {"Otto"}}), http.StatusGone)

	admin.create("vault")
	link = admin.invites("/rooms/vault/invitations")
	page := v.want("an invitation to a private room", v.get(link), http.StatusOK).body
	if !strings.Contains(page, "/signup?invite=") || !strings.Contains(page, "/login?next=/invite/") {
		t.Error("a guest is not led to where they become a member")
	}
	v.want("a guest", v.post(link, url.Values{"name": {"Nora"}}), http.StatusUnauthorized)
	token := strings.TrimPrefix(link, "/invite/")
	v.want("signing up by it", v.post("/signup", url.Values{
		"email": {"nora@example.org"}, "password": {password}, "name": {"Nora"}, "invite": {token},
	}), http.StatusSeeOther)
	v.want("the private room", v.get("/rooms/vault"), http.StatusOK)
}

func TestHouseIsAdministeredByAdminsAlone(t *testing.T) {
	s := open(t, plan{})
	admin, member := s.admin("Ada"), s.member("Mia")
	pages := []string{
		"/admin", "/admin/rooms", "/admin/people", "/admin/invitations", "/admin/settings",
		"/admin/moderation", "/admin/moderation/log",
	}
	for _, path := range pages {
		admin.want(path, admin.get(path), http.StatusOK)
		nothing := member.get("/nothing/here")
		a := member.want(path, member.get(path), http.StatusNotFound)
		if strings.ReplaceAll(same(a), path, "") != strings.ReplaceAll(same(nothing), "/nothing/here", "") {
			t.Errorf("%s tells a member that it is there", path)
		}
		s.visitor().want(path, s.visitor().get(path), http.StatusNotFound)
	}
	for _, path := range []string{
		"/admin/people/" + s.account("Mia").ID, "/admin/invitations", "/admin/invitations/1/revoke", "/admin/settings",
		"/admin/moderation/filters", "/admin/moderation/sanctions/1/lift", "/admin/moderation/reports/1", "/admin/moderation/filters/1/remove",
	} {
		form := url.Values{"do": {"admin"}, "sign_up": {"closed"}, "create_rooms": {"members"}, "uses": {"1"}}
		member.want("POST "+path, member.post(path, form), http.StatusNotFound)
	}
	if s.account("Mia").Admin {
		t.Error("a member made themselves an admin")
	}

	path := "/admin/people/" + s.account("Mia").ID
	admin.want("making an admin", admin.post(path, url.Values{"do": {"admin"}}), http.StatusSeeOther)
	member.want("signing in with other rights", member.signIn("Mia", password), http.StatusSeeOther)
	member.want("a new admin", member.get("/admin"), http.StatusOK)
	admin.want("the reverse", admin.post(path, url.Values{"do": {"unadmin"}}), http.StatusSeeOther)
	member.want("one no longer", member.get("/admin"), http.StatusNotFound)
	member.want("signing in", member.signIn("Mia", password), http.StatusSeeOther)
	a := admin.want("a reset link", admin.post(path, url.Values{"do": {"reset"}}), http.StatusCreated)
	if !strings.Contains(a.body, s.URL+"/reset?token=") {
		t.Error("the link is not shown")
	}
	member.want("entering", member.get("/rooms/lobby"), http.StatusOK)
	told := member.streamOf("/rooms/lobby/events")
	admin.want("disabling", admin.post(path, url.Values{"do": {"disable"}}), http.StatusSeeOther)
	wantEnded(t, "the stream of a disabled member", ended(told))
	if member.isSignedIn() {
		t.Error("a disabled member is signed in")
	}
	found := admin.get("/admin/people?search=mia").body
	if !strings.Contains(found, "Mia@example.org") || strings.Contains(found, "Ada@example.org") {
		t.Error("the search does not find who is looked for alone")
	}
	link := admin.invites("/admin/invitations")
	s.visitor().want("an invitation to the house", s.visitor().get(link), http.StatusOK)
	log := admin.get("/admin/moderation/log").body
	for _, name := range []string{"Mia", "Ada"} {
		if !strings.Contains(log, name) {
			t.Errorf("the log does not name %s", name)
		}
	}
	admin.want("a filter of the house", admin.post("/admin/moderation/filters", url.Values{"kind": {"word"}, "pattern": {"spam"}, "act": {"mask"}}), http.StatusSeeOther)
	guest := s.guest()
	guest.say("buy spam")
	if got := s.messages(); strings.Contains(got[len(got)-1].Body, "spam") {
		t.Error("the filter of the house does nothing")
	}
}

// Whoever is removed has no stream left, neither one that was open nor one that
// was being opened at that moment.
func TestRemovingFromTheListEndsStreamsThatAreBeingOpened(t *testing.T) {
	s := open(t, plan{})
	admin, member := s.admin("Ada"), s.member("Mia")
	admin.create("cellar")
	path := "/rooms/cellar/members/" + s.account("Mia").ID
	for range 5 {
		admin.want("listing", admin.post("/rooms/cellar/members", url.Values{"member": {"Mia"}, "role": {"listed"}}), http.StatusSeeOther)
		member.want("entering", member.get("/rooms/cellar"), http.StatusOK)
		var opening sync.WaitGroup
		first := make(chan struct{}, 8)
		ctx, cancel := context.WithCancel(t.Context())
		for range 8 {
			opening.Go(func() {
				for refused := false; !refused && ctx.Err() == nil; {
					response, err := member.Do(member.request(ctx, http.MethodGet, "/rooms/cellar/events", nil))
					if err != nil {
						return
					}
					refused = response.StatusCode != http.StatusOK
					select {
					case first <- struct{}{}:
					default:
					}
					_, _ = io.Copy(io.Discard, response.Body) // until it ends
					response.Body.Close()
				}
			})
		}
		<-first
		admin.want("removing", admin.post(path, url.Values{"role": {""}}), http.StatusSeeOther)
		done := make(chan struct{})
		go func() { opening.Wait(); close(done) }()
		wantEnded(t, "a stream of somebody who was removed", done)
		cancel()
		<-done
		if n := s.hub.Streams(); n != 0 {
			t.Fatalf("%d streams are open", n)
		}
	}
}
