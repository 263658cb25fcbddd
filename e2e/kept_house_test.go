package e2e

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// keptHouse is a house with an admin, a room in which there is something for
// moderators to do, and invitations.
type keptHouse struct {
	*program
	ada, guest *visitor // the admin; a guest in the room
	waiting    *visitor // a guest who waits to be let in
	person     string   // where an admin does something with a member
	// inside are the pages of the admin, outside those of anybody.
	inside, outside []housePage
}

type housePage struct{ name, path string }

// at is the path without a query.
func (page housePage) at() string {
	at, _, _ := strings.Cut(page.path, "?")
	return at
}

var (
	madeOnPage = regexp.MustCompile(`<code dir="ltr" class="address">([^<]+)</code>`)
)

// expects requires the status of an answer.
func (got answer) expects(t *testing.T, status int) answer {
	t.Helper()
	if got.status != status {
		t.Fatalf("answered with %d, want %d:\n%s", got.status, status, got.body)
	}
	return got
}

// made is the path of a link that is shown on a page once.
func (got answer) made(t *testing.T) string {
	t.Helper()
	found := madeOnPage.FindStringSubmatch(got.body)
	if found == nil {
		t.Fatalf("no link is shown:\n%s", got.body)
	}
	u, err := url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return u.RequestURI()
}

// kitchen are the settings of the room, to which a test adds its own.
func kitchen(more ...string) url.Values {
	form := url.Values{
		"name": {"Kitchen"}, "slug": {"kitchen"}, "preset": {"open"}, "topic": {"What is for dinner?"},
		"description": {"Everybody cooks."}, "rules": {"Wash your hands.\nTwice."},
	}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func kept(t *testing.T) *keptHouse {
	t.Helper()
	h := &keptHouse{program: start(t, "--limits", "off", "--join-grace", "50ms", "--shutdown-grace", "100ms")}
	h.ada, h.guest, h.waiting = newVisitor(t, h.program), newVisitor(t, h.program), newVisitor(t, h.program)
	setUp, err := url.Parse(h.setUpPath())
	if err != nil {
		t.Fatal(err)
	}
	post := func(who *visitor, status int, path string, fields ...string) answer {
		t.Helper()
		form := url.Values{}
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		return who.post(path, form).expects(t, status)
	}
	const done, room = http.StatusSeeOther, "/rooms/kitchen"
	post(h.ada, done, "/setup", "token", setUp.Query().Get("token"), "name", "Ada", "email", email("Ada"), "password", password)
	ben := newVisitor(t, h.program)
	post(ben, done, "/signup", "name", "Ben", "email", email("Ben"), "password", password)
	h.ada.post("/rooms/new", kitchen()).expects(t, done)
	post(h.ada, done, room+"/members", "member", "Ben", "role", "listed")
	h.ada.get(room).expects(t, http.StatusOK)

	rude := newVisitor(t, h.program)
	for name, who := range map[string]*visitor{"Gus": h.guest, "Rude": rude} {
		post(who, done, room+"/join", "name", name)
		who.get(room).expects(t, http.StatusOK)
		post(who, done, room+"/messages", "body", "I am "+name)
	}
	post(h.ada, done, room+"/moderation/filters", "kind", "word", "pattern", "knife", "act", "hold")
	post(h.guest, done, room+"/messages", "body", "where is the knife?")
	said := regexp.MustCompile(`href="(`+room+`/messages/\d+)/menu"`).FindAllStringSubmatch(h.ada.get(room).body, -1)
	if len(said) < 2 {
		t.Fatal("the room's page leads to no messages")
	}
	message := said[0][1]
	post(h.guest, done, said[1][1]+"/report", "reason", "nobody asked")
	post(h.ada, done, message+"/report", "reason", "nobody asked me either")
	var person string
	about := regexp.MustCompile(`name="person" value="(\w+)"`)
	for _, m := range said {
		page := h.ada.get(m[1] + "/menu").body
		if found := about.FindStringSubmatch(page); found != nil && strings.Contains(page, "I am Rude") {
			post(h.ada, done, room+"/moderation/sanctions", "person", found[1], "kind", "mute", "for", "1h", "reach", "person", "reason", "rude")
			person = found[1]
		}
	}
	if person == "" {
		t.Fatal("no page offers to mute somebody")
	}
	h.ada.post(room+"/settings", kitchen("waiting_room", "1", "password", "sesame open")).expects(t, done)
	post(h.waiting, done, room+"/join", "name", "Wim", "password", "sesame open")
	invitation := post(h.ada, http.StatusCreated, room+"/invitations", "role", "listed", "uses", "3", "for", "7d", "note", "for friends").made(t)
	toHouse := post(h.ada, http.StatusCreated, "/admin/invitations", "uses", "1", "for", "1h").made(t)
	people := h.ada.get("/admin/people").body
	account := regexp.MustCompile(`/admin/people/(\w+)"`).FindStringSubmatch(people)
	if account == nil {
		t.Fatalf("the page of people offers nothing:\n%s", people)
	}
	h.person = "/admin/people/" + account[1]
	reset := post(h.ada, http.StatusCreated, h.person, "do", "reset").made(t)

	h.inside = []housePage{
		{"account", "/account"}, {"mentions", "/mentions"}, {"lobby", "/"}, {"new room", "/rooms/new"}, {"room", room},
		{"settings", room + "/settings"}, {"archive", "/rooms/lobby/settings?done=saved"}, {"members", room + "/members"},
		{"invitations", room + "/invitations"}, {"moderation", room + "/moderation"}, {"log", room + "/moderation/log"},
		{"person", room + "/people/" + person}, {"people", room + "/people"}, {"message", message + "/menu"}, {"edit", message + "/edit"}, {"earlier texts", message + "/revisions"},
		{"administration", "/admin"}, {"all rooms", "/admin/rooms"}, {"all people", "/admin/people"},
		{"nobody found", "/admin/people?search=nobody"}, {"invitations to the house", "/admin/invitations"},
		{"settings of the house", "/admin/settings"}, {"moderation of the house", "/admin/moderation"},
		{"log of the house", "/admin/moderation/log"}, {"invited member", invitation},
	}
	h.outside = []housePage{
		{"sign in", "/login"}, {"sign up", "/signup"}, {"sign up by invitation", "/signup?invite=" + strings.TrimPrefix(toHouse, "/invite/")},
		{"forgot without mail", "/forgot"}, {"reset", reset}, {"invited", invitation}, {"invited to the house", toHouse},
		{"door with password", room + "/join"},
	}
	return h
}

func TestPagesOfKeptHouseAreAccessible(t *testing.T) {
	t.Parallel()
	source := axe(t)
	house := kept(t)
	empty := start(t, "--smtp-url", "smtp://127.0.0.1:1", "--mail-from", "house@example.org", "--public-url", "http://parlour.example")
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, house.program, liking(scheme), seeing(1280, 800))
			for _, page := range house.outside {
				p.visit(page.path)
				p.isAt(page.at())
				p.isAccessible(source, page.name)
			}
			p.visit("/signup")
			p.fill("input[name=name]", "Cleo")
			p.fill("input[name=email]", "cleo@example.org")
			p.fill("input[name=password]", "short")
			p.submit("form[action='/signup'] button")
			p.isAccessible(source, "a refused sign-up")
			p.visit("/login")
			p.fill("input[name=email]", "nobody@example.org")
			p.fill("input[name=password]", "short")
			p.submit("form[action='/login'] button")
			p.isAccessible(source, "a refused sign-in")
			p.signsIn("Ada")
			for _, page := range house.inside {
				p.visit(page.path)
				p.isAt(page.at())
				p.isAccessible(source, page.name)
			}
			p.visit("/rooms/kitchen/moderation")
			p.choose("select[name=kind]", "regex")
			p.fill("input[name=pattern]", "(")
			p.submit("form[action$='/moderation/filters'] button")
			p.isRefusedBeside("pattern")
			p.isAccessible(source, "a refused filter")
			p.visit("/rooms/kitchen/settings")
			p.fill("input[name=slow]", "soon")
			p.submit("form[action$='/settings'] button")
			p.isRefusedBeside("slow")
			p.isAccessible(source, "refused settings")
			p.visit("/rooms/kitchen/members")
			p.fill("input[name=member]", "Nobody at all")
			p.submit("form[action$='/members'] button")
			p.isRefusedBeside("member")
			p.isAccessible(source, "a refused member")
			p.visit("/rooms/kitchen/invitations")
			p.submit("form[action$='/invitations'] button")
			if p.text("code.address") == "" {
				t.Error("no invitation was made")
			}
			p.isAccessible(source, "a made invitation")
			p.visit("/account")
			p.fill("input[name=zone]", "Nowhere")
			p.submit("form[action='/account/preferences'] button")
			p.isRefusedBeside("zone")
			p.isAccessible(source, "refused preferences")
			seeing(390, 844)(p)
			for _, path := range []string{"/account", "/rooms/kitchen/settings", "/rooms/kitchen/moderation", "/admin/people"} {
				p.visit(path)
				p.isAccessible(source, path+" on a telephone")
				if wide := see[int](p, `document.documentElement.scrollWidth`); wide > 390 {
					t.Errorf("%s is %d pixels wide on a telephone of 390", path, wide)
				}
			}

			first := newPerson(t, empty, liking(scheme), seeing(1280, 800))
			first.visit(empty.setUpPath())
			first.isAccessible(source, "set-up")
			first.visit("/forgot")
			first.isAccessible(source, "forgot")
		})
	}
	t.Run("waiting", func(t *testing.T) {
		t.Parallel()
		p := newPerson(t, house.program)
		p.visit("/rooms/kitchen/join")
		p.fill("input[name=name]", "Wanda")
		p.fill("input[name=password]", "sesame open")
		p.submit("form.door button")
		// A refresh while one reads is a barrier, but this page has one line, and
		// without scripts nothing else would bring people in.
		p.isAccessible(source, "the waiting room", "meta-refresh")
	})
}

func TestPagesOfKeptHouseAreValidHTML(t *testing.T) {
	t.Parallel()
	java, err := exec.LookPath("java")
	if err != nil {
		missing(t, "no Java is installed (apt-get install default-jre-headless)")
	}
	if _, err := os.Stat(checkerJar); err != nil {
		missing(t, "the Nu HTML checker is not there (npm ci in e2e)")
	}
	house := kept(t)
	empty := start(t, "--smtp-url", "smtp://127.0.0.1:1", "--mail-from", "house@example.org", "--public-url", "http://parlour.example")
	stranger, first := newVisitor(t, house.program), newVisitor(t, empty)
	dir := t.TempDir()
	keep := func(name string, page answer, status int) {
		t.Helper()
		if page.status != status {
			t.Errorf("%s was answered with %d, want %d:\n%s", name, page.status, status, page.body)
		}
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".html"), []byte(page.body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []string{"en", "ar"} {
		for _, page := range house.outside {
			keep("outside "+page.name+" "+lang, stranger.get(page.path, with("Accept-Language", lang)), 200)
		}
		for _, page := range house.inside {
			keep("inside "+page.name+" "+lang, house.ada.get(page.path, with("Accept-Language", lang)), 200)
		}
		keep("set-up "+lang, first.get(empty.setUpPath(), with("Accept-Language", lang)), 200)
		keep("forgot "+lang, first.get("/forgot", with("Accept-Language", lang)), 200)
		keep("waiting "+lang, house.waiting.get("/rooms/kitchen", with("Accept-Language", lang)), 200)
	}
	const room = "/rooms/kitchen"
	refused := func(name string, who *visitor, status int, path string, form url.Values) {
		t.Helper()
		keep("refused "+name, who.post(path, form), status)
	}
	ada := house.ada
	refused("sign-up", stranger, 422, "/signup", url.Values{"name": {"Cleo"}, "email": {"cleo@example.org"}, "password": {"short"}})
	refused("sign-in", stranger, 403, "/login", url.Values{"email": {"nobody@example.org"}, "password": {"short"}})
	refused("room", ada, 422, "/rooms/new", kitchen("slug", "Not An Address!"))
	refused("settings", ada, 422, room+"/settings", kitchen("slow", "soon"))
	refused("deletion", ada, 422, room+"/delete", url.Values{"confirm": {"bathroom"}})
	refused("member", ada, 422, room+"/members", url.Values{"member": {"Nobody at all"}, "role": {"listed"}})
	refused("invitation", ada, 422, room+"/invitations", url.Values{"role": {"listed"}, "uses": {"0"}})
	refused("filter", ada, 422, room+"/moderation/filters", url.Values{"kind": {"regex"}, "pattern": {"("}, "act": {"hold"}})
	refused("preferences", ada, 422, "/account/preferences", url.Values{"zone": {"Nowhere"}})
	refused("password", ada, 422, "/account/password", url.Values{"old": {password}, "password": {"short"}})
	keep("made invitation", ada.post(room+"/invitations", url.Values{"role": {"listed"}, "uses": {"1"}, "for": {"1h"}}), 201)
	keep("made reset", ada.post(house.person, url.Values{"do": {"reset"}}), 201)
	for _, complaint := range checkHTML(t, java, dir) {
		t.Error(complaint)
	}
}
