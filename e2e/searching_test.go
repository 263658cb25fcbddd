package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// With and without scripts the way from a room leads by words to the message in
// its context.
func TestSearchLeadsFromWordsToTheMessage(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	writer := newPerson(t, house)
	writer.enter("Ada")
	writer.say("the roses bloom today")
	writer.hears("the roses bloom today")
	writer.say("東京タワーに行く")
	writer.hears("東京タワーに行く")
	for name, traits := range map[string][]trait{"with scripts": nil, "without scripts": {scriptless}} {
		t.Run(name, func(t *testing.T) {
			reader := newPerson(t, house, traits...)
			reader.enter("Ben " + strings.Fields(name)[0])
			for query, marked := range map[string]string{"ROSE": "rose", "京": "京"} {
				reader.visit("/search?room=lobby")
				reader.typeInto("#q", query)
				reader.leavingPage(func() { reader.press(kb.Enter) })
				if got := reader.text(".findings mark"); got != marked {
					t.Errorf("%s marks %q", query, got)
				}
				reader.leavingPage(func() { reader.click(".findings li a") })
				if !strings.Contains(reader.text(".found"), marked) {
					t.Errorf("%s leads to %s", query, reader.at())
				}
			}
		})
	}
}
