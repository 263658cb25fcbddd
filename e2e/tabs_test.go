package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A browser has six connections for a server over HTTP/1.1. A tab that one looks
// at needs one for good, so tabs that nobody sees must not have any.
func TestEightTabsWork(t *testing.T) {
	t.Parallel()
	house := start(t)
	first, bob := newPerson(t, house), newPerson(t, house)
	first.enter("Ana")
	bob.enter("Bob")
	tabs := []*person{first}
	for range 7 {
		next := first.tab()
		next.visit("/rooms/lobby")
		next.listening()
		tabs = append(tabs, next)
	}
	bob.say("to all tabs")
	for i, tab := range tabs {
		tab.comesToFront()
		tab.hears("to all tabs")
		tab.hasSaid("to all tabs")
		for j, other := range tabs {
			if j != i {
				other.deaf()
			}
		}
	}
}

func TestEightTabsOpenedUnseenWork(t *testing.T) {
	t.Parallel()
	house := start(t)
	first, bob := newPerson(t, house), newPerson(t, house)
	first.enter("Ana")
	bob.enter("Bob")
	first.listening()
	var tabs []*person
	for range 8 {
		tabs = append(tabs, first.unseenTab("/rooms/lobby"))
	}
	for _, tab := range tabs {
		tab.waitFor("the page is there", `document.querySelector('#composer') != null && document.readyState === 'complete'`)
		if visibility := see[string](tab, `document.visibilityState`); visibility != "hidden" {
			t.Fatalf("an unseen tab is %s", visibility)
		}
	}
	first.listening()
	bob.say("to whom it may concern")
	first.hears("to whom it may concern")
	last := tabs[len(tabs)-1]
	last.comesToFront()
	last.hears("to whom it may concern")
	last.say("here I am")
	bob.hears("here I am")
}

// unseenTab opens a tab behind the one that is seen, as one does with links that
// are to be read later.
func (p *person) unseenTab(path string) *person {
	p.t.Helper()
	isBehind := true
	opened, err := chromedp.CallBrowser(p.ctx, target.CreateTarget, target.CreateTargetParams{
		URL: p.program.url(path), BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID, Background: &isBehind,
	})
	p.do(err)
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithTargetID(opened.TargetID))
	p.t.Cleanup(cancel)
	return openTab(p.t, ctx, p.program, nil)
}
