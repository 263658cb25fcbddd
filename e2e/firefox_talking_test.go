package e2e

import "testing"

// What Firefox shows is the room's messages, each once and in order.
const firefoxHas = `JSON.stringify([...document.querySelectorAll('#list article .body')].map(e => e.innerText)) === JSON.stringify(%s)`

// Firefox takes all of a small machine when it starts, so these tests run alone.

func TestFirefoxTalksAndComesBack(t *testing.T) {
	house := start(t, "--limits", "off", "--join-grace", "1h")
	bob := enters(t, house, "Bob")
	bob.says("before")
	fox := newFirefox(t, house)
	fox.enters("Fox")
	fox.waitFor("what was said before is there", firefoxHas, []string{"before"})
	// Before htmx has started, Enter would be a new line.
	fox.waitFor("htmx has started", `document.querySelector('#live')?._htmx?.sse != null`)
	bob.says("hello Fox")
	fox.waitFor("what is said comes live", firefoxHas, []string{"before", "hello Fox"})
	fox.typesInto("#ta", "hello Bob"+enterKey)
	fox.waitFor("one's own message is there", firefoxHas, []string{"before", "hello Fox", "hello Bob"})
	if !contains(bob.get("/rooms/lobby").body, "hello Bob") {
		t.Error("what Firefox sent was not said")
	}

	house.troubled = true
	house.Kill()
	fox.waitFor("the stream is cut", `!document.querySelector('#live')._htmx.sse.reader`)
	house.again()
	bob.says("you were away")
	fox.waitFor("what was missed is there, once", firefoxHas, []string{"before", "hello Fox", "hello Bob", "you were away"})
	bob.says("and back")
	fox.waitFor("the stream goes on", firefoxHas, []string{"before", "hello Fox", "hello Bob", "you were away", "and back"})

	for range 40 {
		bob.says("many")
	}
	bob.says("the newest")
	const (
		isAtEnd = `document.querySelector('#scroll').scrollTop > -1 && [...document.querySelectorAll('article .body')].at(-1).innerText === 'the newest'`
		there   = `(r => document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2).closest('#jump, #end')?.id)(document.querySelector('#jump > span').getBoundingClientRect()) === %s`
	)
	fox.waitFor("the end is in view", isAtEnd)
	fox.waitFor("the end covers the way back to it", there, "end")
	fox.waitFor("one scrolls up", `(s => { s.scrollTo(0, -600); return s.scrollTop < -500 })(document.querySelector('#scroll'))`)
	fox.waitFor("there is a way back", there, "jump")
	fox.typesInto("#jump", enterKey)
	fox.waitFor("one is back at the end", isAtEnd)
}

func TestFirefoxWithoutScriptsTalksAndComesBack(t *testing.T) {
	house := start(t, "--join-grace", "1h", "--shutdown-grace", "500ms")
	bob := enters(t, house, "Bob")
	bob.says("before")
	fox := newFirefox(t, house, `user_pref("javascript.enabled", false);`)
	fox.enters("Fox")
	fox.waitFor("what was said before is read", frameHas, "before")
	bob.says("hello Fox")
	fox.waitFor("what is said is read live", frameHas, "hello Fox")
	fox.inFrame("/compose", func() { fox.typesInto("#ta", "hello Bob"+tabKey+enterKey) })
	fox.waitFor("one's own message is read", frameHas, "hello Bob")

	house.Stop()
	house.again()
	bob.says("you were away")
	// It comes back by itself, unless the program takes too long to start: then the
	// frame has an error of the browser's, and there is a link.
	fox.waitFor("the frame comes back", `(frame => { if (!frame.contentDocument) document.querySelector('nav.frames a[target=messages]').click(); return `+frameHas+` })(document.querySelector('iframe.messages'))`, "you were away")
	fox.waitFor("each message is there once", `[...document.querySelector('iframe.messages').contentDocument.querySelectorAll('article .body')].map(e => e.textContent).join() === 'before,hello Fox,hello Bob,you were away'`)
}
