package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// scrolledUp is how far the list is scrolled up, in pixels. It is laid out from
// its end, so the newest is at 0 and scrolling up is negative.
const scrolledUp = `Math.abs(document.querySelector('#scroll').scrollTop)`

func TestListSticksToTheBottomWhenOneIsThere(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	for i := range 60 {
		bob.says(fmt.Sprintf("message %d", i))
	}
	ana := newPerson(t, house, seeing(800, 600))
	ana.enter("Ana")
	ana.waitFor("the newest is seen", isSeen, "message 59")
	for i := range 10 {
		bob.says(fmt.Sprintf("more %d\nand another line", i))
	}
	ana.hears("more 9\nand another line")
	ana.waitFor("the newest is seen", isSeen, "more 9\nand another line")
	if up := see[float64](ana, scrolledUp); up > 1 {
		t.Errorf("the list is %v px above its end", up)
	}
}

// Some browsers anchor what is in their window; the page does it for the others.
func TestListStaysWhereOneHasScrolledTo(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	for i := range 49 {
		bob.says(fmt.Sprintf("message %d", i))
	}
	for anchors, newest := range map[string]string{"auto": "more", "none": "still more"} {
		ana := newPerson(t, house, seeing(800, 600))
		ana.enter("Ana with " + anchors)
		ana.hears("message 48")
		see[string](ana, `document.querySelector('#scroll').style.overflowAnchor = %s`, anchors)
		see[bool](ana, `(document.querySelector('#scroll').scrollBy(0, -700), true)`)
		ana.waitFor("one has scrolled up", scrolledUp+` > 400`)
		const where = `[...document.querySelectorAll('#list article')].find(e => e.innerText.includes('message 30')).getBoundingClientRect().top`
		before := see[float64](ana, where)
		for i := range 10 {
			bob.says(fmt.Sprintf("%s %d\nand another line", newest, i))
		}
		ana.hears(newest + " 9\nand another line")
		ana.waitFor("what one was reading is where it was", `Math.abs(`+where+` - %s) <= 1`, before)
		ana.say("my own with " + anchors)
		ana.waitFor("what one says is seen", isSeen, "my own with "+anchors)
	}
}

func TestMenuComesIntoView(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	for i := range 20 {
		bob.says(fmt.Sprintf("message %d", i))
	}
	ana := newPerson(t, house, seeing(390, 600))
	ana.enter("Ana")
	ana.say("my own")
	ana.hears("my own")
	see[bool](ana, `(document.querySelector('#scroll').scrollTop = -60, true)`)
	ana.focus(ana.message("my own") + " .more")
	ana.press(kb.Enter)
	ana.waitFor("all of the menu is seen", `(() => {
		const menu = document.querySelector('#open')?.getBoundingClientRect(), list = document.querySelector('#scroll').getBoundingClientRect()
		return menu && menu.top >= list.top && menu.bottom <= list.bottom
	})()`)
}

func TestOlderMessagesComeWhileOneScrollsUp(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	var want []string
	for i := range 170 {
		want = append(want, fmt.Sprintf("message %d", i))
		bob.says(want[i])
	}
	ana := newPerson(t, house, seeing(800, 600))
	ana.enter("Ana")
	ana.hears("message 169")
	if n := len(ana.messages()); n > 50 {
		t.Errorf("the page opens with %d messages", n)
	}
	for shown := 0; ; {
		messages := ana.messages()
		if len(messages) == len(want) {
			break
		}
		if len(messages) <= shown {
			t.Fatalf("scrolling up brought nothing after %d messages", shown)
		}
		shown = len(messages)
		oldest := messages[0]
		see[bool](ana, `(document.querySelector('#scroll').scrollTo(0, -1e6), true)`)
		before := see[float64](ana, topOf, oldest)
		until(t, "older messages are there", func() bool { return len(ana.messages()) > shown })
		if after := see[float64](ana, topOf, oldest); after < before-1 || after > before+1 {
			t.Errorf("what one was reading moved from %v to %v when older messages came", before, after)
		}
	}
	if got := ana.messages(); !equal(got, want) {
		t.Errorf("the page shows\n%q, want\n%q", got, want)
	}
	ana.waitFor("nothing has changed while they were on their way", `document.querySelector('#history > [hidden]') == null`)
	bob.says("still live")
	ana.hears("still live")
}

const (
	// isSeen tells whether a message is inside of the list's window.
	isSeen = `(text => { const m = [...document.querySelectorAll('#list article .body')].find(e => e.innerText === text);
		if (!m) return false; const r = m.getBoundingClientRect(), w = document.querySelector('#scroll').getBoundingClientRect();
		return r.top >= w.top - 1 && r.bottom <= w.bottom + 1 })(%s)`
	// topOf is where a message begins, in the window.
	topOf = `[...document.querySelectorAll('#list article .body')].find(e => e.innerText === %s).getBoundingClientRect().top`
)
