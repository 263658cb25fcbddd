package e2e

import (
	"strings"
	"testing"
)

// keepsDraft waits until what somebody does to the text in the composer is kept.
func (p *person) keepsDraft(does func()) {
	p.t.Helper()
	saved := func(q request) bool {
		return q.method == "POST" && strings.HasSuffix(q.url.Path, "/draft") && q.status == 204 && q.isOver
	}
	before := p.record.count(saved)
	does()
	until(p.t, "the draft is kept", func() bool { return p.record.count(saved) > before })
}

// finds requires that a text stands in the composer of a room that is opened anew.
func (p *person) finds(text string) {
	p.t.Helper()
	p.visit("/rooms/lobby")
	p.listening()
	if got := p.written(); got != text {
		p.t.Errorf("the composer has %q, want %q", got, text)
	}
}

func TestDraftWaitsInAnotherBrowser(t *testing.T) {
	t.Parallel()
	house := start(t)
	desk := newPerson(t, house)
	desk.setsUp("Ada")
	desk.goesIn("lobby")
	desk.say("hello")
	desk.hears("hello")
	desk.keepsDraft(func() { desk.typeInto("#ta", "on my way ho") })

	phone := newPerson(t, house, seeing(390, 800))
	phone.signsIn("Ada")
	phone.goesIn("lobby")
	if got := phone.written(); got != "on my way ho" {
		t.Fatalf("the other browser has %q", got)
	}
	phone.typeInto("#ta", "me")
	phone.sends()
	desk.finds("")
	phone.finds("")
	desk.keepsDraft(func() { desk.typeInto("#ta", "not now") })
	phone.finds("not now")
	see[bool](desk, `(document.querySelector('#ta').select(), true)`)
	desk.keepsDraft(func() { desk.press("\b") })
	phone.finds("")
	if n := desk.record.posts(); n != 1 {
		t.Errorf("%d messages were sent from the desk", n)
	}
}

func TestGuestFindsTheirDraftAfterAReload(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.keepsDraft(func() { ana.typeInto("#ta", "half a\npoem") })
	ana.finds("half a\npoem")
	bob.finds("")
	tab := ana.tab()
	tab.finds("half a\npoem")
	tab.focus("#ta")
	tab.sends()
	bob.hears("half a\npoem")
	tab.finds("")
	ana.comesToFront()
	ana.finds("")

	// What is sent before one pauses is never kept at all.
	saves := func() int {
		return ana.record.count(func(q request) bool { return strings.HasSuffix(q.url.Path, "/draft") })
	}
	before := saves()
	// In one breath: a slow machine would pause between a key and the next.
	see[bool](ana, `(document.querySelector('#ta').focus(), document.execCommand('insertText', false, 'at once'),
		document.querySelector('#composer').requestSubmit(), true)`)
	ana.hears("at once")
	ana.waitFor("a pause is over", `(window.paused ??= performance.now(), performance.now() - window.paused > 2500)`)
	if n := saves() - before; n != 0 {
		t.Errorf("%d drafts were kept of what was sent at once", n)
	}
}

func TestDraftOfWhatIsRefusedIsFoundAgain(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.keepsDraft(func() { ana.typeInto("#ta", "/dance") })
	ana.sends()
	ana.getsBack("/dance")
	ana.finds("/dance")
	see[bool](ana, `(document.querySelector('#ta').value = '', true)`)
	ana.say("no dance then")
	ana.hears("no dance then")
	ana.finds("")
}

func TestDraftIsKeptAndFoundWithoutScripts(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana := newPerson(t, house, scriptless)
	ana.enter("Ana")
	const frame = `document.querySelector('iframe.compose')?.contentDocument`
	ana.waitFor("the composer has the focus", focusFrame)
	ana.typing("half a poem")
	see[bool](ana, `(`+frame+`.querySelector('button[formaction$="/draft"]').focus(), true)`)
	ana.press("\r")
	ana.waitFor("it is told that the draft is kept", `(d => d?.querySelector('#told')?.innerText.includes('draft is kept')
		&& d.querySelector('#ta').value === 'half a poem')(`+frame+`)`)
	ana.visit("/rooms/lobby")
	ana.waitFor("the draft is back", `(d => d?.querySelector('#ta')?.value === 'half a poem')(`+frame+`)`)
	ana.waitFor("the composer has the focus", focusFrame)
	ana.press("\t")
	ana.press("\r")
	ana.waitFor("it was said", frameHas, "half a poem")
	ana.visit("/rooms/lobby")
	ana.waitFor("the composer is empty", `(d => d?.readyState === 'complete' && d.querySelector('#ta')?.value === '')(`+frame+`)`)
}

func TestLinkToAMessageLeadsThroughTheDoor(t *testing.T) {
	t.Parallel()
	house := start(t)
	bob := newPerson(t, house)
	bob.enter("Bob")
	for _, text := range []string{"one", "two", "three"} {
		bob.say(text)
		bob.hears(text)
	}
	at := see[string](bob, `[...document.querySelectorAll('article')].find(e => e.innerText.includes('two')).querySelector('a.at').getAttribute('href')`)
	ana := newPerson(t, house)
	ana.visit(at)
	ana.isAt("/rooms/lobby/join")
	ana.typeInto("input[name=name]", "Ana")
	ana.takesTime()
	ana.submit("form.door button")
	ana.isAt(at)
	if marked := see[string](ana, `document.querySelector('article:target')?.innerText ?? ''`); !contains(marked, "two") {
		t.Errorf("the message that she came for is not marked, but %q", marked)
	}
}

func TestNickRenamesOnThePageToo(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.say("/nick Ana Maria")
	ana.waitFor("she is told", `document.querySelector('#told')?.innerText === 'You are Ana Maria now.'`)
	if known := see[string](ana, `document.querySelector('#known').textContent.trim()`); known != "You are Ana Maria" {
		t.Errorf("her page says %q", known)
	}
	bob.waitFor("the room knows", `document.querySelector('#presence').textContent.includes('Ana Maria')`)
	ana.say(`/shrug who _knows`)
	bob.hears(`who _knows ¯\_(ツ)_/¯`)
}
