package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"parlour"
)

// Without JavaScript the room is two frames: one that never ends, and the
// composer.
const (
	frameText  = `document.querySelector('iframe.messages')?.contentDocument?.body?.innerText ?? ''`
	frameHas   = `(` + frameText + `).includes(%s)`
	focusFrame = `(e => { e?.focus(); return e != null })(document.querySelector('iframe.compose')?.contentDocument?.querySelector('#ta'))`
)

// saysInFrame writes in the composer's frame and sends it by its button: in a
// plain textarea Enter is a new line.
func (p *person) saysInFrame(text string) {
	p.t.Helper()
	p.waitFor("the composer is empty and can be written in", `document.querySelector('iframe.compose')?.contentDocument?.readyState === 'complete' && document.querySelector('iframe.compose').contentDocument.querySelector('#ta')?.value === ''`)
	p.waitFor("the composer has the focus", focusFrame)
	p.typing(text)
	see[bool](p, `(document.querySelector('iframe.compose').contentWindow.isOld = true)`)
	p.press(kb.Tab)
	p.press(kb.Enter)
	p.waitFor("the composer is sent", `document.querySelector('iframe.compose')?.contentDocument?.readyState === 'complete' && !document.querySelector('iframe.compose').contentWindow.isOld`)
}

func TestPeopleWithoutScriptsTalk(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms")
	bob := newPerson(t, house)
	bob.enter("Bob")
	bob.say("before")
	ana := newPerson(t, house, scriptless)
	ana.enter("Ana")
	ana.waitFor("what was said before is read", frameHas, "before")
	ana.saysInFrame("I have no scripts")
	bob.hears("I have no scripts")
	ana.waitFor("her own message is read", frameHas, "I have no scripts")
	bob.say("it works anyway")
	ana.waitFor("what is said is read live", frameHas, "it works anyway")
	ana.saysInFrame("one more")
	ana.waitFor("one more is read", frameHas, "one more")
	bob.hasSaid("before", "I have no scripts", "it works anyway", "one more")
	if n := ana.record.openStreams(); n != 0 {
		t.Errorf("%d streams are open without scripts", n)
	}
}

// A line of comings is one message that is changed when the next one comes, so
// it shows whether a change reaches the page that cannot run scripts.
func TestChangesReachPeopleWithoutScripts(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms", "--shutdown-grace", "500ms")
	ana := newPerson(t, house, scriptless)
	ana.enter("Ana")
	ana.waitFor("Ana's own coming is told", frameHas, "Ana")
	bob := newPerson(t, house)
	bob.enter("Bob")
	ana.waitFor("Bob's coming is told in the same line", `(d => [...d.querySelectorAll('article.quiet')].filter(e => e.checkVisibility()).length === 1
		&& d.querySelector('article.quiet').textContent.includes('Bob'))(document.querySelector('iframe.messages').contentDocument)`)
	bob.say("wrong")
	bob.say("useless")
	ana.waitFor("both are read", frameHas, "useless")

	house.Stop()
	house.inStore(func(ctx context.Context, store parlour.Store, lobby parlour.Room) {
		m := storedAs(t, store, lobby.ID, "wrong")
		if _, err := store.Edit(ctx, parlour.Revision{Room: lobby.ID, Seq: m.Seq, Kind: parlour.KindMessage, Body: "right", At: time.Now()}, parlour.LogEntry{}); err != nil {
			t.Fatal(err)
		}
		m = storedAs(t, store, lobby.ID, "useless")
		if _, err := store.Delete(ctx, lobby.ID, m.Seq, parlour.NoStub, time.Now()); err != nil {
			t.Fatal(err)
		}
	})
	house.again()
	ana.waitFor("the frame comes back by itself, with the edit", frameHas, "right")
	if text := see[string](ana, frameText); contains(text, "useless") || contains(text, "wrong") {
		t.Errorf("what was edited and deleted is still read:\n%s", text)
	}
}

func TestPagesOfPeopleWithoutScripts(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	bob.says("the very first")
	for range 60 {
		bob.says("and so on")
	}
	ana := newPerson(t, house, scriptless)
	ana.enter("Ana")
	ana.leavingPage(func() { ana.click(`noscript a[href*="before="], nav.frames a[href*="before="]`) })
	if text := ana.text("main"); !contains(text, "the very first") {
		t.Errorf("the page of older messages lacks the first:\n%s", text)
	}
	ana.visit("/rooms/lobby/people")
	if text := ana.text("main"); !contains(text, "Ana") {
		t.Errorf("the page of people lacks Ana:\n%s", text)
	}
	// Without frames the composer's page stands alone.
	ana.visit("/rooms/lobby/compose")
	ana.typeInto("#ta", "from the page")
	ana.leavingPage(func() { ana.click("button") })
	if got := bob.get("/rooms/lobby"); !contains(got.body, "from the page") {
		t.Error("what was written in the composer's page was not said")
	}
}
