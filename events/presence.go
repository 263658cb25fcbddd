package events

import (
	"bytes"
	"cmp"
	"context"
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
}

// attendee is somebody in a room, with any number of streams.
type attendee struct {
	parlour.Author
	streams   int
	since     time.Time // when they came
	seen      time.Time // when they were last seen without a stream
	announced bool      // the room was told that they came
	telling   bool      // the room is being told that they came or went
	leaving   bool      // they said that they leave: no grace
	away      bool
}

// lastSeen is when the person was last there for certain.
func (a *attendee) lastSeen(now time.Time) time.Time {
	if a.streams > 0 {
		return now
	}
	return a.seen
}

func newPresence() presence { return presence{people: make(map[string]*attendee)} }

func (p *presence) isEmpty() bool { return len(p.people) == 0 }

// see notes that somebody is there.
func (p *presence) see(person parlour.Author, now time.Time) *attendee {
	a := p.people[person.ID]
	if a == nil {
		a = &attendee{Author: person, since: now}
		p.people[person.ID] = a
		p.changed = true
	}
	if a.away || a.Author != person {
		p.changed = true
	}
	a.Author, a.seen, a.leaving, a.away = person, now, false, false
	return a
}

func (p *presence) streamOpened(person parlour.Author, now time.Time) { p.see(person, now).streams++ }

func (p *presence) streamClosed(id string, now time.Time) {
	if a := p.people[id]; a != nil {
		a.streams--
		a.seen = now
	}
}

// leave takes somebody away without a grace time.
func (p *presence) leave(id string) {
	if a := p.people[id]; a != nil {
		a.leaving = true
		p.changed = true
	}
}

func (p *presence) rename(person parlour.Author) {
	if a := p.people[person.ID]; a != nil && a.Author != person {
		a.Author = person
		p.changed = true
	}
}

// due is whose coming or going the room is to be told, now that the graces are
// over. Those who came and went untold are forgotten. Whoever is being told of
// already is left alone until that is done.
func (p *presence) due(now time.Time, joinGrace, leaveGrace time.Duration) (joined, left []parlour.Author) {
	for id, a := range p.people {
		seen := a.lastSeen(now)
		isGone := a.streams <= 0 && (a.leaving || now.Sub(seen) >= leaveGrace)
		switch {
		case a.telling:
		case isGone && a.announced:
			left = append(left, a.Author)
		case isGone:
			delete(p.people, id)
			p.changed = true
		case !a.announced && !a.leaving && seen.Sub(a.since) >= joinGrace:
			joined = append(joined, a.Author)
		}
		if isAway := now.Sub(seen) >= awayAfter; isAway != a.away {
			a.away = isAway
			p.changed = true
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
	}
	for _, who := range left {
		a := p.people[who.ID]
		a.announced, a.telling = !isTold, false
	}
}

// snapshot is who is there now.
func (p *presence) snapshot() Presence {
	all := make([]Present, 0, len(p.people))
	for _, a := range p.people {
		if !a.leaving {
			all = append(all, Present{Author: a.Author, Away: a.away})
		}
	}
	slices.SortFunc(all, func(a, b Present) int {
		if a.Away != b.Away {
			if b.Away {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	named := min(len(all), PresenceNames)
	return Presence{Room: p.room, People: all[:named:named], More: len(all) - named}
}

// Touch notes that somebody was in a room without opening a stream.
func (h *Hub) Touch(room int64, person parlour.Author) {
	h.present(room, func(p *presence) { p.see(person, time.Now()) })
}

// Restore puts back those of whose arrival rooms were told before the server
// stopped: they are neither announced again nor gone before the grace is over.
func (h *Hub) Restore(seats []parlour.Seat) {
	for _, seat := range seats {
		h.present(seat.Room, func(p *presence) { p.see(seat.Author(), time.Now()).announced = true })
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
	return rm.people.snapshot()
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

// appendPresence appends the frame that shows who is there.
func (rm *room) appendPresence(dst []byte, feed Feed) []byte {
	rm.mu.Lock()
	now := rm.people.snapshot()
	rm.mu.Unlock()
	var content bytes.Buffer
	if err := rm.hub.opts.Renderer.Presence(&content, feed, now); err != nil {
		rm.hub.opts.Log.Error("rendering presence", "room", rm.id, "error", err)
		return dst
	}
	return feed.frame(dst, 0, content.Bytes())
}

// tellPresence tells the readers who is there, and the room who came and went,
// if that has changed. In a large room that is done more rarely: each telling
// goes to everybody, and everybody is a reason for one.
func (rm *room) tellPresence(now time.Time) {
	opts := &rm.hub.opts
	rm.mu.Lock()
	pause := time.Duration(len(rm.readers)) * time.Millisecond
	if rm.people.isEmpty() && !rm.people.changed || now.Sub(rm.people.toldAt) < pause {
		rm.mu.Unlock()
		return
	}
	joined, left := rm.people.due(now, opts.JoinGrace, opts.LeaveGrace)
	changed := rm.people.changed
	announce := len(joined)+len(left) > 0 && !rm.people.telling
	if changed || announce {
		rm.people.changed, rm.people.toldAt = false, now
	}
	if announce {
		rm.people.tell(joined, left)
	}
	who := rm.people.snapshot()
	rm.mu.Unlock()
	if changed {
		rm.signal(func(w *bytes.Buffer, feed Feed) error { return opts.Renderer.Presence(w, feed, who) })
	}
	if announce {
		rm.hub.spawn(func() { rm.announce(joined, left) })
	}
}

// announce has the store tell the room who came and went. What fails is tried
// again at a later tick.
func (rm *room) announce(joined, left []parlour.Author) {
	ctx, cancel := context.WithTimeout(rm.hub.ctx, storeWait)
	defer cancel()
	at := time.Now().UTC().Truncate(time.Millisecond)
	err := rm.hub.opts.Store.Attend(ctx, rm.id, joined, left, at)
	if err != nil {
		rm.log(ctx, "telling who came and went", err)
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.people.told(joined, left, err == nil)
}

// sayGoodbyes tells the room of those who said that they leave and of whom it
// was not told yet. Their seats are gone, so that no later start of the server
// would know of them. All others are away no longer than the server.
func (rm *room) sayGoodbyes() {
	const never = 1 << 62
	rm.mu.Lock()
	_, left := rm.people.due(time.Now(), never, never)
	if len(left) == 0 || rm.people.telling {
		rm.mu.Unlock()
		return
	}
	rm.people.tell(nil, left)
	rm.mu.Unlock()
	rm.announce(nil, left)
}
