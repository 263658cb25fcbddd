package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// marked are messages with all that people may write besides plain text.
var marked = []string{
	"*soft* **strong** ~~gone~~ `code` :tada: [a link](https://example.com/)",
	"Bring:\n- tea\n- a kettle\n  1. or two\n\n> who?\n> **me**\nand nobody else",
	"It was ||the *butler*|| after all",
	"```go\n// greet says hello\nfunc greet(name string) int {\n\treturn fmt.Println(\"hello\", name, 42, true) // and this line goes on and on, far beyond the edge of any telephone\n}\n```\nis Go",
	"```diff\n@@ -1 +1 @@\n-old\n+new\n```",
	"/me *waves* at ||everybody||",
	"مرحبا **بكم**\n\nand in English",
}

func TestMarkupIsSeenAndAccessible(t *testing.T) {
	t.Parallel()
	source := axe(t)
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	for _, body := range marked {
		bob.says(body)
	}
	keyword := make(map[string]string)
	for _, scheme := range []string{"light", "dark"} {
		ana := newPerson(t, house, liking(scheme), seeing(1280, 800))
		ana.enter("Ana " + scheme)
		ana.hears("soft strong gone code 🎉 a link")
		for _, element := range []string{"em", "strong", "del", "code", "a[rel~=nofollow]", "ul > li ol > li", "blockquote strong", "pre > code .c-key", "details.spoiler"} {
			if !see[bool](ana, `document.querySelector('#list .body ' + %s) != null`, element) {
				t.Errorf("there is no %s", element)
			}
		}
		if text := ana.text("#list .body blockquote"); text != "who?\nme" {
			t.Errorf("the quote is %q", text)
		}
		keyword[scheme] = see[string](ana, `getComputedStyle(document.querySelector('.c-key')).color`)
		if plain := see[string](ana, `getComputedStyle(document.querySelector('pre code')).color`); keyword[scheme] == plain {
			t.Errorf("in the %s a keyword has the colour of all else", scheme)
		}
		see[bool](ana, `([...document.querySelectorAll('#list .spoiler')].forEach(e => e.open = true), true)`)
		ana.isAccessible(source, "the room, "+scheme)
		seeing(390, 844)(ana)
		ana.isAccessible(source, "the room on a telephone, "+scheme)
		if see[bool](ana, `document.documentElement.scrollWidth > innerWidth || document.querySelector('#scroll').scrollWidth > document.querySelector('#scroll').clientWidth`) {
			t.Error("the page is wider than the telephone")
		}
		if !see[bool](ana, `(e => e.scrollWidth > e.clientWidth)(document.querySelector('#list pre'))`) {
			t.Error("long code does not scroll in its own box")
		}
	}
	if keyword["light"] == keyword["dark"] {
		t.Errorf("keywords are %s in light and dark", keyword["light"])
	}
}

func TestSpoilerIsOpenedByKeyboardAndStandsInItsLine(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	enters(t, house, "Bob").says("It was ||the butler|| after all")
	for name, traits := range map[string][]trait{"Ana": nil, "Anna": {scriptless}} {
		ana := newPerson(t, house, traits...)
		ana.enter(name)
		if ana.isScriptless {
			ana.visit("/rooms/lobby/live")
		}
		const hidden = `!document.querySelector('#list .spoiler > span').checkVisibility()`
		ana.waitFor("the spoiler hides", `document.querySelector('#list .spoiler') != null && `+hidden)
		if text := ana.text("#list article.say .body"); contains(text, "butler") || strings.Contains(text, "\n") {
			t.Errorf("before it is opened there is %q", text)
		}
		ana.focus("#list .spoiler summary")
		ana.press(kb.Enter)
		ana.waitFor("the spoiler tells", `!(`+hidden+`)`)
		if !see[bool](ana, `(s => Math.abs(s.querySelector('summary').getBoundingClientRect().bottom - s.querySelector('span').getBoundingClientRect().bottom) < 8)(document.querySelector('#list .spoiler'))`) {
			t.Error("an open spoiler does not stand in its line")
		}
	}
}

func TestPreviewShowsWhatWillBeSaid(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.typeInto("#ta", "a *soft* word")
	ana.click("#dock .tools button")
	ana.waitFor("the preview", `document.querySelector('#preview em')?.innerText === 'soft'`)
	if got := ana.written(); got != "a *soft* word" {
		t.Errorf("after the preview the composer has %q", got)
	}
	if said := bob.messages(); len(said) > 0 {
		t.Errorf("a preview says %q", said)
	}
	ana.focus("#ta")
	ana.press(kb.Enter)
	bob.hears("a soft word")
	ana.waitFor("the preview is gone", `document.querySelector('#preview').innerHTML === ''`)

	ana.typeInto("#ta", "/topic x")
	ana.click("#dock .tools button")
	ana.waitFor("the reason is told", `document.querySelector('#cerr').innerText.trim().length > 0`)
	if got := ana.written(); got != "/topic x" {
		t.Errorf("after a preview that was refused the composer has %q", got)
	}
	ana.goOffline()
	see[bool](ana, `(document.querySelector('#cerr').textContent = '', true)`)
	ana.click("#dock .tools button")
	ana.waitFor("the missing connection is told", `document.querySelector('#cerr').innerText.trim().length > 0`)
	ana.goOnline()
}

func TestPreviewWithoutScriptsIsAPage(t *testing.T) {
	t.Parallel()
	house := start(t)
	bob := newPerson(t, house)
	bob.enter("Bob")
	ana := newPerson(t, house, scriptless)
	ana.enter("Ana")
	ana.waitFor("the composer can be written in", focusFrame)
	ana.typing("a *soft* word")
	ana.press(kb.Tab) // to send
	ana.press(kb.Tab) // to preview
	ana.leavingPage(func() { ana.press(kb.Enter) })
	if at := ana.at(); at != "/rooms/lobby/preview" || ana.text(".preview em") != "soft" || ana.written() != "a *soft* word" {
		t.Fatalf("at %s there is\n%s", at, ana.text("body"))
	}
	if said := bob.messages(); len(said) > 0 {
		t.Errorf("a preview says %q", said)
	}
	ana.leavingPage(func() { ana.click(".composer .send") })
	if at := ana.at(); at != "/rooms/lobby" {
		t.Errorf("who sent it from the preview is at %s", at)
	}
	bob.hears("a soft word")
}
