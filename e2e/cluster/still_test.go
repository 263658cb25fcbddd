//go:build unix

package cluster

import (
	"net/url"
	"syscall"
	"testing"
)

// TestNodeStandsStill, as when its machine sleeps: nothing of it runs, and its
// connections stay. Then it hears at once what was said and done meanwhile, and shows
// none of that to somebody who was banned.
func TestNodeStandsStill(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	still := h.nodes[1]
	h.admin = h.setsUp("lobby")
	banned := h.watched("Victim", still)
	h.goesOn(100)
	still.Signal(syscall.SIGSTOP)
	t.Cleanup(func() {
		if still.IsRunning() { // the test may have failed before it woke
			still.Signal(syscall.SIGCONT)
		}
	})
	until(t, "the balancer notices", func() bool { return !still.isReady.Load() })
	h.admin.doesElsewhere("bans", still, banned.room+"/messages", url.Values{"body": {"/ban " + banned.name}})
	h.goesOn(300)
	banned.mu.Lock()
	before := len(banned.lines)
	banned.mu.Unlock()
	still.Signal(syscall.SIGCONT)
	h.end([]*reader{banned}, "banned")
	if banned.shown > before {
		t.Errorf("%d messages were shown to somebody who was banned before", banned.shown-before)
	}
	h.allWell()
	h.goesOn(100)
	h.settles()
	h.areGone(banned)
}
