package e2e

import (
	"strings"
	"testing"
)

const (
	title  = `document.title`
	isAway = `document.visibilityState === 'hidden'`
)

// hides puts the person's tab behind another one, and waits until the page has
// noted it and, over HTTP/1.1, its stream is closed.
func (p *person) hides() {
	p.t.Helper()
	noted := p.asked()
	p.tab()
	p.waitFor("the tab is hidden", isAway)
	if !strings.HasPrefix(p.program.Address, "https://") {
		p.deaf()
	}
	until(p.t, "the page has noted that it is hidden", func() bool { return p.asked() > noted })
}

// asked is how often the page has asked for its title, and was answered.
func (p *person) asked() int {
	return p.record.count(func(q request) bool { return contains(q.url.Path, "/unread") && q.status == 200 && q.isOver })
}

// asks has the page ask now what it asks every half minute.
func (p *person) asks() {
	p.t.Helper()
	asked := p.asked()
	see[bool](p, `(document.querySelector('#dock [hx-trigger^=every]').dispatchEvent(new CustomEvent('every')), true)`)
	until(p.t, "the page has asked", func() bool { return p.asked() > asked })
}

func TestTitleOfAHiddenTabCountsWhatIsNew(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := newPerson(t, house)
	bob.enter("Bob")
	ana := enters(t, house, "Ana")
	ana.says("before")
	bob.hears("before")
	plain := see[string](bob, title)

	bob.hides()
	if now := see[string](bob, title); now != plain {
		t.Errorf("nothing was said, and the title is %q", now)
	}
	ana.says("one")
	ana.says("two")
	bob.asks()
	bob.waitFor("the title counts two", title+` === %s`, "(2) "+plain)
	ana.says("three")
	bob.asks()
	bob.waitFor("the title counts three", title+` === %s`, "(3) "+plain)

	bob.comesToFront()
	bob.hears("three")
	bob.waitFor("the title is as it was", title+` === %s`, plain)
	bob.listening()
	ana.says("four")
	bob.hears("four")
	before := bob.asked()
	see[bool](bob, `(document.querySelector('#dock [hx-trigger^=every]').dispatchEvent(new CustomEvent('every')), true)`)

	bob.hides()
	if n := bob.asked() - before; n != 1 {
		t.Errorf("the page asked %d times, want once: nobody asks while the tab is seen", n)
	}
	bob.asks()
	if now := see[string](bob, title); now != plain {
		t.Errorf("what was seen counts as new: %q", now)
	}
	ana.says("five")
	bob.asks()
	bob.waitFor("the title counts one", title+` === %s`, "(1) "+plain)
}

// Over HTTP/2 hidden tabs go on listening, and yet nobody has read what comes.
func TestTitleCountsWhatAHiddenTabHears(t *testing.T) {
	t.Parallel()
	house := start(t, encrypted(t)...)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.say("before")
	bob.hears("before")
	plain := see[string](bob, title)
	bob.hides()
	ana.say("one")
	ana.say("two")
	bob.hears("two")
	bob.asks()
	bob.waitFor("the title counts two", title+` === %s`, "(2) "+plain)
	bob.comesToFront()
	bob.waitFor("the title is as it was", title+` === %s`, plain)
	if see[bool](bob, isMarked) {
		t.Error("what was heard is marked as missed")
	}
}

// The browser's own clock, which runs slower for tabs that nobody sees.
func TestHiddenTabAsksByItself(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms", "--leave-grace", "45s")
	bob := newPerson(t, house)
	bob.enter("Bob")
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.attends("Bob")
	ana.say("Welcome")
	bob.hears("Welcome")
	bob.hides()
	cleo := enters(t, house, "Cleo")
	cleo.says("while you were away")
	waits := func(what string) {
		t.Helper()
		asked := bob.asked()
		ana.waitFor("half of the time is over", `(window.since ??= performance.now(), performance.now() - since > 17000)`)
		see[bool](ana, `(delete window.since, true)`)
		until(t, what, func() bool { return bob.asked() > asked })
	}
	waits("Bob's page asks")
	bob.waitFor("the title counts", title+`.startsWith('(1) ')`)
	waits("Bob's page asks again")
	// By now Bob has had no stream for longer than the grace.
	if lines := see[string](ana, `[...document.querySelectorAll('#list article.quiet')].map(e => e.innerText).join('\n')`); contains(lines, "Bob left") || !contains(lines, "Bob") {
		t.Errorf("the room was told %q", lines)
	}
	if here := ana.text("#presence"); !contains(here, "Bob") {
		t.Errorf("Bob is not present: %q", here)
	}
}
