package cluster

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// watched is a guest in the lobby who reads at one node.
func (h *house) watched(name string, at *node) *reader {
	h.t.Helper()
	return h.listensOnlyAt(h.enters(name, "lobby"), at)
}

// doesElsewhere has a person do something until it is done, at any node but the
// one that is to hear of it from others.
func (p *person) doesElsewhere(what string, than *node, path string, form url.Values) {
	p.house.t.Helper()
	until(p.house.t, p.name+" "+what, func() bool {
		at := p.house.next()
		if at == than {
			return false
		}
		got, err := p.ask(p.house.t.Context(), patience, http.MethodPost, at, path, form) // nothing of it twice
		return err == nil && got.status == http.StatusSeeOther
	})
}

// bans has the admin ban somebody, whose streams then end.
func (h *house) bans(streams ...*reader) {
	h.t.Helper()
	if h.admin == nil {
		h.admin = h.setsUp("lobby")
	}
	who := streams[0]
	h.admin.doesElsewhere("bans", who.first, who.room+"/messages", url.Values{"body": {"/ban " + who.name}})
	h.end(streams, "banned")
}

// signsOut has a member sign out in one place, who is then signed out everywhere.
func (h *house) signsOut(streams ...*reader) {
	h.t.Helper()
	streams[0].doesElsewhere("signs out", streams[0].first, "/logout", nil)
	h.end(streams, "signed out")
}

func (h *house) leaves(streams ...*reader) {
	h.t.Helper()
	streams[0].doesElsewhere("leaves", streams[0].first, streams[0].room+"/leave", nil)
	h.end(streams, "gone")
}

// end waits until streams have ended. A node without its database cannot tell for
// how long, and only closes them.
func (h *house) end(streams []*reader, why string) {
	h.t.Helper()
	begun := time.Now()
	defer func() {
		h.t.Logf("%s: %d streams ended within %v", why, len(streams), time.Since(begun).Round(time.Millisecond))
	}()
	for _, r := range streams {
		until(h.t, fmt.Sprintf("%s, who is %s, reads no more at %s", r.name, why, r.first.Name), func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.shown = len(r.lines)
			return !r.isOpen
		})
	}
}

// areGone checks that those whose streams ended were shown nothing after that,
// whatever they tried, and are refused for good.
func (h *house) areGone(streams ...*reader) {
	h.t.Helper()
	for _, r := range streams {
		until(h.t, r.name+" is refused for good at "+r.first.Name, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.endedFor != ""
		})
		r.mu.Lock()
		if len(r.lines) > r.shown {
			h.t.Errorf("%s was shown %v when it was over", r.name, r.lines[r.shown:])
		}
		r.mu.Unlock()
		for _, n := range h.nodes {
			if got := r.opens(n, r.room+"/events"); got.status == http.StatusOK {
				h.t.Errorf("%s answers %s, whose stream is over, with %d", n.Name, r.name, got.status)
			}
		}
	}
}
