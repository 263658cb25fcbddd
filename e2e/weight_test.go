package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

func TestFirstVisitIsLightAndAsksNobodyElse(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	bob := enters(t, house, "Bob")
	for i := range 60 {
		bob.says(fmt.Sprintf("Message %d of the usual length, with a little more than one line of text in it. https://example.com/%d", i, i))
	}
	ana := newPerson(t, house)
	ana.visit("/rooms/lobby")
	ana.waitFor("the door is loaded", `document.readyState === 'complete'`)
	ana.enter("Ana")
	ana.waitFor("the room is loaded", `document.readyState === 'complete'`)
	until(t, "every file has come", func() bool {
		came, lacking := map[string]bool{}, map[string]bool{}
		ana.record.count(func(q request) bool {
			if q.isOver && q.failure == "" {
				came[q.url.Path] = true
			} else if !strings.HasSuffix(q.url.Path, "/events") {
				lacking[q.url.Path] = true
			}
			return false
		})
		maps.DeleteFunc(lacking, func(path string, _ bool) bool { return came[path] })
		return len(lacking) == 0
	})
	var bytes int64
	ana.record.count(func(q request) bool {
		t.Logf("%7d bytes  %d %s %s", q.bytes, q.status, q.method, q.url)
		bytes += q.bytes
		if q.url.Scheme != "data" && q.url.Host != house.Listen {
			t.Errorf("somebody else is asked: %s", q.url)
		}
		return false
	})
	t.Logf("%7d bytes in all, from the door to the open stream", bytes)
	if bytes > 40<<10 {
		t.Errorf("the first visit of a room takes %d bytes", bytes)
	}

	before := bytes
	bytes = 0
	again := ana.tab()
	again.visit("/rooms/lobby")
	again.listening()
	again.record.count(func(q request) bool { bytes += q.bytes; return false })
	t.Logf("%7d bytes on the second visit", bytes)
	if bytes > before/2 {
		t.Errorf("the second visit takes %d bytes, the first took %d", bytes, before)
	}
}
