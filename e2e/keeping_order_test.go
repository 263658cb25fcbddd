package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// bansByHand bans the author of a message with the mouse, from the message, and
// deletes all that they said.
func (p *person) bansByHand(text, reason string) {
	p.t.Helper()
	p.visit(see[string](p, `[...document.querySelectorAll('#list article')].find(e => e.querySelector('.body')?.innerText === %s).querySelector('a.more').getAttribute('href')`, text))
	p.choose("select[name=kind]", "ban")
	p.choose("select[name=delete]", "all")
	p.fill("#sanction-reason", reason)
	p.submit("form[action$='/moderation/sanctions'] button")
	if said := p.text("[role=status].done"); said == "" {
		p.t.Errorf("the page does not say that it was done:\n%s", p.text("main"))
	}
}

func (p *person) loses(text string) {
	p.t.Helper()
	until(p.t, text+" is gone", func() bool {
		for _, said := range p.messages() {
			if said == text {
				return false
			}
		}
		return true
	})
}

func TestBanEndsTheStreamAndTakesTheMessagesFromEverybody(t *testing.T) {
	t.Parallel()
	house := start(t, behindProxy...)
	ada := newPerson(t, house, from("203.0.113.1"))
	ada.setsUp("Ada")
	ada.goesIn("lobby")
	bob, cleo := newPerson(t, house, from("203.0.113.2")), newPerson(t, house, from("203.0.113.3"))
	dan, mallory := newPerson(t, house, from("203.0.113.4")), newPerson(t, house, from("203.0.113.66"))
	bob.enter("Bob")
	cleo.enter("Cleo")
	dan.enter("Dan")
	mallory.enter("Mallory")
	mallory.say("buy my pills")
	mallory.hears("buy my pills")
	mallory.say("they are cheap")
	bob.hears("they are cheap")
	bob.say("please do not")
	for _, p := range []*person{ada, bob, cleo, dan, mallory} {
		p.hears("buy my pills")
		p.hears("they are cheap")
		p.hears("please do not")
	}
	// Dan's telephone goes into his pocket, and then into a tunnel: what the
	// browser has open it would keep, whatever network it is told of.
	dan.tab()
	dan.deaf()
	dan.goOffline()
	mallory.typeInto("#ta", "and here is mo")

	ada.bansByHand("buy my pills", "advertising")

	mallory.deaf()
	mallory.waitFor("the guest is told", `document.querySelector('[role=status].ended')?.innerText.includes('may not read here')`)
	for name, p := range map[string]*person{"Bob": bob, "Cleo": cleo} {
		p.loses("buy my pills")
		p.loses("they are cheap")
		if p.hasSaid("please do not"); p.record.openStreams() != 1 {
			t.Errorf("%s has lost the stream too", name)
		}
	}
	if kept := mallory.written(); kept != "and here is mo" {
		t.Errorf("while the stream ended the composer became %q", kept)
	}
	mallory.focus("#ta")
	mallory.sends()
	mallory.getsBack("and here is mo")
	mallory.answeredWith(403)
	if n := mallory.record.openStreams(); n != 0 {
		t.Errorf("the banned guest has %d streams", n)
	}

	dan.comesToFront()
	if got := dan.messages(); !equal(got, []string{"buy my pills", "they are cheap", "please do not"}) {
		t.Errorf("who is offline sees %q", got)
	}
	dan.goOnline()
	dan.loses("buy my pills")
	dan.loses("they are cheap")
	bob.say("welcome back")
	dan.hears("welcome back")
	dan.hasSaid("please do not", "welcome back")

	mallory.visit("/rooms/lobby")
	if see[bool](mallory, `document.querySelector('#ta') != null`) {
		t.Error("the banned guest is in the room again")
	}
	same := newPerson(t, house, from("203.0.113.66"))
	same.visit("/rooms/lobby/join")
	if see[bool](same, `document.querySelector('input[name=name]') != null`) {
		t.Errorf("without cookies the banned guest is let in:\n%s", same.text("main"))
	}
	ada.visit("/rooms/lobby/moderation/log")
	if log := ada.text("main"); !contains(log, "advertising") || !contains(log, "Mallory") {
		t.Errorf("the log does not tell of the ban:\n%s", log)
	}
	ada.visit("/rooms/lobby/moderation")
	ada.submit("form[action*='/sanctions/'][action$='/lift'] button")
	mallory.visit("/rooms/lobby")
	if !see[bool](mallory, `document.querySelector('#ta, input[name=name]') != null`) {
		t.Errorf("the ban was lifted and still works:\n%s", mallory.text("body"))
	}
}

func TestUnknownCommandIsKeptAndToldToItsSenderAlone(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.typeInto("#ta", "/dance wildly")
	ana.sends()
	ana.getsBack("/dance wildly")
	ana.answeredWith(422)
	if why := ana.text("#cerr"); !contains(why, "/dance") {
		t.Errorf("the reason is %q", why)
	}
	ana.fill("#ta", "//dance wildly")
	ana.press(kb.Enter)
	bob.hears("/dance wildly")
	bob.hasSaid("/dance wildly")
	if told := bob.text("#cerr") + bob.text("#told"); told != "" {
		t.Errorf("somebody else was told %q", told)
	}
	// Nor may guests keep order.
	ana.typeInto("#ta", "/kick Bob")
	ana.sends()
	ana.getsBack("/kick Bob")
	ana.answeredWith(403)
	bob.say("still here")
	ana.hears("still here")
}

// commands gives a command and waits for what the house says to it.
func (p *person) commands(command, answer string) {
	p.t.Helper()
	p.focus("#ta")
	p.typing(command)
	p.press(kb.Enter)
	p.waitFor("the answer to "+command, `document.querySelector('#told').innerText.includes(%s)`, answer)
	if left := p.written(); left != "" {
		p.t.Errorf("after %s the composer has %q", command, left)
	}
}

func TestModeratorsKeepOrderByCommands(t *testing.T) {
	t.Parallel()
	house := start(t, behindProxy...)
	ada, bob := newPerson(t, house, from("203.0.113.1")), newPerson(t, house, from("203.0.113.2"))
	ada.setsUp("Ada")
	ada.goesIn("lobby")
	bob.enter("Bob")

	ada.commands("/slow 1h", "1 hour")
	bob.waitFor("the room is told of slow mode", `document.querySelector('#list').innerText.includes('slow mode')`)
	bob.say("one")
	ada.hears("one")
	bob.typeInto("#ta", "two")
	bob.sends()
	bob.getsBack("two")
	bob.answeredWith(429)
	ada.say("I may")
	ada.say("talk on")
	bob.hears("talk on")
	ada.commands("/slow off", "off")
	bob.focus("#ta")
	bob.press(kb.Enter)
	ada.hears("two")

	ada.commands("/lock", "locked")
	cleo := newPerson(t, house, from("203.0.113.3"))
	cleo.visit("/rooms/lobby")
	cleo.isAt("/rooms/lobby/join")
	cleo.typeInto("input[name=name]", "Cleo")
	cleo.takesTime()
	cleo.leavingPage(func() { cleo.press(kb.Enter) })
	cleo.isAt("/rooms/lobby/join")
	cleo.answeredWith(403)
	if page := cleo.text("main"); !contains(page, "locked") {
		t.Errorf("a newcomer is not told that the room is locked:\n%s", page)
	}
	bob.say("I was here before")
	ada.hears("I was here before")
	ada.commands("/unlock", "open")
	cleo.enter("Cleo")

	bob.typeInto("#ta", "you can't")
	ada.commands("/kick Bob 10m enough of you", "Bob is kicked for 10 minutes")
	bob.deaf()
	bob.waitFor("Bob is told", `document.querySelector('[role=status].ended')?.innerText.length > 0`)
	bob.sends()
	bob.getsBack("you can't")
	cleo.say("that was quick")
	ada.hears("that was quick")
	ada.commands("/unban Bob", "Undone for Bob")
	bob.visit("/rooms/lobby")
	if bob.at() == "/rooms/lobby/join" {
		bob.enter("Bob")
	}
	bob.listening()
	bob.hears("that was quick")
}
