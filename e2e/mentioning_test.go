package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// completions are the names that are offered.
const completions = `[...document.querySelectorAll('#names button')].map(b => b.value).join('|')`

// tint is the colour behind a message with a text, and whether the name that it
// mentions stands out.
const tint = `(a => getComputedStyle(a).backgroundColor + ' ' + getComputedStyle(a.querySelector('.to')).fontWeight)([...document.querySelectorAll('#list article')].find(a => a.innerText.includes(%s)))`

func TestWhoWasAwaySeesTheMentionStandOut(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana Maria")
	bob.enter("Bob")
	ana.say("I shall be right back")
	bob.hears("I shall be right back")
	ana.tab() // hides the one with the room
	ana.deaf()
	ana.goOffline()
	bob.say("hello @ana maria, are you there?")
	bob.hears("hello @ana maria, are you there?")
	ana.goOnline()
	ana.comesToFront()
	ana.hears("hello @ana maria, are you there?")
	hers, his := see[string](ana, tint, "are you there?"), see[string](bob, tint, "are you there?")
	if !strings.HasSuffix(hers, " 700") || strings.HasSuffix(his, " 700") || hers[:len(hers)-4] == his[:len(his)-4] {
		t.Errorf("the mentioned sees %q, who wrote it %q", hers, his)
	}
	ana.say("@Bob yes")
	bob.hears("@Bob yes")
	if live := see[string](bob, tint, "@Bob yes"); live != hers {
		t.Errorf("a mention that comes live is %q, want %q", live, hers)
	}
	bob.visit("/mentions")
	if got := bob.text(".findings mark"); got != "@Bob" {
		t.Errorf("the list marks %q", got)
	}
}

func TestNameIsCompletedByKeyboard(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana Maria")
	enters(t, house, "Anabel")
	bob.enter("Bob")
	bob.typeInto("#ta", "before @an behind")
	for range len(" behind") {
		bob.press(kb.ArrowLeft)
	}
	// What is behind the cursor is no part of the name.
	bob.press(kb.Backspace)
	bob.typing("n")
	bob.waitFor("names are offered", completions+` === 'Ana Maria|Anabel'`)
	if near := see[bool](bob, `(n => n.bottom <= document.querySelector('#ta').getBoundingClientRect().top && n.height > 20)(document.querySelector('#names').getBoundingClientRect())`); !near {
		t.Error("the names do not stand above the text")
	}

	// Escape puts them away, typing on narrows them down.
	bob.press(kb.Escape)
	bob.waitFor("the names are gone", completions+` === '' && document.activeElement.id === 'ta'`)
	bob.typing("a")
	bob.waitFor("names are offered again", completions+` === 'Ana Maria|Anabel'`)
	bob.typing("b")
	bob.waitFor("one name is left", completions+` === 'Anabel'`)
	bob.typing("x")
	bob.waitFor("no name begins so", completions+` === ''`)
	bob.press(kb.Backspace)
	bob.press(kb.Backspace)
	bob.waitFor("both are back", completions+` === 'Ana Maria|Anabel'`)

	bob.press(kb.Tab)
	if at := see[string](bob, `document.activeElement.value`); at != "Ana Maria" {
		t.Errorf("Tab leads to %q", at)
	}
	bob.press(kb.Enter)
	bob.waitFor("the name is completed", `document.querySelector('#ta').value === 'before @Ana Maria  behind' && document.activeElement.id === 'ta'`)
	if left := see[string](bob, completions); left != "" {
		t.Errorf("%q are left", left)
	}
	bob.typing("and")
	bob.press(kb.Enter)
	ana.hears("before @Ana Maria and behind")
	if said := see[string](ana, `document.querySelector('#list .to').innerText`); said != "@Ana Maria" {
		t.Errorf("%q is mentioned", said)
	}
	if bob.written() != "" {
		t.Errorf("the composer has %q", bob.written())
	}
	asked := bob.record.count(func(q request) bool { return strings.HasSuffix(q.url.Path, "/completion") })
	discreetly := bob.record.count(func(q request) bool { // what is written stands in no address
		return strings.HasSuffix(q.url.Path, "/completion") && q.method == "POST" && q.url.RawQuery == ""
	})
	if asked == 0 || asked != discreetly {
		t.Errorf("%d of %d questions for names are discreet", discreetly, asked)
	}
}

func TestMentionsAreListedWithoutScripts(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := newPerson(t, house, scriptless)
	bob.enter("Bob")
	ana := enters(t, house, "Ana")
	ana.says("tea for @bob?")
	bob.visit("/")
	bob.leavingPage(func() { bob.click(`a[href="/mentions"]`) })
	if got := bob.text(".findings mark"); got != "@bob" {
		t.Errorf("the list marks %q", got)
	}
	bob.leavingPage(func() { bob.click(".findings li a") })
	if !strings.Contains(bob.text(".found"), "tea for @bob?") {
		t.Errorf("the list leads to %s", bob.at())
	}
}
