package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axe is the source of axe-core, or the test is left out.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		missing(t, "axe-core is not there (npm ci in e2e)")
	}
	return string(source)
}

func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	source := axe(t)
	house := furnished(t)
	enters(t, house, "Taken")
	for _, scheme := range []string{"light", "dark"} {
		for _, language := range []string{"en", "ar"} {
			t.Run(scheme+" "+language, func(t *testing.T) {
				t.Parallel()
				p := newPerson(t, house, liking(scheme), speaking(language), seeing(1280, 800))
				p.visit("/rooms/lobby/join")
				p.isAccessible(source, "the door")
				p.typeInto("input[name=name]", "Taken")
				p.takesTime()
				p.leavingPage(func() { p.press(kb.Enter) })
				p.isAccessible(source, "the door with a refusal")
				p.enter("Ana " + scheme + " " + language)
				p.listening()
				p.say("a live message")
				p.hears("a live message")
				for _, page := range pages {
					if !page.isOutside {
						p.visit(page.path)
						p.isAccessible(source, page.name)
					}
				}
				p.visit("/rooms/lobby")
				p.typeInto("#ta", " ")
				see[bool](p, `(document.querySelector('#ta').required = false, true)`)
				p.press(kb.Enter)
				p.waitFor("the reason is told", `document.querySelector('#cerr').innerText.trim().length > 0`)
				p.isAccessible(source, "the room with a refusal")
				seeing(390, 844)(p)
				p.isAccessible(source, "the room on a telephone")
			})
		}
	}
}

// The frames of people without scripts are pages too. axe-core is a script, so
// it looks at them in a browser that has them.
func TestFramesAreAccessible(t *testing.T) {
	t.Parallel()
	source := axe(t)
	house := furnished(t)
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, house, liking(scheme))
			p.enter("Ana " + scheme)
			p.visit("/rooms/lobby/live")
			p.waitFor("the messages are there", `document.body?.innerText.includes('typo')`)
			// A refresh while one reads is a barrier. This one counts from the end of a
			// page that does not end, so it never happens while there is something
			// to read.
			p.isAccessible(source, "the messages' frame", "meta-refresh")
			p.visit("/rooms/lobby/compose")
			p.isAccessible(source, "the composer's frame")
		})
	}
}

// isAccessible lets axe-core look at the page by all of its rules but the
// excused.
func (p *person) isAccessible(source, name string, excused ...string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 3*patience)
	defer cancel()
	type violation struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML           string
			FailureSummary string
		}
	}
	rules := map[string]any{}
	for _, rule := range excused {
		rules[rule] = map[string]bool{"enabled": false}
	}
	options, err := json.Marshal(map[string]any{"resultTypes": []string{"violations"}, "iframes": false, "rules": rules})
	p.do(err)
	found, err := chromedp.Run(ctx, chromedp.Evaluate[json.RawMessage](
		source+`;axe.run(document, `+string(options)+`).then(r => ({violations: r.violations, passes: r.passes.length}))`,
		chromedp.EvalAwaitPromise))
	p.do(err)
	var result struct {
		Violations []violation
		Passes     int
	}
	p.do(json.Unmarshal(found, &result))
	if result.Passes == 0 {
		p.t.Errorf("%s: axe-core has looked at nothing", name)
	}
	for _, v := range result.Violations {
		text := fmt.Sprintf("%s: %s (%s): %s", name, v.ID, v.Impact, v.Help)
		for _, n := range v.Nodes {
			text += "\n\t" + n.HTML + "\n\t" + n.FailureSummary
		}
		p.t.Error(text)
	}
}
