package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
)

// joins lets a new visitor into a room under a name, and answers their id too.
func (s *site) joins(slug, name string) (*visitor, string) {
	s.t.Helper()
	v := s.visitor()
	v.want("joining", v.post("/rooms/"+slug+"/join", url.Values{"name": {name}}), http.StatusSeeOther)
	room, err := s.store.Room(s.t.Context(), slug)
	if err != nil {
		s.t.Fatal(err)
	}
	seats, err := s.store.SeatsNamed(s.t.Context(), room.ID, []string{parlour.NameKey(name)})
	if err != nil || len(seats) != 1 {
		s.t.Fatal(seats, err)
	}
	return v, seats[0].Person
}

func TestMentionIsMarkedByTheOwnSheetAndNotByTheMarkup(t *testing.T) {
	s := open(t, plan{})
	ana, id := s.joins("lobby", "Ana")
	bob, _ := s.joins("lobby", "Bob")
	bob.say("hello @ana and `@Ana`")
	const want = `hello <bdi class="to to-%s">@ana</bdi> and <code>@Ana</code>`
	for _, v := range []*visitor{ana, bob} {
		if page := v.get("/rooms/lobby").body; !strings.Contains(page, fmt.Sprintf(want, id)) {
			t.Errorf("the room shows %s", page)
		}
	}
	if sheet := ana.get("/rooms/lobby/own.css?id=" + id).body; !strings.Contains(sheet, ".to-"+id+"{") {
		t.Errorf("Ana's sheet is %s", sheet)
	}
}

// Whatever somebody may not read now mentions them nowhere.
func TestMentionsAreThoseThatMayBeReadNow(t *testing.T) {
	s := open(t, plan{})
	ana, id := s.joins("lobby", "Ana")
	room := func(r parlour.Room) parlour.Room {
		t.Helper()
		made, err := s.store.CreateRoom(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	post := func(room int64, body string) parlour.Message {
		t.Helper()
		m, _, err := s.store.Post(t.Context(), parlour.NewMessage{
			Room: room, Kind: parlour.KindMessage, Author: parlour.Author{ID: "g1", Name: "Zoe"}, Body: "@Ana " + body,
			Mentions: []parlour.Mention{{Person: id, End: 4}}, At: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	late := room(parlour.Room{Slug: "late", Name: "Late", HistoryFromJoin: true})
	old := room(parlour.Room{Slug: "old", Name: "Old"})
	post(late.ID, "before")
	post(room(parlour.Room{Slug: "vault", Name: "Vault", Access: parlour.Presets["private"]}).ID, "vaulted")
	post(room(parlour.Room{Slug: "other", Name: "Other"}).ID, "elsewhere")
	for _, slug := range []string{"late", "old"} {
		ana.want("joining", ana.post("/rooms/"+slug+"/join", url.Values{"name": {"Ana"}}), http.StatusSeeOther)
	}
	post(late.ID, "after")
	post(old.ID, "archived")
	gone := post(s.lobby().ID, "deleted")
	if _, err := s.store.Delete(t.Context(), gone.Room, gone.Seq, parlour.StubOfAuthor, time.Now()); err != nil {
		t.Fatal(err)
	}
	here := post(s.lobby().ID, "here")
	lists := func(v *visitor, want ...string) {
		t.Helper()
		body := v.want("the list", v.get("/mentions"), http.StatusOK).body
		for _, said := range []string{"before", "vaulted", "elsewhere", "after", "archived", "deleted", "here"} {
			is := strings.Contains(body, "<mark>@Ana</mark> "+said)
			if wanted := strings.Contains(strings.Join(want, " "), said); is != wanted {
				t.Errorf("%q is listed: %v", said, is)
			}
		}
	}
	lists(ana, "after", "archived", "here")
	if body := ana.get("/mentions").body; !strings.Contains(body, `href="/rooms/lobby/messages/`+here.Seq.String()+`"`) {
		t.Error("the list does not lead to the message")
	}
	old.ArchivedAt = time.Now()
	if _, err := s.store.ChangeRoom(t.Context(), old, nil, parlour.LogEntry{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	lists(ana, "after", "here")
	store(t, s, parlour.Sanction{Kind: parlour.Ban, Room: late.ID, Person: id, Name: "Ana"})
	lists(ana, "here")
	ana.want("leaving", ana.post("/rooms/lobby/leave", nil), http.StatusSeeOther)
	lists(ana)
	bob, _ := s.joins("lobby", "Bob")
	lists(bob)
	if a := s.visitor().get("/mentions"); a.status != http.StatusSeeOther {
		t.Errorf("a visitor without a name is answered %d", a.status)
	}
}

// outside is a policy from outside.
type outside func(action parlour.Action, room string) error

func (o outside) May(_ context.Context, _ parlour.Standing, action parlour.Action, room parlour.Room) error {
	return o(action, room.Slug)
}

// Members are mentioned in rooms that they have never been in: they are told, where
// nothing but themselves keeps them from reading it.
func TestMembersAreToldOfMentionsInRoomsThatTheyMayWalkInto(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{Policy: outside(func(action parlour.Action, room string) error {
		if room == "no-"+string(action) {
			return parlour.Errorf(parlour.Forbidden, "policy.hook", "no")
		}
		return nil
	})}})
	grace := s.member("Grace")
	account, err := s.store.MemberNamed(t.Context(), parlour.NameKey("Grace"))
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []parlour.Room{
		{Slug: "plain"}, {Slug: "late", HistoryFromJoin: true}, {Slug: "closed", PasswordHash: "hash"}, {Slug: "locked", Locked: true},
		{Slug: "private", Access: parlour.Presets["private"]}, {Slug: "banned"},
		{Slug: "no-enter"}, {Slug: "no-read"}, {Slug: "no-see"},
	} {
		room.Name = room.Slug
		if room.Access == (parlour.Access{}) {
			room.Access = parlour.Presets["open"]
		}
		made, err := s.store.CreateRoom(t.Context(), room)
		if err != nil {
			t.Fatal(err)
		}
		if room.Slug == "banned" {
			store(t, s, parlour.Sanction{Kind: parlour.Ban, Room: made.ID, Person: account.ID, Name: "Grace"})
		}
		_, _, err = s.store.Post(t.Context(), parlour.NewMessage{
			Room: made.ID, Kind: parlour.KindMessage, Author: parlour.Author{ID: "g1", Name: "Zoe"}, Body: "@Grace in " + room.Slug,
			Mentions: []parlour.Mention{{Person: account.ID, End: 6}}, At: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	body := grace.want("the list", grace.get("/mentions"), http.StatusOK).body
	if n := strings.Count(body, "<mark>@Grace</mark>"); n != 1 || !strings.Contains(body, "<mark>@Grace</mark> in plain") {
		t.Errorf("%d mentions are listed:\n%s", n, body)
	}
	_, link, _ := strings.Cut(body, `href="/rooms/plain`)
	link, _, _ = strings.Cut(link, `"`)
	way := grace.want("following it", grace.get("/rooms/plain"+link), http.StatusSeeOther).header.Get("Location")
	if way = grace.want("coming in", grace.get(way), http.StatusSeeOther).header.Get("Location"); !strings.HasPrefix(way, "/rooms/plain"+link+"#") {
		t.Errorf("the way in leads back to %q", way)
	}
	if page := grace.want("the message", grace.get(way), http.StatusOK).body; !strings.Contains(page, "in plain") {
		t.Errorf("the way in leads to\n%s", page)
	}
}

func TestMentionsGoOnFromPageToPage(t *testing.T) {
	s := open(t, plan{})
	ana, _ := s.joins("lobby", "Ana")
	bob, _ := s.joins("lobby", "Bob")
	const all = 2*parlour.SearchPage + 1
	for i := range all {
		bob.say(fmt.Sprintf("@Ana number %d.", i))
	}
	next, seen := "/mentions", 0
	for page := 0; next != "" && page < 9; page++ {
		body := ana.get(next).body
		for strings.Contains(body, fmt.Sprintf("</mark> number %d.", all-1-seen)) {
			seen++
		}
		next = ""
		if _, link, ok := strings.Cut(body, `href="/mentions?older=`); ok {
			link, _, _ = strings.Cut(link, `"`)
			next = "/mentions?older=" + link
		}
	}
	if seen != all {
		t.Errorf("%d of %d are listed, newest first", seen, all)
	}
	if a := ana.get("/mentions?older=nonsense"); a.status != http.StatusOK || !strings.Contains(a.body, fmt.Sprintf("number %d.", all-1)) {
		t.Errorf("a place that is none is answered %d", a.status)
	}
}

func TestCompletionOffersThoseWhoAreHereFirst(t *testing.T) {
	s := open(t, plan{})
	ana, _ := s.joins("lobby", "Ana")
	for _, name := range []string{"Anders", "Andréa <b>", "Andrew", "Bob", "Andrea Long"} {
		v, _ := s.joins("lobby", name)
		v.want("entering", v.get("/rooms/lobby"), http.StatusOK) // now they are here
	}
	// Who holds a seat and is not there: known to the store alone.
	_, err := s.store.TakeSeat(t.Context(), parlour.Seat{
		Room: s.lobby().ID, Person: "paway", Name: "And Away", Guest: true, Admitted: true, Since: time.Now(), SeenAt: time.Now(),
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	complete := func(v *visitor, typed string) (names []string) {
		t.Helper()
		a := v.want("completing", v.post("/rooms/lobby/completion", url.Values{"name": {typed}}, "HX-Request", "true"), http.StatusOK)
		for _, button := range strings.Split(a.body, `value="`)[1:] {
			name, _, _ := strings.Cut(button, `"`)
			names = append(names, name)
		}
		return names
	}
	has := func(typed string, want ...string) {
		t.Helper()
		got := complete(ana, typed)
		if len(got) != len(want) {
			t.Errorf("%q is completed to %q, want %q", typed, got, want)
		}
		for _, name := range want {
			if !strings.Contains(strings.Join(got, "|"), name) {
				t.Errorf("%q is completed to %q, want %q", typed, got, want)
			}
		}
	}
	has("an", "Anders", "Andréa &lt;b&gt;", "Andrew", "Andrea Long", "And Away") // and not oneself
	has("ANDREA", "Andréa &lt;b&gt;", "Andrea Long")
	has("andrea ", "Andréa &lt;b&gt;", "Andrea Long")
	has("andrew", "Andrew")
	has("andrew ")
	has("x")
	has("")
	has("\u202e")
	if got := complete(ana, "and"); len(got) != 5 || got[4] != "And Away" {
		t.Errorf("those who are not there come in between: %q", got)
	}
	for i := range 12 {
		s.joins("lobby", fmt.Sprintf("Many %d", i)) // and none of them is
	}
	s.member("Anselm") // and has no seat here
	has("ans")         // guests are not told who belongs to the house
	ada := s.member("Ada")
	ada.want("entering", ada.get("/rooms/lobby"), http.StatusOK)
	if got := complete(ada, "ans"); len(got) != 1 || got[0] != "Anselm" {
		t.Errorf("a member is offered %q", got)
	}
	if got := complete(ana, "many"); len(got) != parlour.MaxCompletions {
		t.Errorf("%d names are offered", len(got))
	}
}

// A room that one may not see may not be read, whoever may read it otherwise.
func TestCompletionOffersNobodyWhoMayNotSeeTheRoom(t *testing.T) {
	s := open(t, plan{})
	room, err := s.store.CreateRoom(t.Context(), parlour.Room{Slug: "hidden", Name: "Hidden", Access: parlour.Access{
		See: parlour.ListedOnly, Read: parlour.Members, Post: parlour.Members, Upload: parlour.Members,
	}})
	if err != nil {
		t.Fatal(err)
	}
	ada := s.member("Ada")
	for _, name := range []string{"Ada", "Ansgar"} {
		if name != "Ada" {
			s.member(name)
		}
		account, err := s.store.MemberNamed(t.Context(), parlour.NameKey(name))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.store.SetRole(t.Context(), room.ID, account.ID, parlour.Listed, false, parlour.LogEntry{At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	s.member("Anselm")
	ada.want("entering", ada.get("/rooms/hidden"), http.StatusOK)
	a := ada.want("completing", ada.post("/rooms/hidden/completion", url.Values{"name": {"ans"}}, "HX-Request", "true"), http.StatusOK)
	if !strings.Contains(a.body, "Ansgar") || strings.Contains(a.body, "Anselm") {
		t.Errorf("Ada is offered\n%s", a.body)
	}
}

func TestCompletingTooOftenHasToWait(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{Limits: true}})
	v := s.guest()
	for range 100 {
		if a := v.post("/rooms/lobby/completion", url.Values{"name": {"a"}}, "HX-Request", "true"); a.status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("nobody is told to wait")
}
