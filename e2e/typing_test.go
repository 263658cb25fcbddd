package e2e

import (
	"testing"
	"time"
)

// shownTyping is the line above the composer as it is seen.
const shownTyping = `document.querySelector('#typing').innerText.trim()`

// seesTyping waits until a line is shown, while those who type go on.
func (p *person) seesTyping(line string, goOn ...func()) {
	p.t.Helper()
	var last time.Time
	until(p.t, "the line is "+line, func() bool {
		if time.Since(last) > time.Second {
			for _, types := range goOn {
				types()
			}
			last = time.Now()
		}
		isSo, err := trySee[bool](p, shownTyping+` === %s`, line)
		return err == nil && isSo
	})
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
	dan := enters(t, house, "Dan")
	anaTypes := func() {
		see[bool](ana, `document.querySelector('#ta').dispatchEvent(new InputEvent('input', {bubbles: true}))`)
	}
	cleoTypes := func() { cleo.post("/rooms/lobby/typing", nil) }
	danTypes := func() { dan.post("/rooms/lobby/typing", nil) }
	bob.seesTyping("Ana is typing", anaTypes)
	bob.seesTyping("Ana and Cleo are typing", anaTypes, cleoTypes)
	ana.seesTyping("Cleo is typing", cleoTypes)
	bob.seesTyping("Ana and 2 others are typing", anaTypes, cleoTypes, danTypes)
	ana.seesTyping("Cleo and Dan are typing", cleoTypes, danTypes)

	ana.say("lo")
	bob.hears("Hello")
	bob.seesTyping("Cleo and Dan are typing", cleoTypes, danTypes)
	cleo.says("me first")
	bob.seesTyping("Dan is typing", danTypes)
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
	begun := time.Now()
	ana.typeInto("#ta", "o")
	ana.typing("n")
	bob.seesTyping("Ana is typing")
	ana.say("e")
	took := time.Since(begun)
	bob.hears("one")
	bob.seesTyping("")
	// After the throttle is over, a new one begins.
	see[bool](bob, `(window.seen = [], new MutationObserver(() => seen.push(`+shownTyping+`)).observe(document.querySelector('#typing'), {childList: true}), true)`)
	ana.waitFor("the last signal would have been sent", `(window.sentAt ??= performance.now(), performance.now() - sentAt > 4000)`)
	if n := ana.record.count(func(q request) bool { return q.method == "POST" && contains(q.url.Path, "/typing") }); n < 1 || n > 1+int(took/(3*time.Second)) {
		t.Errorf("%d signals were sent in %v, want one each 3 s", n, took)
	}
	if lines := see[[]string](bob, `seen`); len(lines) > 0 {
		t.Errorf("Bob was told %q", lines)
	}
	ana.typeInto("#ta", "two")
	bob.seesTyping("Ana is typing")
}
