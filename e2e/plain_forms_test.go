package e2e

import (
	"net/url"
	"testing"
)

// Everything about accounts, rooms, order and administration is plain forms.
// These people have switched JavaScript off.
func TestHouseIsRunWithoutScripts(t *testing.T) {
	t.Parallel()
	house := start(t)
	ada, ben, guest := newPerson(t, house, scriptless), newPerson(t, house, scriptless), newPerson(t, house, scriptless)
	ada.setsUp("Ada")

	// A room, with a refused form on the way there.
	ada.visit("/rooms/new")
	ada.fill("input[name=name]", "Kitchen")
	ada.fill("input[name=slug]", "Not An Address!")
	ada.fill("input[name=topic]", "What is for dinner?")
	ada.submit("form[action='/rooms/new'] button")
	ada.answeredWith(422)
	ada.isRefusedBeside("slug")
	if kept := see[string](ada, `document.querySelector('input[name=topic]').value`); kept != "What is for dinner?" {
		t.Errorf("of the refused form the topic is %q", kept)
	}
	ada.fill("input[name=slug]", "kitchen")
	ada.submit("form[action='/rooms/new'] button")
	ada.isAt("/rooms/kitchen/settings")
	ada.fill("textarea[name=rules]", "Wash your hands.")
	ada.click("input[name=history_from_join]")
	ada.submit("form[action$='/settings'] button")
	ada.isDone()
	if !see[bool](ada, `document.querySelector('input[name=history_from_join]').checked`) {
		t.Error("the setting was not kept")
	}

	// Invitations to the house, which from now on is the only way in.
	ada.visit("/admin/settings")
	ada.choose("select[name=sign_up]", "invited")
	ada.submit("form[action='/admin/settings'] button")
	ada.isDone()
	ben.visit("/signup")
	if see[bool](ben, `document.querySelector('input[name=password]') != null`) {
		t.Error("without an invitation the form to sign up is shown")
	}
	ada.visit("/rooms/kitchen/invitations")
	ada.choose("select[name=role]", "moderator")
	ada.fill("input[name=note]", "for Ben")
	ada.submit("form[action$='/invitations'] button")
	invitation, err := url.Parse(ada.text("code.address"))
	if err != nil || invitation.Path == "" {
		t.Fatalf("the invitation leads to %q: %v", invitation, err)
	}

	// Signing up, out and in.
	ben.visit(invitation.Path)
	ben.submit("main a[href^='/signup']")
	ben.fill("input[name=name]", "Ben")
	ben.fill("input[name=email]", "ben@example.org")
	ben.fill("input[name=password]", "short")
	ben.submit("form[action='/signup'] button")
	ben.answeredWith(422)
	ben.isRefusedBeside("password")
	if kept := see[string](ben, `document.querySelector('input[name=email]').value`); kept != "ben@example.org" {
		t.Errorf("of the refused form the e-mail address is %q", kept)
	}
	ben.fill("input[name=password]", password)
	ben.submit("form[action='/signup'] button")
	ben.visit("/account")
	ben.isAt("/account")
	ben.submit("form[action='/logout'] button")
	ben.visit("/account")
	ben.isAt("/login")
	ben.fill("input[name=email]", "ben@example.org")
	ben.fill("input[name=password]", "wrong horse battery")
	ben.submit("form[action='/login'] button")
	ben.answeredWith(403)
	if kept := see[string](ben, `document.querySelector('input[name=email]').value`); kept != "ben@example.org" {
		t.Errorf("of the refused form the e-mail address is %q", kept)
	}
	ben.fill("input[name=password]", password)
	ben.submit("form[action='/login'] button")
	ben.isAt("/account")

	// The account.
	ben.fill("form[action='/account/name'] input[name=name]", "Benjamin")
	ben.submit("form[action='/account/name'] button")
	ben.isDone()
	ben.fill("input[name=zone]", "Europe/Berlin")
	ben.choose("select[name=lang]", "en")
	ben.submit("form[action='/account/preferences'] button")
	ben.isDone()
	ben.fill("input[name=old]", password)
	ben.fill("form[action='/account/password'] input[name=password]", "another horse battery staple")
	ben.submit("form[action='/account/password'] button")
	ben.isDone()

	// Order: a filter holds, a moderator approves; somebody reports.
	ben.goesIn("kitchen")
	ben.visit("/rooms/kitchen/moderation")
	ben.choose("select[name=kind]", "word")
	ben.fill("input[name=pattern]", "knife")
	ben.choose("select[name=act]", "hold")
	ben.submit("form[action$='/moderation/filters'] button")
	ben.isDone()
	guest.enterRoom("kitchen", "Gus")
	guest.saysInFrame("where is the knife?")
	guest.waitFor("the guest is told that it waits", `document.querySelector('iframe.compose').contentDocument.querySelector('#told').innerText.includes('waits')`)
	guest.saysInFrame("and the spoon?")
	ben.visit("/rooms/kitchen/moderation")
	ben.submit("form[action*='/moderation/held/'] button[value=approve]")
	ben.isDone()
	guest.waitFor("what was held is read", frameHas, "where is the knife?")
	ada.goesIn("kitchen")
	ada.waitFor("Ada reads it too", frameHas, "and the spoon?")
	path := see[string](ada, `new URL([...document.querySelector('iframe.messages').contentDocument.querySelectorAll('article')].find(e => e.innerText.includes('spoon')).querySelector('a.more').href).pathname`)
	ada.visit(path)
	ada.fill("#report-reason", "too much cutlery")
	ada.submit("form[action$='/report'] button")
	ada.isDone()
	ben.visit("/rooms/kitchen/moderation")
	if queue := ben.text("main"); !contains(queue, "too much cutlery") {
		t.Errorf("the queue lacks the report:\n%s", queue)
	}
	ben.submit("form[action*='/moderation/reports/'] button[value=dismissed]")
	ben.isDone()
	ben.visit(path)
	ben.choose("select[name=kind]", "kick")
	ben.fill("#sanction-reason", "enough")
	ben.submit("form[action$='/moderation/sanctions'] button")
	ben.isDone()
	guest.waitFor("the guest's frame says that it has ended", frameHas, "may not read here")
	ben.visit("/rooms/kitchen/moderation")
	ben.submit("form[action$='/lift'] button")
	ben.isDone()
	ben.submit("a[href$='/moderation/log']")
	if log := ben.text("main"); !contains(log, "enough") || !contains(log, "Gus") {
		t.Errorf("the log does not tell of the kick:\n%s", log)
	}

	// Administration.
	ada.visit("/admin/people?search=Benjamin")
	ada.submit("form[action^='/admin/people/'] button[value=reset]")
	reset, err := url.Parse(ada.text("code.address"))
	if err != nil || reset.Path != "/reset" {
		t.Fatalf("the link for another password leads to %q: %v", reset, err)
	}
	other := newPerson(t, house, scriptless)
	other.visit(reset.RequestURI())
	other.fill("input[name=password]", password)
	other.submit("form[action='/reset'] button")
	ben.visit("/account")
	ben.isAt("/login")
	ada.visit("/admin/invitations")
	ada.fill("input[name=note]", "for anybody")
	ada.submit("form[action='/admin/invitations'] button")
	ada.visit("/admin/invitations")
	ada.submit("form[action$='/revoke'] button")
	ada.isDone()
	for _, path := range []string{"/admin", "/admin/rooms", "/admin/people", "/admin/moderation", "/admin/moderation/log"} {
		ada.visit(path)
		ada.isAt(path)
		if ada.text("h1") == "" {
			t.Errorf("%s is empty", path)
		}
	}
	ada.visit("/rooms/kitchen/settings")
	ada.submit("form[action$='/archive'] button")
	ada.isDone()
	ada.fill("input[name=confirm]", "kitchen")
	ada.submit("form[action$='/delete'] button")
	ada.isAt("/")
	if lobby := ada.text("main"); contains(lobby, "Kitchen") {
		t.Errorf("the deleted room is in the lobby:\n%s", lobby)
	}
}

// isDone requires that the page says that something was done.
func (p *person) isDone() {
	p.t.Helper()
	if p.text("[role=status].done") == "" {
		p.t.Fatalf("%s does not say that it was done:\n%s", p.at(), p.text("main"))
	}
}

// isRefusedBeside requires that a field has its refusal beside it.
func (p *person) isRefusedBeside(field string) {
	p.t.Helper()
	if !see[bool](p, `(e => e?.getAttribute('aria-invalid') === 'true' && e.getAttribute('aria-describedby').split(' ')
		.some(id => document.getElementById(id)?.matches('[role=alert]') && document.getElementById(id).innerText.trim()))(document.querySelector('[name=' + %s + ']')) ? true : false`, field) {
		p.t.Errorf("the field %s has no reason beside it:\n%s", field, p.text("main"))
	}
}
