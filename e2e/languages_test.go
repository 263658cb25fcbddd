package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
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

// foreign are the words in Latin letters that can be read, without the languages'
// own names and what stands there as it stands everywhere.
const foreign = `(() => {
	const read = document.body.cloneNode(true)
	read.querySelectorAll('script, style, noscript, .languages, time, code, option, bdi').forEach(e => e.remove())
	const spoken = [...read.querySelectorAll('[placeholder], [aria-label], [title]')].flatMap(e => [e.placeholder, e.ariaLabel, e.title])
	return [document.title, read.innerHTML.replace(/<[^>]*>/g, ' '), ...spoken].join(' ').match(/[A-Za-z]{2,}/g)?.filter(w => !['Parlour', 'Lobby', 'UTC', 'Come', 'in', 'say', 'hello'].includes(w)) ?? []
})()`

func TestChineseIsWrittenReadAndFound(t *testing.T) {
	t.Parallel()
	house := start(t)
	p := newPerson(t, house, speaking("zh-CN,zh;q=0.9,en;q=0.5"))
	p.visit("/")
	if got := see[[]string](p, foreign); len(got) > 0 {
		t.Errorf("the list of rooms says %q", got)
	}
	p.visit("/rooms/lobby")
	if got := see[[]string](p, foreign); len(got) > 0 {
		t.Errorf("the door says %q", got)
	}
	p.enter("小明")
	// Enter that ends the input of characters chooses them, it does not send. The
	// page hears of the key, which writes nothing.
	p.focus("#ta")
	call(p, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "今天开会", SelectionStart: 4, SelectionEnd: 4})
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13})
	p.typing("今天开会吗？")
	if got := p.written(); got != "今天开会吗？" {
		t.Errorf("after choosing the characters %q is written", got)
	}
	p.press(kb.Enter)
	p.hears("今天开会吗？")
	if got := p.messages(); len(got) != 1 {
		t.Errorf("%q were sent", got)
	}
	if got := see[[]string](p, foreign); len(got) > 0 {
		t.Errorf("the room says %q", got)
	}
	p.visit("/search?room=lobby")
	if got := see[[]string](p, foreign); len(got) > 0 {
		t.Errorf("the search says %q", got)
	}
	p.typeInto("#q", "开会")
	p.leavingPage(func() { p.press(kb.Enter) })
	if got := p.text(".findings mark"); got != "开会" {
		t.Errorf("the search marks %q", got)
	}
}

func TestArabicPagesAreWhollyArabic(t *testing.T) {
	t.Parallel()
	house := start(t)
	p := newPerson(t, house, speaking("ar"))
	for _, path := range []string{"/", "/rooms/lobby", "/search", "/login", "/signup"} {
		p.visit(path)
		if got := see[[]string](p, foreign); len(got) > 0 {
			t.Errorf("%s says %q", path, got)
		}
	}
	p.enter("عمر")
	p.say("مرحبا")
	p.hears("مرحبا")
	if got := see[[]string](p, foreign); len(got) > 0 {
		t.Errorf("the room says %q", got)
	}
}

func TestPeopleAreCountedInPolish(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off", "--join-grace", "50ms")
	p := newPerson(t, house, speaking("pl"))
	p.enter("Łucja")
	for i, want := range []string{"1 osoba", "2 osoby", "3 osoby", "4 osoby", "5 osób"} {
		if i > 0 {
			enters(t, house, fmt.Sprint("Gość ", i)).listens("/rooms/lobby/events")
		}
		p.waitFor(want, `document.querySelector('#here').innerText.trim() === %s`, want)
	}
}

// Words are longer in some languages than in others.
func TestEachLanguageFitsATelephone(t *testing.T) {
	t.Parallel()
	house := kept(t)
	p := newPerson(t, house.program, seeing(390, 844))
	fits := func(lang, path string) {
		t.Helper()
		p.visit(path)
		if wide := see[int](p, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s in %s is %d pixels wide on a telephone of 390", path, lang, wide)
		}
	}
	languages := []string{"de", "es", "fr", "pl", "pt"}
	for _, lang := range languages {
		fits(lang, "/?lang="+lang)
		fits(lang, "/rooms/kitchen/join")
	}
	p.signsIn("Ada")
	for _, lang := range languages {
		fits(lang, "/?lang="+lang)
		for _, path := range []string{"/account", "/rooms/kitchen", "/rooms/kitchen/settings", "/rooms/kitchen/moderation", "/admin/people"} {
			fits(lang, path)
		}
	}
}
