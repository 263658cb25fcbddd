package e2e

import "testing"

// shownTyping is the line above the composer as it is seen.
const shownTyping = `document.querySelector('#typing').innerText.trim()`

func (p *person) seesTyping(line string) {
	p.t.Helper()
	p.waitFor("the line is "+line, shownTyping+` === %s`, line)
}

func TestOthersSeeWhoIsTypingAndOneselfDoesNot(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	bob.listening()
	ana.listening()
	cleo := enters(t, house, "Cleo")

	// Kept: all that Ana was ever shown of herself, and where her composer was.
	see[bool](ana, `(window.seen = [], window.tops = new Set(), new MutationObserver(() => {
			seen.push(`+shownTyping+`); tops.add(document.querySelector('#composer').getBoundingClientRect().top) })
		.observe(document.querySelector('#typing'), {childList: true}), true)`)
	ana.typeInto("#ta", "Hel")
	bob.seesTyping("Ana is typing")
	cleo.post("/rooms/lobby/typing", nil)
	bob.seesTyping("Ana and Cleo are typing")
	ana.seesTyping("Cleo is typing")
	dan := enters(t, house, "Dan")
	dan.post("/rooms/lobby/typing", nil)
	bob.seesTyping("Ana and 2 others are typing")
	ana.seesTyping("Cleo and Dan are typing")

	ana.say("lo")
	bob.hears("Hello")
	bob.seesTyping("Cleo and Dan are typing")
	cleo.says("me first")
	bob.seesTyping("Dan is typing")
	bob.seesTyping("") // he has given up
	ana.seesTyping("")
	for _, line := range see[[]string](ana, `seen`) {
		if contains(line, "Ana") {
			t.Errorf("Ana was told that %s", line)
		}
	}
	if n := see[int](ana, `tops.size`); n != 1 {
		t.Errorf("the composer stood in %d places", n)
	}
}

// The last signal that htmx holds back comes after the message was sent.
func TestNobodyIsTypingOnceItIsSent(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	bob.listening()
	ana.typeInto("#ta", "o")
	ana.typing("n")
	bob.seesTyping("Ana is typing")
	ana.say("e")
	bob.hears("one")
	bob.seesTyping("")
	// After the throttle is over, a new one begins.
	see[bool](bob, `(window.seen = [], new MutationObserver(() => seen.push(`+shownTyping+`)).observe(document.querySelector('#typing'), {childList: true}), true)`)
	ana.waitFor("the last signal would have been sent", `(window.sentAt ??= performance.now(), performance.now() - sentAt > 4000)`)
	if n := ana.record.count(func(q request) bool { return q.method == "POST" && contains(q.url.Path, "/typing") }); n != 1 {
		t.Errorf("%d signals were sent for one message, want 1", n)
	}
	if lines := see[[]string](bob, `seen`); len(lines) > 0 {
		t.Errorf("Bob was told %q", lines)
	}
	ana.typeInto("#ta", "two")
	bob.seesTyping("Ana is typing")
}
