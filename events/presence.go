package events

import (
	"cmp"
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
}

// picture is what snapshot took last.
type picture struct {
	Presence
	takenAt time.Time
	isOld   bool // the people have changed since
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
	noted     parlour.Seq // how far the store knows that they have read
}

// lastSeen is when the person was last there for certain.
func (a *attendee) lastSeen(now time.Time) time.Time {
	if a.streams > 0 {
		return now
	}
	return a.seen
}

func newPresence(room int64) presence {
	return presence{room: room, people: make(map[string]*attendee), picture: picture{Presence: Presence{Room: room}}}
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
		p.change()
	}
}

func (p *presence) rename(person parlour.Author) {
	if a := p.people[person.ID]; a != nil && a.Author != person {
		a.Author = person
		p.change()
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
			p.change()
		case !a.announced && !a.leaving && seen.Sub(a.since) >= joinGrace:
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
	}
	for _, who := range left {
		a := p.people[who.ID]
		a.announced, a.telling = !isTold, false
	}
}

// snapshot is who is there now. Of a large crowd it may be a little old, for all
// who come have to be shown one: then a change is still to be told.
func (p *presence) snapshot(now time.Time) Presence {
	if !p.picture.isOld || len(p.people) > crowdSize && now.Sub(p.picture.takenAt) < pauseOf(len(p.people)) {
		return p.picture.Presence
	}
	return p.take(now)
}

// crowdSize is from how many people on not each of them is shown the latest picture.
const crowdSize = 200

// pauseOf is how long a room of so many rests between two tellings: each goes
// to everybody, and everybody is a reason for one.
func pauseOf(people int) time.Duration { return time.Duration(people) * time.Millisecond }

// take makes a new picture.
func (p *presence) take(now time.Time) Presence {
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
	p.picture = picture{
		Presence: Presence{Room: p.room, People: slices.Clone(all[:named]), More: len(all) - named},
		takenAt:  now,
	}
	return p.picture.Presence
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
