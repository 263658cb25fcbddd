package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// person is somebody in front of a browser: one tab of it. Other tabs of the
// same browser are other persons made with tab.
type person struct {
	t       *testing.T
	ctx     context.Context
	program *program
	record  *record
	// isScriptless people have switched JavaScript off.
	isScriptless bool
}

// trait is something about a person or their browser.
type trait func(*person)

// scriptless switches JavaScript off.
func scriptless(p *person) {
	p.isScriptless = true
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// speaking people's browsers ask for a language.
func speaking(language string) trait {
	return func(p *person) {
		call(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
			Headers: network.Headers{"Accept-Language": language},
		})
	}
}

// liking people prefer a colour scheme: "light" or "dark".
func liking(scheme string) trait {
	return func(p *person) {
		call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
	}
}

// seeing people have a window of a size, in CSS pixels.
func seeing(width, height int64) trait {
	return func(p *person) {
		call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: height, DeviceScaleFactor: 1,
		})
	}
}

// newPerson opens a browser that nothing is known to: no cookies, no cache.
// The test fails if that browser has anything to complain about, such as a
// violation of the Content-Security-Policy.
func newPerson(t *testing.T, program *program, traits ...trait) *person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return openTab(t, ctx, program, traits)
}

// tab opens another tab in the person's window. It comes to the front, which
// hides the one that was there.
func (p *person) tab(traits ...trait) *person {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithNewWindow(false))
	p.t.Cleanup(cancel)
	return openTab(p.t, ctx, p.program, traits)
}

func openTab(t *testing.T, ctx context.Context, program *program, traits []trait) *person {
	t.Helper()
	p := &person{t: t, ctx: ctx, program: program}
	p.do(chromedp.Do(ctx))
	p.record = keepRecord(p)
	for _, has := range traits {
		has(p)
	}
	return p
}

// do fails the test on an error of the browser's remote control.
func (p *person) do(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("the browser does not do what it is told: %v", err)
	}
}

func call[P, R any](p *person, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	p.do(err)
	return result
}

// see evaluates an expression in the page. Works with scripts disabled too:
// those are the page's, this is the person's eye.
func see[T any](p *person, expression string, args ...any) T {
	p.t.Helper()
	result, err := trySee[T](p, expression, args...)
	if err != nil {
		p.t.Fatalf("looking at the page: %v\n%s", err, expression)
	}
	return result
}

func trySee[T any](p *person, expression string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](filled(p.t, expression, args)))
}

// filled is an expression with its arguments, as JavaScript writes them.
func filled(t *testing.T, expression string, args []any) string {
	t.Helper()
	if len(args) == 0 {
		return expression
	}
	written := make([]any, len(args))
	for i, arg := range args {
		js, err := json.Marshal(arg)
		if err != nil {
			t.Fatal(err)
		}
		written[i] = string(js)
	}
	return fmt.Sprintf(expression, written...)
}

// waitFor waits until an expression is true in the page. A page that is just
// being replaced is not there yet, so an error is a no.
func (p *person) waitFor(what, expression string, args ...any) {
	p.t.Helper()
	until(p.t, what, func() bool {
		isSo, err := trySee[bool](p, expression, args...)
		return err == nil && isSo
	})
}

// visit goes to an address of the program and waits until the page can be read.
// It does not wait until all is loaded: the pages of people without JavaScript
// never end.
func (p *person) visit(path string) {
	p.t.Helper()
	see[bool](p, `window.isOld = true`)
	if failed := call(p, page.Navigate, page.NavigateParams{URL: p.program.url(path)}).ErrorText; failed != "" {
		p.t.Fatalf("visiting %s: %s", path, failed)
	}
	p.arrive()
}

// arrive waits for a page to be there that isOld was not said of, with its style
// sheets: before them everything stands elsewhere. The page that never ends is
// loading for ever.
func (p *person) arrive() {
	p.t.Helper()
	p.waitFor("a new page", `!window.isOld
		&& (document.readyState !== 'loading' || location.pathname.endsWith('/live') && document.body != null)
		&& [...document.querySelectorAll('link[rel=stylesheet]')].every(l => l.sheet)`)
}

// leavingPage does what brings the person to another page, and waits for it.
func (p *person) leavingPage(act func()) {
	p.t.Helper()
	see[bool](p, `window.isOld = true`)
	act()
	p.arrive()
}

func (p *person) at() string {
	p.t.Helper()
	return see[string](p, `location.pathname`)
}

// enter goes through the door of the lobby under a name.
func (p *person) enter(name string) {
	p.t.Helper()
	p.enterRoom("lobby", name)
}

func (p *person) enterRoom(room, name string) {
	p.t.Helper()
	p.visit("/rooms/" + room)
	if at := p.at(); at != "/rooms/"+room+"/join" {
		p.t.Fatalf("a guest without a name was sent to %s", at)
	}
	p.typeInto(`input[name=name]`, name)
	p.takesTime()
	p.leavingPage(func() { p.press(kb.Enter) })
	if at := p.at(); at != "/rooms/"+room {
		p.t.Fatalf("who chose the name %q was sent to %s:\n%s", name, at, p.text("body"))
	}
	if !p.isScriptless {
		// Nobody types as fast as a test: before htmx has started, Enter would
		// be a new line.
		p.listening()
	}
}

// takesTime waits for as long as people need to type a name: whoever is quicker
// at the door is taken for a bot.
func (p *person) takesTime() {
	p.t.Helper()
	p.waitFor("the page is there for a while", `performance.now() > 1200`)
}

// listening waits until the person's stream is open: what is said from now on
// comes live.
func (p *person) listening() {
	p.t.Helper()
	until(p.t, "one stream is open", func() bool { return p.record.openStreams() == 1 })
}

// deaf waits until the person's stream is closed.
func (p *person) deaf() {
	p.t.Helper()
	until(p.t, "no stream is open", func() bool { return p.record.openStreams() == 0 })
}

// typeInto focuses a field and types a text at its end.
func (p *person) typeInto(selector, text string) {
	p.t.Helper()
	p.focus(selector)
	p.typing(text)
}

func (p *person) focus(selector string) {
	p.t.Helper()
	if !see[bool](p, `(e => { e?.focus(); return e != null && document.activeElement === e })(document.querySelector(%s))`, selector) {
		p.t.Fatalf("there is no %s to be focused on %s:\n%s", selector, p.at(), p.text("body"))
	}
}

// typing puts a text where the focus is, at once.
func (p *person) typing(text string) {
	p.t.Helper()
	call(p, input.InsertText, input.InsertTextParams{Text: text})
}

// press presses a key, with modifiers or without, as a keyboard does: one event
// that carries its character, so that a page that takes the key for itself gets
// no character either.
func (p *person) press(key string, modifiers ...kb.Modifier) {
	p.t.Helper()
	for _, event := range kb.Encode([]rune(key)[0]) {
		switch event.Type {
		case kb.KeyChar:
			continue
		case kb.KeyDown:
			if key == kb.Enter {
				event.Text, event.UnmodifiedText = key, key
			}
		}
		for _, m := range modifiers {
			event.Modifiers |= m.Int64()
		}
		call(p, input.DispatchKeyEvent, *event)
	}
}

// click clicks in the middle of what a selector finds, with the mouse. It waits
// until that stands still: style sheets may not have come yet.
func (p *person) click(selector string) {
	p.t.Helper()
	type point struct{ X, Y float64 }
	var at, was *point
	until(p.t, selector+" can be clicked", func() bool {
		at = see[*point](p, `(e => { if (!e) return null; e.scrollIntoView({block: 'nearest'});
			const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2, hit = document.elementFromPoint(x, y);
			return hit && e.contains(hit) ? {X: x, Y: y} : null })(document.querySelector(%s))`, selector)
		isStill := at != nil && was != nil && *at == *was
		was = at
		return isStill
	})
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	p.do(chromedp.Do(ctx, chromedp.MouseClickXY(at.X, at.Y)))
}

// say writes a message and sends it with Enter.
func (p *person) say(text string) {
	p.t.Helper()
	p.typeInto("#ta", text)
	p.press(kb.Enter)
}

// hears waits until a message is shown.
func (p *person) hears(text string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("%q is shown", text), func() bool {
		for _, said := range p.messages() {
			if said == text {
				return true
			}
		}
		return false
	})
}

// messages are the texts that were said, in the order of the page, without the
// lines of comings and goings.
func (p *person) messages() []string {
	p.t.Helper()
	return see[[]string](p, `[...document.querySelectorAll('#list article .body')].map(e => e.innerText)`)
}

// text is what can be read in an element.
func (p *person) text(selector string) string {
	p.t.Helper()
	return strings.TrimSpace(see[string](p, `document.querySelector(%s)?.innerText ?? ''`, selector))
}

// written is what stands in the composer.
func (p *person) written() string {
	p.t.Helper()
	return see[string](p, `document.querySelector('#ta').value`)
}

// goOffline cuts the person's network, goOnline mends it.
func (p *person) goOffline() { p.t.Helper(); p.network(true) }
func (p *person) goOnline()  { p.t.Helper(); p.network(false) }

func (p *person) network(isOff bool) {
	p.t.Helper()
	conditions := []*network.Conditions{}
	if isOff {
		conditions = append(conditions, &network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	}
	call(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions})
	call(p, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: isOff, DownloadThroughput: -1, UploadThroughput: -1})
}

// comesToFront shows the person's tab, which hides the others of the window.
func (p *person) comesToFront() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.CallBrowser(ctx, target.ActivateTarget, target.ActivateTargetParams{
		TargetID: chromedp.FromContext(p.ctx).Target.TargetID,
	})
	p.do(err)
}
