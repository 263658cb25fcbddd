package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// shownInRoom is all that the room shows of its messages and above them, without
// what is somebody's own: where what came with the page ends, and what they
// have opened.
const shownInRoom = `[...document.querySelectorAll('title, #list article, #name, #topic, #notes')].map(e => {
	const copy = e.cloneNode(true)
	copy.querySelectorAll('[open]').forEach(d => d.removeAttribute('open'))
	return copy.outerHTML
}).join('\n')`

// seesTheSame waits until two people are shown the same.
func (p *person) seesTheSame(other *person) {
	p.t.Helper()
	until(p.t, "both see the same", func() bool {
		return see[string](p, shownInRoom) == see[string](other, shownInRoom)
	})
}

// message is a selector of the message with a text.
func (p *person) message(text string) string {
	p.t.Helper()
	p.hears(text)
	id := see[string](p, `[...document.querySelectorAll('#list article')].find(e => e.querySelector('.body')?.innerText === %s).id`, text)
	return "#" + id
}

// opens opens the menu of a message, by the keyboard.
func (p *person) opens(text string) {
	p.t.Helper()
	p.focus(p.message(text) + " .more")
	p.press(kb.Enter)
	p.waitFor("the menu is below its message", `document.querySelector(%s + ' + #open a[href]') != null`, p.message(text))
}

// edits gives a message another text, in the room.
func (p *person) edits(text, to string) {
	p.t.Helper()
	p.opens(text)
	p.focus(`#open a[href$="/edit"]`)
	p.press(kb.Enter)
	p.waitFor("the form has the text and the focus", `document.activeElement?.id === 'edit-body' && document.activeElement.value === %s`, text)
	see[bool](p, `(document.querySelector('#edit-body').select(), true)`)
	p.typing(to)
	p.press(kb.Enter)
}

func TestWhoWasOfflineSeesEditsDeletionsAndPinsAsEverybodyDoes(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ada, ben := newPerson(t, house), newPerson(t, house)
	ada.setsUp("Ada")
	ada.goesIn("lobby")
	ben.enter("Ben")
	ben.say("teh first")
	ben.say("second")
	ada.hears("second")
	ada.say("third")
	ada.say("fourth")
	ben.hears("fourth")
	ben.opens("third")
	if what := see[[]string](ben, `[...document.querySelectorAll('#open a, #open summary, #open button')].map(e => e.innerText)`); fmt.Sprint(what) == "" || contains(fmt.Sprint(what), "Edit") || contains(fmt.Sprint(what), "Pin") || !contains(fmt.Sprint(what), "Report") {
		t.Errorf("with the message of somebody else a guest can do %q", what)
	}
	ben.focus("#open form[method=dialog] button")
	ben.press(kb.Enter)
	ben.waitFor("the menu is closed", `!document.querySelector('#open')?.open`)

	ben.tab()
	ben.deaf()
	ben.goOffline()
	double := ben.double()
	if got := double.post("/rooms/lobby/messages/"+ben.message("teh first")[3:]+"/edit", url.Values{"body": {"the first"}}); got.status != http.StatusSeeOther {
		t.Errorf("an edit from elsewhere is answered with %d", got.status)
	}
	ada.hears("the first")
	ada.edits("third", "third, mended")
	ada.hears("third, mended")
	ada.waitFor("the form makes place for words that have the focus", `document.activeElement?.matches('p#open') && document.activeElement.previousElementSibling.id === %s`, ada.message("third, mended")[1:])
	ada.opens("the first")
	ada.focus(`#open form[action$="/pin"] button`)
	ada.press(kb.Enter)
	ada.waitFor("it is pinned", `document.querySelector('#notes')?.textContent.includes('the first')`)
	ada.opens("second")
	ada.click("#open details:has(form[action$='/delete']) summary")
	ada.click("#open form[action$='/delete'] button")
	ada.loses("second")
	ada.commands("/topic What is new", "The topic is changed.")
	ada.waitFor("the topic is new", `document.querySelector('#topic').innerText === 'What is new'`)
	hall := url.Values{"name": {"Hall"}, "slug": {"lobby"}, "topic": {"What is new"}, "preset": {"open"}, "edit_window": {"1h"}}
	if got := ada.double().post("/rooms/lobby/settings", hall); got.status != http.StatusSeeOther {
		t.Errorf("another name is answered with %d", got.status)
	}
	ada.waitFor("the room has its name above it", `document.querySelector('h1').innerText === 'Hall' && document.title === 'Hall · Parlour'`)
	if got := ben.messages(); !equal(got, []string{"teh first", "second", "third", "fourth"}) {
		t.Errorf("who is offline sees %q", got)
	}

	ben.comesToFront()
	ben.goOnline()
	ben.hears("third, mended")
	ben.seesTheSame(ada)
	ben.hasSaid("the first", "third, mended", "fourth")
	ada.opens("the first")
	ada.focus(`#open form[action$="/unpin"] button`)
	ada.press(kb.Enter)
	ben.waitFor("it is pinned no more", `document.querySelector('#notes .note') == null`)
	ben.seesTheSame(ada)
	fresh := newPerson(t, house)
	fresh.enter("Cleo")
	ben.attends("Cleo")
	fresh.attends("Cleo")
	ada.attends("Cleo")
	fresh.seesTheSame(ada)
}

func TestRefusedEditKeepsItsText(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ada, ben := newPerson(t, house), newPerson(t, house)
	ada.setsUp("Ada")
	ada.goesIn("lobby")
	ben.enter("Ben")
	ben.say("hello")
	ada.visit("/rooms/lobby/moderation")
	ada.choose("#filter-act", "refuse")
	ada.fill("#pattern", "spam")
	ada.submit("form[action$='/moderation/filters'] button")
	ben.edits("hello", "buy spam")
	ben.waitFor("the reason is told", `document.querySelector('#edit-why')?.innerText.length > 0`)
	if left := see[string](ben, `document.querySelector('#edit-body').value`); left != "buy spam" {
		t.Errorf("the form has %q", left)
	}
	see[bool](ben, `(document.querySelector('#edit-body').select(), true)`)
	ben.typing("buy bread")
	ben.click("#open .send")
	ben.hears("buy bread")
	ben.hasSaid("buy bread")
}

func TestPeopleWithoutScriptsChangeWhatTheySaid(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana, bob := newPerson(t, house, scriptless), newPerson(t, house)
	bob.enter("Bob")
	ana.enter("Ana")
	ana.saysInFrame("wrnog")
	ana.saysInFrame("useless")
	bob.hears("useless")
	menu := func(text string) {
		t.Helper()
		ana.visit(see[string](bob, `document.querySelector(%s).querySelector('.more').getAttribute('href')`, bob.message(text)))
	}
	menu("wrnog")
	ana.submit("a[href$='/edit']")
	ana.focus("#edit-body")
	see[bool](ana, `(document.querySelector('#edit-body').select(), true)`)
	ana.typing("wrong")
	ana.submit(".composer button")
	ana.isAt("/rooms/lobby")
	bob.hears("wrong")
	ana.waitFor("the edit is read", frameHas, "wrong")
	menu("useless")
	ana.submit("form[action$='/delete'] button")
	bob.loses("useless")
	bob.hasSaid("wrong")
}

func TestMenusOfOlderMessagesOpenToo(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	bob.says("the very first")
	for range 60 {
		bob.says("and so on")
	}
	ana := newPerson(t, house)
	ana.enter("Ana")
	see[bool](ana, `(document.querySelector('#scroll').scrollTop = -1e6, true)`)
	ana.opens("the very first")
	ana.click("#open summary")
	ana.fill("#report-reason", "it was too early")
	ana.click("#open form[action$='/report'] button")
	ana.waitFor("she is thanked", `document.querySelector('p#open')?.innerText.includes('moderators')`)
}

func TestStubTakesThePlaceOfAMessageEverywhere(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ada, ben, ana := newPerson(t, house), newPerson(t, house), newPerson(t, house, scriptless)
	ada.setsUp("Ada")
	ada.visit("/rooms/lobby/settings")
	ada.click("input[name=stubs]")
	ada.submit("form[action$='/settings'] button")
	ada.goesIn("lobby")
	ben.enter("Ben")
	ana.enter("Ana")
	ben.say("I should not have said that")
	ben.say("this stays")
	ana.waitFor("both are read", frameHas, "this stays")
	ben.opens("I should not have said that")
	ben.click("#open summary")
	ben.click("#open form[action$='/delete'] button")
	ada.loses("I should not have said that")
	for name, p := range map[string]*person{"Ada": ada, "Ben": ben} {
		p.loses("I should not have said that")
		if got := p.text("#list .gone"); !contains(got, "Ben deleted this message") {
			t.Errorf("%s is shown %q", name, got)
		}
		p.hasSaid("this stays")
	}
	ana.waitFor("the stub is read without scripts", frameHas, "Ben deleted this message")
	if text := see[string](ana, frameText); contains(text, "should not") {
		t.Errorf("without scripts there is\n%s", text)
	}
}

func TestMenuAndFormBelowAMessageAreAccessible(t *testing.T) {
	t.Parallel()
	source := axe(t)
	house := start(t, "--limits", "off")
	for _, scheme := range []string{"light", "dark"} {
		p := newPerson(t, house, liking(scheme), seeing(390, 800))
		if scheme == "light" {
			p.setsUp("Ada")
			p.visit("/rooms/lobby/settings")
			p.fill("#rules", "Be kind.")
			p.submit("form[action$='/settings'] button")
		} else {
			p.signsIn("Ada")
		}
		p.goesIn("lobby")
		p.say("in " + scheme)
		p.opens("in " + scheme)
		p.focus(`#open form[action$="/pin"] button`)
		p.press(kb.Enter)
		p.waitFor("it is pinned", `document.querySelector('#notes')?.textContent.includes(%s)`, "in "+scheme)
		p.click("#notes details:has(li) summary")
		p.opens("in " + scheme)
		p.click("#open summary")
		p.isAccessible(source, "a menu in "+scheme)
		p.focus(`#open a[href$="/edit"]`)
		p.press(kb.Enter)
		p.waitFor("the form is there", `document.activeElement?.id === 'edit-body'`)
		p.isAccessible(source, "an edit in "+scheme)
		if wide := see[bool](p, `document.documentElement.scrollWidth > innerWidth`); wide {
			t.Errorf("in %s the room is wider than the window", scheme)
		}
	}
}
