package events

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"
)

// peers is what this node knows of the others.
type peers struct {
	// isBlind: other nodes may have people of whom this one does not know.
	isBlind atomic.Bool

	mu  sync.Mutex // guards all below; those of the hub and of rooms may be taken under it, never the reverse
	all map[string]*peer
	// dead are nodes that were given up. One that is heard of again was cut off.
	dead map[string]struct{}
	// since is when the bus came back; zero while it is away, for then nobody can
	// be heard.
	since time.Time
}

// peer is what this node knows of another.
type peer struct {
	heardAt time.Time
	askedAt time.Time
	number  uint64                  // all up to here is known
	latest  uint64                  // what there is
	ahead   map[uint64]announcement // news that came before their turn
	parts   map[int]announcement    // of the Nth answer that tells all
	nth     int
	people  map[place]struct{}
	streams map[string]int
}

const (
	// deadAfter is how long a node may be silent before it is taken for dead.
	deadAfter = 3*beatEvery + tick
	// maxNewsAhead bounds the memory for what comes out of turn.
	maxNewsAhead = 64
	// maxDead bounds the memory for nodes that were given up.
	maxDead = 1000
)

func newPeers() *peers {
	return &peers{all: make(map[string]*peer), dead: make(map[string]struct{})}
}

// receivePresence takes what another node tells of who is present there.
func (h *Hub) receivePresence(payload []byte) {
	var a announcement
	if err := json.Unmarshal(payload, &a); err != nil || a.Version != presenceVersion {
		return // of another version: it is as if the node were not there
	}
	now := time.Now()
	ps := h.peers
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.all[a.Node]
	if p == nil {
		if a.Kind == aBye {
			return
		}
		p = &peer{ahead: make(map[uint64]announcement), people: make(map[place]struct{}), streams: make(map[string]int)}
		ps.all[a.Node] = p
		if _, wasDead := ps.dead[a.Node]; wasDead {
			delete(ps.dead, a.Node)
			h.doubt()
		}
	}
	p.heardAt, p.latest = now, max(p.latest, a.Number)
	switch a.Kind {
	case aHello:
		h.announcer.order(&h.announcer.isHailed)
	case aNews:
		if a.Number > p.number && len(p.ahead) < maxNewsAhead {
			p.ahead[a.Number] = a
		}
	case anAll:
		h.gather(p, a, now)
	case aBye:
		h.giveUp(a.Node, p, now)
		return
	}
	h.catchUpWith(p, now)
	if p.latest > p.number && now.Sub(p.askedAt) > allEvery {
		p.askedAt = now
		h.opts.Bus.Publish(presenceSubject+"."+a.Node, nil)
	}
}

// catchUpWith does what the news tell whose turn it is.
func (h *Hub) catchUpWith(p *peer, now time.Time) {
	for {
		a, ok := p.ahead[p.number+1]
		if !ok {
			return
		}
		delete(p.ahead, a.Number)
		p.number = a.Number
		for _, e := range a.People {
			h.hearOf(p, a.Node, e, now)
		}
		for key, n := range a.Streams {
			h.countElsewhere(p, key, n)
		}
	}
}

// gather puts together what a node tells when it tells all. Once it is whole it
// takes the place of what was known.
func (h *Hub) gather(p *peer, a announcement, now time.Time) {
	if a.Number <= p.number || a.Nth < p.nth {
		return
	}
	if a.Nth > p.nth {
		p.parts, p.nth = make(map[int]announcement), a.Nth
	}
	p.parts[a.Part] = a
	if len(p.parts) < a.Parts {
		return
	}
	people, streams := make(map[place]struct{}), make(map[string]struct{})
	for _, part := range p.parts {
		for _, e := range part.People {
			people[place{e.Room, e.Person}] = struct{}{}
			h.hearOf(p, a.Node, e, now)
		}
		for key, n := range part.Streams {
			streams[key] = struct{}{}
			h.countElsewhere(p, key, n)
		}
	}
	for at := range p.people {
		if _, isThere := people[at]; !isThere {
			delete(p.people, at)
			h.present(at.room, func(in *presence) { in.unhear(a.Node, at.person, false, false) })
		}
	}
	for key := range p.streams {
		if _, isThere := streams[key]; !isThere {
			h.countElsewhere(p, key, 0)
		}
	}
	p.number = a.Number
	clear(p.parts)
	for n := range p.ahead {
		if n <= p.number {
			delete(p.ahead, n)
		}
	}
}

// hearOf does what a node tells of somebody.
func (h *Hub) hearOf(p *peer, node string, e entry, now time.Time) {
	at := place{e.Room, e.Person}
	if e.Gone {
		delete(p.people, at)
		if rm := h.find(e.Room); rm != nil {
			rm.mu.Lock()
			rm.people.unhear(node, e.Person, e.Left, true)
			rm.mu.Unlock()
		}
		return
	}
	p.people[at] = struct{}{}
	h.present(e.Room, func(in *presence) { in.hear(node, e, now) })
}

// countElsewhere notes how many streams a node has open for a person or address.
func (h *Hub) countElsewhere(p *peer, key string, n int) {
	was := p.streams[key]
	if p.streams[key] = n; n == 0 {
		delete(p.streams, key)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.elsewhere[key] += n - was; h.elsewhere[key] <= 0 {
		delete(h.elsewhere, key)
	}
}

// giveUp takes over the people of a node that is dead or has ended. The caller
// holds the peers' mutex.
func (h *Hub) giveUp(node string, p *peer, now time.Time) {
	delete(h.peers.all, node)
	for at := range p.people {
		h.present(at.room, func(in *presence) { in.inherit(node, at.person, now) })
	}
	for key := range p.streams {
		h.countElsewhere(p, key, 0)
	}
}

// watchPeers gives up nodes that are silent, and tells whether this one knows
// what there is to know.
func (h *Hub) watchPeers(now time.Time) {
	if h.opts.Bus == nil {
		return
	}
	ps := h.peers
	ps.mu.Lock()
	defer ps.mu.Unlock()
	isBlind := ps.since.IsZero() || now.Sub(ps.since) < deadAfter
	for node, p := range ps.all {
		if !isBlind && now.Sub(p.heardAt) > deadAfter {
			h.opts.Log.Warn("a node is silent, and taken for dead", "node", node, "people", len(p.people))
			h.giveUp(node, p, now)
			if len(ps.dead) >= maxDead {
				clear(ps.dead)
			}
			ps.dead[node] = struct{}{}
		}
	}
	for _, p := range ps.all {
		isBlind = isBlind || p.latest > p.number
	}
	ps.isBlind.Store(isBlind)
}

// Nodes counts the nodes of the house that this one hears of, itself among them.
// While the bus is away it is what it was.
func (h *Hub) Nodes() int {
	h.peers.mu.Lock()
	defer h.peers.mu.Unlock()
	return 1 + len(h.peers.all)
}

// hearPeers is told when the bus goes away and when it is back. While it is away
// nobody dies.
func (h *Hub) hearPeers(connected bool) {
	ps := h.peers
	ps.mu.Lock()
	defer ps.mu.Unlock()
	switch {
	case !connected:
		ps.since = time.Time{}
		ps.isBlind.Store(true)
	case ps.since.IsZero():
		ps.since = time.Now()
	}
	if connected {
		h.announcer.order(&h.announcer.isNew)
	}
}

// doubt has rooms told once more of all who are here.
func (h *Hub) doubt() {
	for _, rm := range h.all() {
		rm.mu.Lock()
		rm.people.doubt()
		rm.mu.Unlock()
	}
}
