package cluster

import (
	"fmt"
	"net/http"
	"net/url"
)

// watched is a guest in the lobby who reads at one node.
func (h *house) watched(name string, at *node) *reader {
	h.t.Helper()
	return h.listensOnlyAt(h.enters(name, "lobby"), at)
}

// reliable has a person do something at any node, until it is done.
func (p *person) reliable(what, path string, form url.Values) answer {
	p.house.t.Helper()
	var got answer
	until(p.house.t, p.name+" "+what, func() (isDone bool) {
		var err error
		got, err = p.post(p.house.t.Context(), p.house.next(), path, form)
		return err == nil && got.status == http.StatusSeeOther
	})
	return got
}

// bans has the admin ban somebody, whose streams then end.
func (h *house) bans(streams ...*reader) {
	h.t.Helper()
	if h.admin == nil {
		h.admin = h.setsUp("lobby")
	}
	who := streams[0]
	h.admin.reliable("bans", who.room+"/messages", url.Values{"body": {"/ban " + who.name}})
	h.end(streams, "banned")
}

// signsOut has a member sign out in one place, who is then signed out everywhere.
func (h *house) signsOut(streams ...*reader) {
	h.t.Helper()
	streams[0].reliable("signs out", "/logout", nil)
	h.end(streams, "signed out")
}

func (h *house) leaves(streams ...*reader) {
	h.t.Helper()
	streams[0].reliable("leaves", streams[0].room+"/leave", nil)
	h.end(streams, "gone")
}

// end waits until streams have ended. A node without its database cannot tell for
// how long, and only closes them.
func (h *house) end(streams []*reader, why string) {
	h.t.Helper()
	for _, r := range streams {
		until(h.t, fmt.Sprintf("%s, who is %s, reads no more at %s", r.name, why, r.first.name), func() bool {
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
		until(h.t, r.name+" is refused for good at "+r.first.name, func() bool {
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
			if got, err := r.get(h.t.Context(), n, r.room+"/events"); err != nil || got.status == http.StatusOK {
				h.t.Errorf("%s answers %s, whose stream is over, with %d, %v", n.name, r.name, got.status, err)
			}
		}
	}
}
