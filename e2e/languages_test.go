package e2e

import (
	"testing"
)

func TestLanguageIsTheBrowsersUntilOneIsChosen(t *testing.T) {
	t.Parallel()
	house := start(t)
	p := newPerson(t, house, speaking("ar, en;q=0.5"))
	p.visit("/")
	if lang, dir := see[string](p, `document.documentElement.lang`), see[string](p, `getComputedStyle(document.body).direction`); lang != "ar" || dir != "rtl" {
		t.Errorf("for a browser that asks for Arabic the page is in %q, %s", lang, dir)
	}
	p.leavingPage(func() { p.click(`.languages a[hreflang=de]`) })
	if lang, dir := see[string](p, `document.documentElement.lang`), see[string](p, `getComputedStyle(document.body).direction`); lang != "de" || dir != "ltr" {
		t.Errorf("after choosing German the page is in %q, %s", lang, dir)
	}
	p.enter("Änne")
	if lang := see[string](p, `document.documentElement.lang`); lang != "de" {
		t.Errorf("the choice is forgotten in the room, which is in %q", lang)
	}
}

func TestEachReaderGetsTheirOwnLanguageLive(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms")
	ana, omar := newPerson(t, house, speaking("de")), newPerson(t, house, speaking("ar"))
	ana.enter("Ana")
	omar.enter("عمر")
	ana.attends("عمر")
	omar.attends("عمر")
	line := `[...document.querySelectorAll('#list article.quiet')].at(-1).innerText`
	if german, arabic := see[string](ana, line), see[string](omar, line); german == arabic {
		t.Errorf("both read %q", german)
	}
	omar.say("مرحبا")
	ana.hears("مرحبا")
	ana.say("Grüße an alle")
	omar.hears("Grüße an alle")
	if dir := see[string](omar, `getComputedStyle([...document.querySelectorAll('#list article .body')].at(-1)).direction`); dir != "ltr" {
		t.Errorf("German text in an Arabic page runs %s", dir)
	}
}
