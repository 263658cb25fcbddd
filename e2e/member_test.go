package e2e

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

const password = "correct horse battery staple"

// from gives a person an address of their own, as a proxy tells it. The program
// must be started with behindProxy.
func from(address string) trait {
	return func(p *person) {
		call(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
			Headers: network.Headers{"X-Forwarded-For": address},
		})
	}
}

var behindProxy = []string{"--trusted-proxies", "127.0.0.1/32"}

var linkInLog = regexp.MustCompile(`link="?(https?://[^\s"]+)`)

// setUpPath is where the link leads that the program logs while nobody runs the
// house.
func (p *program) setUpPath() string {
	p.t.Helper()
	var path string
	until(p.t, "the link that sets the house up is logged", func() bool {
		found := linkInLog.FindStringSubmatch(p.Log.String())
		if found == nil {
			return false
		}
		u, err := url.Parse(found[1])
		if err != nil {
			p.t.Fatal(err)
		}
		path = u.RequestURI()
		return true
	})
	return path
}

// fill writes a text into a field in place of what stood there.
func (p *person) fill(selector, text string) {
	p.t.Helper()
	p.focus(selector)
	see[bool](p, `(document.activeElement.select(), true)`)
	p.typing(text)
	if got := see[string](p, `document.querySelector(%s).value`, selector); got != text {
		p.t.Fatalf("%s holds %q, want %q", selector, got, text)
	}
}

// choose takes one of the options of a list.
func (p *person) choose(selector, value string) {
	p.t.Helper()
	if !see[bool](p, `(e => { if (!e) return false; e.value = %[2]s; return e.value === %[2]s })(document.querySelector(%[1]s))`, selector, value) {
		p.t.Fatalf("%s offers no %q on %s:\n%s", selector, value, p.at(), p.text("main"))
	}
}

// submit clicks on what sends a form or leads on, and waits for the page behind.
func (p *person) submit(selector string) {
	p.t.Helper()
	p.leavingPage(func() { p.click(selector) })
}

// isAt requires that the page is at a path.
func (p *person) isAt(path string) {
	p.t.Helper()
	if at := p.at(); at != path {
		p.t.Fatalf("the page is %s, want %s:\n%s", at, path, p.text("body"))
	}
}

// setsUp makes the person the first admin, by the link in the log.
func (p *person) setsUp(name string) {
	p.t.Helper()
	p.visit(p.program.setUpPath())
	p.fill("input[name=name]", name)
	p.fill("input[name=email]", email(name))
	p.fill("input[name=password]", password)
	p.submit("form[action='/setup'] button")
	p.isAt("/")
}

func email(name string) string { return strings.ToLower(name) + "@example.org" }

// signsUp makes the person a member.
func (p *person) signsUp(name string) {
	p.t.Helper()
	p.visit("/signup")
	p.fill("input[name=name]", name)
	p.fill("input[name=email]", email(name))
	p.fill("input[name=password]", password)
	p.submit("form[action='/signup'] button")
	p.isAt("/")
}

func (p *person) signsIn(name string) {
	p.t.Helper()
	p.visit("/login")
	p.fill("input[name=email]", email(name))
	p.fill("input[name=password]", password)
	p.submit("form[action='/login'] button")
	p.isAt("/")
}

// goesIn opens a room as a member, who needs no door.
func (p *person) goesIn(room string) {
	p.t.Helper()
	p.visit("/rooms/" + room)
	p.isAt("/rooms/" + room)
	if !p.isScriptless {
		p.listening()
	}
}

// makesPrivate makes a room that only those on its list know of.
func (p *person) makesPrivate(name, slug string) {
	p.t.Helper()
	p.makesRoom(name, slug, "private")
}

// makesRoom makes a room and comes to its settings.
func (p *person) makesRoom(name, slug, preset string) {
	p.t.Helper()
	p.visit("/")
	p.submit("a[href='/rooms/new']")
	p.fill("input[name=name]", name)
	p.fill("input[name=slug]", slug)
	p.click("input[name=preset][value=" + preset + "]")
	p.submit("form[action='/rooms/new'] button")
	p.isAt("/rooms/" + slug + "/settings")
}

// lists puts a member on a room's list.
func (p *person) lists(room, name string) {
	p.t.Helper()
	p.visit("/rooms/" + room + "/members")
	p.fill("input[name=member]", email(name))
	p.choose("select[name=role]", "listed")
	p.submit("form[action$='/members'] button")
	p.isAt("/rooms/" + room + "/members")
	if list := p.text("main"); !contains(list, name) {
		p.t.Fatalf("the list lacks %s:\n%s", name, list)
	}
}

func TestMemberEntersPrivateRoomOfWhichGuestsKnowNothing(t *testing.T) {
	t.Parallel()
	house := start(t)
	ada, ben, guest := newPerson(t, house), newPerson(t, house), newPerson(t, house)
	ada.setsUp("Ada")
	ada.makesPrivate("The Attic", "attic")
	ben.signsUp("Ben")

	ben.visit("/")
	if lobby := ben.text("main"); contains(lobby, "Attic") {
		t.Errorf("the lobby shows a private room to a member who is not on its list:\n%s", lobby)
	}
	ada.lists("attic", "Ben")
	ben.visit("/")
	ben.submit("a[href='/rooms/attic']")
	ben.isAt("/rooms/attic")
	ben.listening()
	ada.goesIn("attic")
	ada.say("just us")
	ben.hears("just us")
	ben.say("and the spiders")
	ada.hears("and the spiders")

	guest.enter("Cleo")
	guest.visit("/")
	if lobby := guest.text("main"); contains(lobby, "Attic") {
		t.Errorf("the lobby shows a private room to a guest:\n%s", lobby)
	}
	for _, below := range []string{"", "/join", "/live", "/people", "/settings", "/moderation", "/messages/1"} {
		hidden, missing := guest.looks("/rooms/attic"+below), guest.looks("/rooms/never-was"+below)
		if hidden != strings.ReplaceAll(missing, "never-was", "attic") || hidden == "" {
			t.Errorf("%q of a private room is\n%s\nand of one that never was\n%s", below, hidden, missing)
		}
	}
	outside := guest.double()
	hidden, missing := outside.get("/rooms/attic"), outside.get("/rooms/never-was")
	if hidden.status != 404 || missing.status != 404 || hidden.body != strings.ReplaceAll(missing.body, "never-was", "attic") {
		t.Errorf("a private room answers %d, one that never was %d, with\n%s\nand\n%s", hidden.status, missing.status, hidden.body, missing.body)
	}
	asks := []as{with("Accept", "text/event-stream"), with("HX-Request", "true")}
	hidden, missing = outside.get("/rooms/attic/events", asks...), outside.get("/rooms/never-was/events", asks...)
	if hidden.status != missing.status || hidden.body != missing.body || contains(hidden.body, "ttic") {
		t.Errorf("the stream of a private room answers %d, of one that never was %d, with\n%s\nand\n%s", hidden.status, missing.status, hidden.body, missing.body)
	}
	if ada.visit(house.setUpPath()); !contains(ada.text("main"), "410") {
		t.Errorf("the link that set the house up still works:\n%s", ada.text("main"))
	}
}

// looks is the whole page at an address, as the browser has it.
func (p *person) looks(path string) string {
	p.t.Helper()
	p.visit(path)
	p.isAt(path)
	return see[string](p, `document.documentElement.outerHTML`)
}

func TestSigningOutInOneTabEndsTheStreamOfTheOther(t *testing.T) {
	t.Parallel()
	house := start(t, encrypted(t)...) // where tabs that are not seen keep their streams
	ada := newPerson(t, house)
	ada.setsUp("Ada")
	ada.goesIn("lobby")
	ada.typeInto("#ta", "half a sentence")
	other := ada.tab()
	other.visit("/account")
	if n := ada.record.openStreams(); n != 1 {
		t.Fatalf("the tab behind has %d streams", n)
	}
	other.submit("form[action='/logout'] button")
	ada.deaf()
	ada.comesToFront()
	ada.waitFor("the page says that the stream has ended", `document.querySelector('[role=status].ended')?.innerText.length > 0`)
	if kept := ada.written(); kept != "half a sentence" {
		t.Errorf("the composer has %q", kept)
	}
	ada.press("\r")
	ada.getsBack("half a sentence")
	ada.visit("/account")
	ada.isAt("/login")
	ada.signsIn("Ada")
	ada.goesIn("lobby")
}
