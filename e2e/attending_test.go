package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

func TestRefusedNameIsKeptWithItsReason(t *testing.T) {
	t.Parallel()
	house := start(t)
	enters(t, house, "Bob")
	ana := newPerson(t, house)
	ana.visit("/rooms/lobby/join")
	ana.typeInto("input[name=name]", "bob")
	ana.takesTime()
	ana.leavingPage(func() { ana.press(kb.Enter) })
	if at := ana.at(); at != "/rooms/lobby/join" {
		t.Fatalf("a taken name led to %s", at)
	}
	if reason := ana.text("[role=alert]"); reason == "" {
		t.Error("no reason is given")
	}
	if kept := see[string](ana, `document.querySelector('input[name=name]').value`); kept != "bob" {
		t.Errorf("what was typed became %q", kept)
	}
	ana.typeInto("input[name=name]", "ette")
	ana.takesTime()
	ana.leavingPage(func() { ana.press(kb.Enter) })
	if at := ana.at(); at != "/rooms/lobby" {
		t.Errorf("a free name led to %s", at)
	}
}

func TestRenamingIsToldAndKeepsWhatWasSaid(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	bob.attends("Ana")
	ana.say("said as Ana")
	bob.hears("said as Ana")
	ana.visit("/rooms/lobby/join")
	see[bool](ana, `(document.querySelector('input[name=name]').select(), true)`)
	ana.typing("Anna")
	ana.takesTime()
	ana.leavingPage(func() { ana.press(kb.Enter) })
	if at := ana.at(); at != "/rooms/lobby" {
		t.Fatalf("renaming led to %s:\n%s", at, ana.text("body"))
	}
	bob.waitFor("the renaming is told", lastLineTells, "Anna")
	bob.waitFor("Anna is present", `document.querySelector('#presence').textContent.includes('Anna')`)
	ana.say("said as Anna")
	bob.hears("said as Anna")
	authors := see[[]string](bob, `[...document.querySelectorAll('#list article.say .who')].map(e => e.textContent)`)
	if !equal(authors, []string{"Ana", "Anna"}) {
		t.Errorf("the authors are %q", authors)
	}
}

func TestLeavingEndsTheOtherTabsToo(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms", "--leave-grace", "30s")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	bob.attends("Ana")
	bob.say("stay!")
	second := ana.tab()
	second.visit("/rooms/lobby")
	second.hears("stay!")
	second.leavingPage(func() { second.leave() })
	if at := second.at(); strings.HasPrefix(at, "/rooms/lobby") && at != "/rooms/lobby/join" {
		t.Errorf("who left is at %s", at)
	}
	bob.waitFor("the leaving is told, without a grace time", lastLineTells, "Ana")
	bob.waitFor("Ana is not present", `!document.querySelector('#presence').textContent.includes('Ana')`)

	ana.comesToFront()
	ana.waitFor("the first tab says that one has left", `document.querySelector('#live[role=status], #live [role=status], [role=status].ended')?.innerText.length > 0`)
	ana.say("can you hear me?")
	ana.getsBack("can you hear me?")
	bob.hasSaid("stay!")

	// The name is free again.
	cleo := newPerson(t, house)
	cleo.enter("Ana")
}

// leave uses the form of the room's page, which may have to be opened first.
func (p *person) leave() {
	p.t.Helper()
	if !see[bool](p, `document.querySelector('form[action$="/leave"]').checkVisibility()`) {
		p.click("[popovertarget=side]")
		p.waitFor("the side is shown", `document.querySelector('form[action$="/leave"]').checkVisibility()`)
	}
	p.click(`form[action$="/leave"] button`)
}

func TestEndedSessionSaysSoAndKeepsTheText(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.listening()
	call(ana, network.ClearBrowserCookies, cdp.Empty{})
	ana.say("am I still here?")
	ana.getsBack("am I still here?")

	ana.tab()
	ana.deaf()
	ana.comesToFront()
	ana.waitFor("the page says that the session has ended", `document.querySelector('[role=status].ended')?.innerText.length > 0`)
	if kept := ana.written(); kept != "am I still here?" {
		t.Errorf("the composer has %q", kept)
	}
	way := see[string](ana, `new URL(document.querySelector('[role=status].ended a').href).pathname`)
	ana.visit(way)
	if at := ana.at(); at != "/rooms/lobby/join" {
		t.Errorf("the way back leads to %s", at)
	}
}

func TestSecondTabIsTheSamePerson(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms", "--leave-grace", "300ms")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	bob.attends("Ana")
	second := ana.tab()
	second.visit("/rooms/lobby")
	second.listening()
	second.say("from my second tab")
	bob.hears("from my second tab")
	bob.waitFor("two people are present", `document.querySelectorAll('#presence li').length === 2`)
	ana.comesToFront()
	ana.hears("from my second tab")
	ana.say("from my first")
	second.comesToFront()
	second.hears("from my first")
	second.hasSaid("from my second tab", "from my first")
}

// A browser without scripts sends the form again when its page is reloaded. The
// key in the form makes both the same message.
func TestResubmittedPageIsOneMessage(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana := newPerson(t, house, scriptless)
	ana.enter("Ana")
	ana.visit("/rooms/lobby/compose")
	key := see[string](ana, `document.querySelector('input[name=key]').value`)
	ana.visit("/rooms/lobby/compose")
	if other := see[string](ana, `document.querySelector('input[name=key]').value`); key == "" || other == key {
		t.Fatalf("two forms have the keys %q and %q", key, other)
	}
	double := ana.double()
	for range 2 {
		got := double.post("/rooms/lobby/messages", url.Values{"body": {"only once"}, "key": {key}})
		if got.status != http.StatusSeeOther {
			t.Errorf("the form was answered with %d", got.status)
		}
	}
	if n := strings.Count(double.get("/rooms/lobby").body, "only once"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}
