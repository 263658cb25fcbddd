package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	_ "github.com/mattn/go-sqlite3"
)

func TestEnterSendsAndShiftEnterMakesANewLine(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.typeInto("#ta", "one")
	ana.press(kb.Enter, kb.ModifierShift)
	ana.typing("two")
	if got := ana.written(); got != "one\ntwo" {
		t.Errorf("the composer has %q", got)
	}
	ana.press(kb.Enter)
	bob.hears("one\ntwo")
	ana.waitFor("the composer is empty", `document.querySelector('#ta').value === ''`)
	if n := ana.record.posts(); n != 1 {
		t.Errorf("%d posts were sent for one message", n)
	}
	ana.typeInto("#ta", "by the button")
	ana.click("#composer button")
	bob.hears("by the button")
	if at := see[string](ana, `document.activeElement.id`); at != "ta" {
		t.Errorf("after the button the focus is on %q", at)
	}
}

func TestFastMessagesArriveOnceAndInOrder(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.focus("#ta")
	want := []string{"first", "second", "third"}
	for _, text := range want {
		ana.typing(text)
		ana.press(kb.Enter)
	}
	for _, p := range []*person{ana, bob} {
		p.hears("third")
		if got := p.messages(); !equal(got, want) {
			t.Errorf("the page shows %q, want %q", got, want)
		}
	}
}

func TestPressingEnterAgainSendsNothing(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.typeInto("#ta", "only once")
	for range 3 {
		ana.press(kb.Enter)
	}
	ana.hears("only once")
	ana.say("the end")
	ana.hears("the end")
	if got, want := ana.messages(), []string{"only once", "the end"}; !equal(got, want) {
		t.Errorf("the page shows %q, want %q", got, want)
	}
}

func TestTextTypedWhileSendingIsKept(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana := newPerson(t, house)
	ana.enter("Ana")
	release := house.holdStore()
	ana.say("on its way")
	until(t, "the post is sent", func() bool { return ana.record.posts() == 1 })
	ana.typing("the next one")
	release()
	ana.hears("on its way")
	if got := ana.written(); got != "the next one" {
		t.Errorf("the composer has %q", got)
	}
}

// Each way in which a message can be refused. The text must be back in the
// composer, with a reason beside it, and it must be sent once and no more when
// the cause is gone.
func TestComposerGivesRefusedTextBack(t *testing.T) {
	t.Run("422, too long", func(t *testing.T) {
		t.Parallel()
		house := start(t)
		ana := newPerson(t, house)
		ana.enter("Ana")
		text := strings.Repeat("0123456789", 400) + "!"
		see[bool](ana, `(document.querySelector('#ta').removeAttribute('maxlength'), true)`)
		ana.say(text)
		ana.getsBack(text)
		ana.answeredWith(http.StatusUnprocessableEntity)
		ana.press(kb.Backspace)
		ana.press(kb.Enter)
		ana.hears(text[:4000])
	})
	t.Run("429, too often", func(t *testing.T) {
		t.Parallel()
		house := start(t)
		ana := newPerson(t, house)
		ana.enter("Ana")
		double := ana.double()
		// The double uses up what Ana may say; a second later she may say
		// something again, so it can take more than one try to be refused.
		refused := ""
		for try := 0; refused == ""; try++ {
			for double.post("/rooms/lobby/messages", url.Values{"body": {"chatter"}}).status == http.StatusSeeOther {
			}
			text := fmt.Sprintf("slow down %d", try)
			ana.focus("#ta")
			ana.typing(text)
			if ana.sends(); ana.written() == text {
				refused = text
			}
		}
		ana.getsBack(refused)
		ana.answeredWith(http.StatusTooManyRequests)
		until(t, "the text is sent at last", func() bool {
			ana.sends()
			return ana.written() == ""
		})
		ana.hears(refused)
	})
	t.Run("503, the store is busy", func(t *testing.T) {
		t.Parallel()
		house := start(t)
		house.troubled = true
		ana := newPerson(t, house)
		ana.enter("Ana")
		release := house.holdStore()
		ana.say("are you busy?")
		ana.getsBack("are you busy?")
		ana.answeredWith(http.StatusServiceUnavailable)
		release()
		ana.press(kb.Enter)
		ana.hears("are you busy?")
		ana.hasSaid("are you busy?")
	})
	t.Run("no network", func(t *testing.T) {
		t.Parallel()
		house := start(t)
		ana := newPerson(t, house)
		ana.enter("Ana")
		ana.listening()
		ana.goOffline()
		ana.say("is anybody out there?")
		ana.getsBack("is anybody out there?")
		ana.typing(" Hello?")
		ana.goOnline()
		ana.press(kb.Enter)
		ana.hears("is anybody out there? Hello?")
		ana.hasSaid("is anybody out there? Hello?")
	})
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		house := start(t, "--shutdown-grace", "100ms")
		ana := newPerson(t, house)
		ana.enter("Ana")
		house.Stop()
		ana.say("did you go?")
		ana.getsBack("did you go?")
		house.again()
		ana.press(kb.Enter)
		ana.hears("did you go?")
		ana.hasSaid("did you go?")
	})
}

// sends presses Enter and waits until the post is answered.
func (p *person) sends() {
	p.t.Helper()
	posts := p.record.posts()
	p.press(kb.Enter)
	until(p.t, "the post is answered", func() bool {
		return p.record.posts() > posts && p.record.pending() == 0
	})
}

// getsBack waits until a refused text is in the composer again, and requires a
// reason beside it that is announced.
func (p *person) getsBack(text string) {
	p.t.Helper()
	p.waitFor("the text is back", `document.querySelector('#ta').value === %s`, text)
	p.waitFor("the reason is told", `document.querySelector('#cerr[role=alert]')?.innerText.trim().length > 0`)
}

// answeredWith requires that the last post had this status. Drafts are kept
// meanwhile, whenever a slow test pauses.
func (p *person) answeredWith(status int) {
	p.t.Helper()
	last := int64(0)
	p.record.count(func(q request) bool {
		if q.method == "POST" && q.status != 0 && !strings.HasSuffix(q.url.Path, "/draft") {
			last = q.status
		}
		return false
	})
	if last != int64(status) {
		p.t.Errorf("the post was answered with %d, want %d", last, status)
	}
}

// hasSaid requires that these are all messages of the page.
func (p *person) hasSaid(want ...string) {
	p.t.Helper()
	if got := p.messages(); !equal(got, want) {
		p.t.Errorf("the page shows %q, want %q", got, want)
	}
}

// double is a visitor with the person's cookies: to the program the same guest.
func (p *person) double() *visitor {
	p.t.Helper()
	v := newVisitor(p.t, p.program)
	u, err := url.Parse(p.program.Address)
	if err != nil {
		p.t.Fatal(err)
	}
	var cookies []*http.Cookie
	for _, c := range call(p, network.GetCookies, network.GetCookiesParams{URLs: []string{p.program.url("/")}}).Cookies {
		cookies = append(cookies, &http.Cookie{Name: c.Name, Value: c.Value, Path: c.Path})
	}
	v.client.Jar.SetCookies(u, cookies)
	return v
}

// holdStore takes the store's lock for writing from outside, as a backup gone
// wrong would, until it is released.
func (p *program) holdStore() (release func()) {
	p.t.Helper()
	file, err := sql.Open("sqlite3", "file:"+filepath.Join(p.data, "parlour.db")+"?_busy_timeout=10000")
	if err != nil {
		p.t.Fatal(err)
	}
	conn, err := file.Conn(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := conn.ExecContext(p.t.Context(), "BEGIN IMMEDIATE"); err != nil {
		p.t.Fatal(err)
	}
	var isReleased bool
	release = func() {
		if isReleased {
			return
		}
		isReleased = true
		if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			p.t.Error(err)
		}
		_ = conn.Close()
		_ = file.Close()
	}
	p.t.Cleanup(release)
	return release
}

// Safari ends the composition before it tells of the Enter that ended it.
func TestEnterThatEndsAComposedCharacterSendsNothing(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.typeInto("#ta", "日本")
	for _, enter := range []string{`isComposing: true`, `keyCode: 229`} {
		see[bool](ana, `document.querySelector('#ta').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, `+enter+`}))`)
	}
	ana.say("語")
	ana.hears("日本語")
	ana.hasSaid("日本語")
}
