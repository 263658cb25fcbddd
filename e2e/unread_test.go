package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const (
	isMarked   = `document.querySelector('#new') != null`
	afterMark  = `(e => { const said = []; while (e = e.nextElementSibling) { const b = e.querySelector('.body'); if (b) said.push(b.innerText) } return said })(document.querySelector('#new'))`
	markInView = `(e => { const m = e.getBoundingClientRect(), s = document.querySelector('#scroll').getBoundingClientRect(); return m.top >= s.top && m.bottom <= s.bottom })(document.querySelector('#new'))`
)

func TestWhatIsNewIsMarkedUntilOneHasSaidSomething(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	bob.say("before I go")
	ana.hears("before I go")
	bob.visit("/")
	var said []string
	for _, text := range []string{"one\nof\nmany\nlines", "two", "three"} {
		for range 8 {
			ana.say(text)
			said = append(said, text)
		}
	}
	ana.waitFor("Ana has said all", `document.querySelectorAll('#list article .body').length === 25`)

	bob.visit("/rooms/lobby")
	bob.listening()
	if got := see[[]string](bob, afterMark); !equal(got, said) {
		t.Errorf("%q is marked as new, want %q", got, said)
	}
	ana.say("while Bob reads")
	bob.hears("while Bob reads")
	if !see[bool](bob, isMarked) {
		t.Error("the mark is gone while Bob reads")
	}
	bob.say("I am back")
	bob.waitFor("the mark and the way to it are gone", `document.querySelector('#new, #to-new') == null`)
}

func TestLinkLeadsToWhatIsNew(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := newPerson(t, house, seeing(600, 500))
	bob.enter("Bob")
	bob.visit("/")
	ana := enters(t, house, "Ana")
	for range 30 {
		ana.says("something new")
	}
	bob.visit("/rooms/lobby")
	bob.listening()
	if see[bool](bob, markInView) {
		t.Fatal("the page does not open at the newest")
	}
	bob.click("#to-new > span")
	bob.waitFor("the mark is in view", markInView)
	bob.waitFor("the way to it is not shown any more", `getComputedStyle(document.querySelector('#to-new')).display === 'none'`)
}

func TestWhatIsNewIsMarkedWithoutScripts(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := newPerson(t, house, scriptless)
	bob.enter("Bob")
	bob.visit("/")
	ana := enters(t, house, "Ana")
	ana.says("something new")
	bob.visit("/rooms/lobby")
	bob.waitFor("the message is read", frameHas, "something new")
	if !see[bool](bob, `document.querySelector('iframe.messages').contentDocument.querySelector('#new')?.nextElementSibling.innerText.includes('something new') ?? false`) {
		t.Error("what is new is not marked in the frame")
	}
	bob.saysInFrame("I am back")
	bob.waitFor("Bob's own is read", frameHas, "I am back")
}

// isLongAway waits until whoever has no stream has looked elsewhere, and was not
// only cut off for a moment.
func (p *person) isLongAway() {
	p.t.Helper()
	p.waitFor("a while is over", `(window.since ??= performance.now(), performance.now() - since > 6000)`)
}

func TestWhatWasMissedIsMarkedWhenTheNetworkIsBack(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob, cleo := newPerson(t, house), newPerson(t, house)
	bob.enter("Bob")
	cleo.enter("Cleo")
	ana := enters(t, house, "Ana")
	ana.says("before")
	bob.hears("before")
	cleo.listening()

	bob.hides() // a stream that a browser has open it would keep, whatever network it is told of
	bob.goOffline()
	bob.comesToFront()
	bob.isLongAway()
	ana.says("one")
	ana.says("two")
	bob.goOnline()
	bob.hears("two")
	if got := see[[]string](bob, afterMark); !equal(got, []string{"one", "two"}) {
		t.Errorf("%q is marked as new", got)
	}
	if to := see[string](bob, `document.querySelector('#to-new').getAttribute('href')`); to != "#new" {
		t.Errorf("the way to it leads to %s", to)
	}
	cleo.hears("two")
	if see[bool](cleo, isMarked) {
		t.Error("who was there the whole time is shown a mark")
	}

	// Of two marks, the older goes.
	see[bool](bob, `(delete window.since, true)`)
	bob.hides()
	cleo.isLongAway()
	ana.says("three")
	bob.comesToFront()
	bob.hears("three")
	if n := see[int](bob, `document.querySelectorAll('#new').length`); n != 1 {
		t.Errorf("there are %d marks", n)
	}
	if got := see[[]string](bob, afterMark); !equal(got, []string{"three"}) {
		t.Errorf("%q is marked as new the second time", got)
	}
	bob.say("I am back")
	bob.waitFor("the mark and the way to it are gone", `document.querySelector('#new, #to-new') == null`)
}

// withoutScrollTimelines has the page look as in a browser that lacks them.
const withoutScrollTimelines = `(function without(rules) {
	for (let i = rules.cssRules.length - 1; i >= 0; i--) {
		const rule = rules.cssRules[i];
		if (!(rule instanceof CSSSupportsRule) || !rule.conditionText.includes('animation-timeline')) { if (rule.cssRules) without(rule); continue }
		const inner = rule.conditionText.startsWith('not') ? [...rule.cssRules].map(r => r.cssText) : [];
		rules.deleteRule(i);
		inner.reverse().forEach(text => rules.insertRule(text, i));
	}
	return true })([...document.styleSheets].find(s => s.href.includes('app')))`

func TestKeyboardLeadsBackToTheNewest(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana := enters(t, house, "Ana")
	for range 49 {
		ana.says("many")
	}
	ana.says("the newest")
	for name, look := range map[string]string{"scroll timelines": `true`, "no scroll timelines": withoutScrollTimelines} {
		bob := newPerson(t, house, seeing(800, 600))
		bob.enter("Bob with " + name)
		bob.hears("the newest")
		see[bool](bob, look)
		see[bool](bob, `(document.querySelector('#scroll').scrollBy(0, -900), true)`)
		bob.waitFor("one has scrolled up", scrolledUp+` > 600`)
		// Scroll timelines go by what was painted.
		bob.waitFor("there is a way back", `getComputedStyle(document.querySelector('#jump')).visibility === 'visible'`)
		bob.focus("#scroll")
		bob.press(kb.Tab)
		if at := see[string](bob, `document.activeElement.id`); at != "jump" {
			t.Fatalf("%s: Tab leads to %q", name, at)
		}
		bob.waitFor("the way back is seen", `(s => s.visibility === 'visible' && s.opacity === '1')(getComputedStyle(document.querySelector('#jump')))`)
		bob.press(kb.Enter)
		bob.waitFor("the newest is seen", isSeen, "the newest")
	}
}
