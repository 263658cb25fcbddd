package e2e

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// choosesToAnswer chooses a message to answer, by the keyboard.
func (p *person) choosesToAnswer(text string) {
	p.t.Helper()
	p.focus(p.message(text) + ` footer a[href*="reply="]`)
	p.press(kb.Enter)
	p.waitFor("the composer says what is answered and has the focus",
		`document.querySelector('#reply').innerText.includes(%s) && document.activeElement?.id === 'ta'`, text)
}

// reactsTo reacts with the first emoji that is offered.
func (p *person) reactsTo(text string) {
	p.t.Helper()
	p.focus(p.message(text) + ` footer a[href$="/reactions"]`)
	p.press(kb.Enter)
	p.waitFor("the first emoji has the focus", `document.activeElement?.matches('#open button[name=emoji]')`)
	p.press(kb.Enter)
	p.waitFor("what was opened closes", `document.querySelector('#open form') == null`)
}

// seesAnswer waits until a message shows what it answers, or what it was answered
// with.
func (p *person) seesAnswer(text, answer string) {
	p.t.Helper()
	p.waitFor(text+" shows "+answer, `document.querySelector(%s).innerText.includes(%s)`, p.message(text), answer)
}

// The button of a reaction goes with the last one, and the focus must not go with it.
func TestFocusStaysAtTheMessageWhoseLastReactionIsTakenBack(t *testing.T) {
	t.Parallel()
	ada := newPerson(t, start(t, "--limits", "off"))
	ada.enter("Ada")
	ada.say("shall we go?")
	ada.reactsTo("shall we go?")
	button := ada.message("shall we go?") + " footer button"
	ada.seesAnswer("shall we go?", "👍 1")
	ada.focus(button)
	ada.press(kb.Enter)
	ada.waitFor("the button is gone", `document.querySelector(%s) === null`, button)
	ada.waitFor("what is told of it has the focus below the message",
		`document.activeElement?.matches('article + #open') && document.activeElement.innerText.includes('back')`)
}

func TestWhoWasOfflineSeesRepliesAndReactionsAsEverybodyDoes(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ada, ben := newPerson(t, house), newPerson(t, house)
	ada.enter("Ada")
	ben.enter("Ben")
	ada.attends("Ben")
	ben.attends("Ben")
	ben.say("shall we go?")
	ada.choosesToAnswer("shall we go?")
	ada.typing("yes")
	ada.press(kb.Enter)
	ben.seesAnswer("yes", "In reply to Ben")
	ben.seesAnswer("yes", "shall we go?")
	ada.waitFor("the composer answers nothing any more", `document.querySelector('#reply').innerText.trim() === ''`)
	ada.say("at once")
	ben.hears("at once")
	if see[bool](ben, `document.querySelector(%s + ' .quote') != null`, ben.message("at once")) {
		t.Error("the next message is a reply too")
	}

	ben.tab()
	ben.deaf()
	ben.goOffline()
	first := "/rooms/lobby/messages/" + ben.message("shall we go?")[3:]
	ada.reactsTo("shall we go?")
	ada.seesAnswer("shall we go?", "👍 1")
	ada.choosesToAnswer("shall we go?")
	ada.typing("now")
	ada.press(kb.Enter)
	ada.hears("now")
	double := ben.double()
	if got := double.post(first+"/edit", url.Values{"body": {"shall we leave?"}}); got.status != http.StatusSeeOther {
		t.Errorf("an edit from elsewhere is answered with %d", got.status)
	}
	ada.seesAnswer("yes", "shall we leave?")
	ada.seesAnswer("now", "shall we leave?")
	ada.reactsTo("at once")
	ada.reactsTo("at once") // takes it back
	if got := ben.messages(); !equal(got, []string{"shall we go?", "yes", "at once"}) {
		t.Errorf("who is offline sees %q", got)
	}

	ben.comesToFront()
	ben.goOnline()
	ben.hears("now")
	ben.seesAnswer("shall we leave?", "👍 1")
	ben.seesTheSame(ada)
	ben.click(ben.message("shall we leave?") + " footer button")
	ada.seesAnswer("shall we leave?", "👍 2")
	ben.waitFor("Ben is told", `document.querySelector('#told').innerText.includes('You reacted with 👍')`)
	ben.click(ben.message("shall we leave?") + " footer button")
	ada.seesAnswer("shall we leave?", "👍 1")
	if got := double.post(first+"/delete", nil); got.status != http.StatusSeeOther {
		t.Errorf("a deletion from elsewhere is answered with %d", got.status)
	}
	ada.seesAnswer("yes", "a message that was deleted")
	ben.seesAnswer("now", "a message that was deleted")
	ben.seesTheSame(ada)
	fresh := newPerson(t, house)
	fresh.enter("Cleo")
	for _, p := range []*person{ada, ben, fresh} {
		p.attends("Cleo")
	}
	fresh.seesTheSame(ada)
	fresh.seesTheSame(ben)
}

func TestReplyToWhatIsGoneKeepsItsText(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ada, ben := newPerson(t, house), newPerson(t, house)
	ada.enter("Ada")
	ben.enter("Ben")
	ben.say("shall we go?")
	ada.choosesToAnswer("shall we go?")
	double := ben.double()
	if got := double.post("/rooms/lobby/messages/"+ben.message("shall we go?")[3:]+"/delete", nil); got.status != http.StatusSeeOther {
		t.Fatalf("a deletion is answered with %d", got.status)
	}
	ada.loses("shall we go?")
	ada.typing("a long answer")
	ada.press(kb.Enter)
	ada.waitFor("the reason is told", `document.querySelector('#cerr').innerText.includes('not there any more')`)
	if left := ada.written(); left != "a long answer" {
		t.Errorf("the composer has %q", left)
	}
	ada.press(kb.Enter)
	ben.hears("a long answer")
	ada.choosesToAnswer("a long answer")
	ada.focus("#reply a")
	ada.press(kb.Enter)
	ada.waitFor("nothing is answered, and one writes on", `document.querySelector('#reply').innerText.trim() === '' && document.activeElement?.id === 'ta'`)
}

func TestLinkToAMessageOpensTheRoomThere(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	for range 40 {
		bob.says("before it")
	}
	bob.says("the one")
	for range 40 {
		bob.says("after it")
	}
	ana := newPerson(t, house, seeing(800, 500))
	ana.enter("Ana")
	link := see[string](ana, `document.querySelector(%s + ' a.at').getAttribute('href')`, ana.message("the one"))
	ana.leavingPage(func() { ana.click(ana.message("the one") + " a.at") })
	if at := ana.at(); at != link {
		t.Errorf("the link leads to %s", at)
	}
	ana.waitFor("the message is marked and in view", `(e => e.innerText.includes('the one') && document.activeElement === e
		&& e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight)(document.querySelector('.found'))`)
	ana.leavingPage(func() { ana.click(".newer a") })
	ana.hears("after it")
	ana.leavingPage(func() { ana.click("#dock a") })
	ana.listening()
	bob.says("live again")
	ana.hears("live again")
}

func TestPeopleWithoutScriptsAnswer(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	ana, bob := newPerson(t, house, scriptless), newPerson(t, house)
	bob.enter("Bob")
	bob.say("shall we go?")
	ana.enter("Ana")
	ana.waitFor("it is read", frameHas, "shall we go?")
	message := bob.message("shall we go?")
	link := func(selector string) string {
		t.Helper()
		return see[string](ana, `document.querySelector('iframe.messages').contentDocument.querySelector(%s).getAttribute('href')`, message+" "+selector)
	}
	ana.visit(link(`footer a[href*="reply="]`))
	ana.waitFor("the composer says what is answered", `document.querySelector('iframe.compose')?.contentDocument?.querySelector('#reply')?.innerText.includes('shall we go?')`)
	ana.saysInFrame("yes")
	bob.seesAnswer("yes", "In reply to Bob")
	ana.waitFor("the answer is read with what it answers", frameHas, "In reply to Bob")
	ana.saysInFrame("at once")
	bob.hears("at once")
	if see[bool](bob, `document.querySelector(%s + ' .quote') != null`, bob.message("at once")) {
		t.Error("the next message is a reply too")
	}

	bob.reactsTo("shall we go?")
	ana.waitFor("a reaction is read live", frameHas, "👍 1")
	ana.visit(link(`footer a[href$="/reactions"]`))
	ana.submit(".offered button")
	if at := ana.at(); at != "/rooms/lobby/messages/"+message[3:] {
		t.Errorf("after a reaction one is at %s", at)
	}
	bob.seesAnswer("shall we go?", "👍 2")
	if text := ana.text(message); !contains(text, "👍 2") {
		t.Errorf("the message is shown as\n%s", text)
	}
	ana.submit(message + " footer button") // takes it back
	bob.seesAnswer("shall we go?", "👍 1")
}
