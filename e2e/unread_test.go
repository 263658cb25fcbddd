package e2e

import "testing"

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
