package events

import (
	"cmp"
	"math"
	"slices"
	"time"

	"parlour"
)

// Presence is who is in a room, as a signal: at most PresenceNames people by
// name, those who are here before those who are away, and how many more.
type Presence struct {
	Room   int64 // Room.ID
	People []Present
	More   int
}

// Total counts everybody.
func (p Presence) Total() int { return len(p.People) + p.More }

// Present is somebody in a room.
type Present struct {
	parlour.Author
	Away bool // without a stream for a while
}

// PresenceNames is how many people a Presence names.
const PresenceNames = 50

// awayAfter is how long somebody may be without a stream and still count as
// here: a reload or a lost connection takes less.
const awayAfter = 30 * time.Second

// presence is the people in one room, guarded by the room's mutex.
type presence struct {
	room    int64                // Room.ID
	people  map[string]*attendee // by Identity.ID
	changed bool                 // since the readers were told
	toldAt  time.Time            // when the readers and the room were told last
	telling bool                 // the store is being told
	picture picture
	// tellNodes notes that other nodes are to be told of somebody, and whether
	// the room was told that they left; nil: there are no others.
	tellNodes func(person string, isLeft bool)
}

// attendee is somebody in a room, with any number of streams on any nodes.
type attendee struct {
	parlour.Author
	// isOurs: this node answers for them, for they were here last as far as it
	// knows. Whoever was on several nodes has several that answer.
	isOurs    bool
	isGuess   bool            // they are ours by what the store says: any other node knows better
	streams   int             // on this node
	elsewhere map[string]part // what other nodes answer for, by node
	since     time.Time       // when they came to this node
	seen      time.Time       // when they were last seen without a stream
	lingered  time.Time       // when a page that nobody sees last told that it is there
	announced bool            // the room was told that they came
	isDoubted bool            // it may have been, by a node that died; the store knows
	telling   bool            // the room is being told that they came or went
	leaving   bool            // they said that they leave: no grace
	leftAt    time.Time       // when this node heard so last
	away      bool
	noted     parlour.Seq // how far the store knows that they have read
}

// lastSeen is when the person was last there for certain.
func (a *attendee) lastSeen(now time.Time) time.Time {
	if a.streams > 0 {
		return now
	}
	seen := a.seen
	for _, there := range a.elsewhere {
		if there.isStreaming {
			return now
		}
		if there.seen.After(seen) {
			seen = there.seen
		}
	}
	return seen
}

// isLost tells whether the person has been without any sign of life for a grace
// time: pages that nobody sees have no stream, and give one.
func (a *attendee) isLost(now time.Time, grace time.Duration) bool {
	last := a.lastSeen(now)
	if a.lingered.After(last) {
		last = a.lingered
	}
	for _, there := range a.elsewhere {
		if there.lingered.After(last) {
			last = there.lingered
		}
	}
	return now.Sub(last) >= grace
}

// absence is how long somebody has not been there; of whom nothing is known, it
// was long.
func (p *presence) absence(id string, now time.Time) time.Duration {
	a := p.people[id]
	if a == nil {
		return math.MaxInt64
	}
	return now.Sub(a.lastSeen(now))
}

// isElsewhere tells whether the person has a stream on another node.
func (a *attendee) isElsewhere() bool {
	for _, there := range a.elsewhere {
		if there.isStreaming {
			return true
		}
	}
	return false
}

func newPresence(room int64) presence {
	return presence{room: room, people: make(map[string]*attendee), picture: picture{Presence: Presence{Room: room}}}
}

// news notes that other nodes are to be told of somebody.
func (p *presence) news(person string) {
	if p.tellNodes != nil {
		p.tellNodes(person, false)
	}
}

func (p *presence) change() { p.changed, p.picture.isOld = true, true }

func (p *presence) isEmpty() bool { return len(p.people) == 0 }

// see notes that somebody is there.
func (p *presence) see(person parlour.Author, now time.Time) *attendee {
	a := p.people[person.ID]
	if a == nil {
		a = &attendee{Author: person, since: now}
		p.people[person.ID] = a
		p.change()
	}
	if a.away || a.Author != person {
		p.change()
	}
	if !a.isOurs {
		a.since = now
	}
	if a.streams <= 0 || a.Author != person { // else they know
		p.news(person.ID)
	}
	a.Author, a.seen, a.leaving, a.away = person, now, false, false
	a.isOurs, a.isGuess, a.isDoubted = true, false, false // the store is told of them anew
	return a
}

func (p *presence) streamOpened(person parlour.Author, now time.Time) { p.see(person, now).streams++ }

func (p *presence) streamClosed(id string, now time.Time) {
	if a := p.people[id]; a != nil {
		a.streams--
		a.seen = now
		if a.streams <= 0 {
			p.news(id)
		}
	}
}

// linger notes that somebody has the room open where nobody sees it: they may be
// away, but they are not gone. Whoever is gone already does not come back by that.
func (p *presence) linger(id string, now time.Time) {
	a := p.people[id]
	if a == nil || a.leaving {
		return
	}
	if !a.isOurs {
		a.seen, a.since = a.lastSeen(now), now
	}
	a.isOurs, a.isGuess, a.lingered = true, false, now
	p.news(id)
}

// leave takes somebody away without a grace time. Other nodes that answer for them
// do the same, or know that they are back; unheard says that these cannot be heard.
func (p *presence) leave(id string, unheard bool) {
	a := p.people[id]
	if a == nil {
		return
	}
	if unheard {
		a.elsewhere = nil
	}
	a.leaving, a.leftAt = a.isOurs, time.Now()
	p.change()
	if !a.isOurs && len(a.elsewhere) == 0 {
		p.forget(id)
	}
}

func (p *presence) rename(person parlour.Author) {
	if a := p.people[person.ID]; a != nil && a.Author != person {
		a.Author = person
		p.change()
		if a.isOurs {
			p.news(person.ID)
		}
	}
}

// graces are how long is waited before a room is told something.
type graces struct {
	join, leave time.Duration
	// blind: other nodes may have people of whom this one does not know. Nobody
	// is missed then, but for those who said that they leave.
	blind bool
}

// due is whose coming or going the room is to be told, now that the graces are
// over, by this node: of each only those nodes tell that answer for them, and of
// these the first. Those who came and went untold are forgotten. Whoever is being
// told of already is left alone until that is done.
func (p *presence) due(now time.Time, g graces) (joined, left []parlour.Author) {
	for id, a := range p.people {
		seen := a.lastSeen(now)
		isElsewhere := a.isElsewhere()
		isGone := a.streams <= 0 && (a.leaving || a.isLost(now, g.leave))
		switch {
		case a.telling:
		case !a.isOurs:
			if isGone && len(a.elsewhere) == 0 {
				p.forget(id)
			}
		case isGone && (a.announced || a.isDoubted):
			if a.leaving || !g.blind {
				left = append(left, a.Author)
			}
		case isGone, a.streams <= 0 && isElsewhere:
			p.disown(id)
		case !a.announced && !a.leaving && seen.Sub(a.since) >= g.join:
			joined = append(joined, a.Author)
		}
		if isAway := now.Sub(seen) >= awayAfter; isAway != a.away {
			a.away = isAway
			p.change()
		}
	}
	byName := func(a, b parlour.Author) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(joined, byName)
	slices.SortFunc(left, byName)
	return joined, left
}

// tell notes that the room is being told who came and went.
func (p *presence) tell(joined, left []parlour.Author) {
	p.telling = true
	for _, who := range slices.Concat(joined, left) {
		p.people[who.ID].telling = true
	}
}

// told notes how that ended. Those who are gone are forgotten when they are
// looked at next; if they came back meanwhile, that is news again.
func (p *presence) told(joined, left []parlour.Author, isTold bool) {
	p.telling = false
	for _, who := range joined {
		a := p.people[who.ID]
		a.announced, a.telling = isTold, false
		p.news(who.ID)
	}
	for _, who := range left {
		a := p.people[who.ID]
		if isTold { // else it is as it was, in doubt or not
			a.announced, a.isDoubted = false, false
		}
		a.telling = false
		if isTold && p.tellNodes != nil {
			p.tellNodes(who.ID, true)
		}
	}
}

// Touch notes that somebody was in a room without opening a stream.
func (h *Hub) Touch(room int64, person parlour.Author) {
	h.present(room, func(p *presence) { p.see(person, time.Now()) })
}

// Linger notes that somebody has a room open in a page that nobody sees.
func (h *Hub) Linger(room int64, person string) {
	h.present(room, func(p *presence) { p.linger(person, time.Now()) })
}

// Restore puts back those of whose arrival rooms were told before the server
// stopped: they are neither announced again nor gone before the grace is over.
// Other nodes know better how they are.
func (h *Hub) Restore(seats []parlour.Seat) {
	for _, seat := range seats {
		h.present(seat.Room, func(p *presence) { p.restore(seat.Author(), time.Now()) })
	}
}

func (h *Hub) present(room int64, do func(*presence)) {
	rm := h.enter(room)
	defer h.leave(rm)
	rm.mu.Lock()
	defer rm.mu.Unlock()
	do(&rm.people)
}

// Presence is who is in a room now.
func (h *Hub) Presence(room int64) Presence {
	rm := h.find(room)
	if rm == nil {
		return Presence{Room: room}
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return rm.people.snapshot(time.Now())
}

// Present counts who is in a room now.
func (h *Hub) Present(room int64) int {
	rm := h.find(room)
	if rm == nil {
		return 0
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return len(rm.people.people)
}
