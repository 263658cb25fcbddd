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

func TestOneIsLedBackToTheNewest(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana := enters(t, house, "Ana")
	for range 49 {
		ana.says("many")
	}
	ana.says("the newest")
	// What is seen in the place of the way back.
	const there = `(r => document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2).closest('#jump, #end')?.id)(document.querySelector('#jump > span').getBoundingClientRect())`
	for name, goes := range map[string]func(*person){
		"mouse": func(bob *person) { bob.click("#jump > span") },
		"keyboard": func(bob *person) {
			bob.focus("#scroll")
			bob.press(kb.Tab)
			if at := see[string](bob, `document.activeElement.id`); at != "jump" {
				t.Fatalf("Tab leads to %q", at)
			}
			bob.press(kb.Enter)
		},
	} {
		bob := newPerson(t, house, seeing(800, 600))
		bob.enter("Bob with a " + name)
		bob.hears("the newest")
		bob.waitFor("the end covers the way back to it", there+` === 'end'`)
		see[bool](bob, `(document.querySelector('#scroll').scrollBy(0, -900), true)`)
		bob.waitFor("one has scrolled up", scrolledUp+` > 600`)
		bob.waitFor("there is a way back", there+` === 'jump'`)
		goes(bob)
		bob.waitFor("the newest is seen", isSeen, "the newest")
		bob.waitFor("one is at the end", scrolledUp+` < 1`)
	}
}
