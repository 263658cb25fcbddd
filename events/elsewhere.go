package events

import (
	"time"

	"parlour"
)

// part is what another node answers for of somebody.
type part struct {
	toldAt      time.Time // when the node told of them last
	isStreaming bool      // they have a stream there
	seen        time.Time // when they were last seen there
	lingered    time.Time // when a page that nobody sees last told of itself there
}

// entry is how one node tells others of somebody in a room, for whom it answers
// or answered.
type entry struct {
	Room      int64  `json:"r"` // Room.ID
	Person    string `json:"p"`
	Name      string `json:"n,omitempty"`
	Guest     bool   `json:"g,omitempty"`
	Lookalike bool   `json:"l,omitempty"`
	Streaming bool   `json:"s,omitempty"` // they have a stream
	Idle      int64  `json:"i,omitempty"` // else for how many milliseconds they have had none
	Lingered  int64  `json:"h,omitempty"` // how many milliseconds ago a page that nobody sees told of itself; 0: never
	Announced bool   `json:"a,omitempty"` // the room was told that they came
	Left      bool   `json:"t,omitempty"` // the room was told that they left
	Gone      bool   `json:"x,omitempty"` // the node does not answer for them any more
}

func (e entry) author() parlour.Author {
	return parlour.Author{ID: e.Person, Name: e.Name, Guest: e.Guest, Lookalike: e.Lookalike}
}

// entry is what this node has to tell others of somebody.
func (p *presence) entry(person string, now time.Time) entry {
	a := p.people[person]
	if a == nil || !a.isOurs || a.isGuess {
		return entry{Room: p.room, Person: person, Gone: true}
	}
	e := entry{
		Room: p.room, Person: person, Name: a.Name, Guest: a.Guest, Lookalike: a.Lookalike,
		Streaming: a.streams > 0, Announced: a.announced,
	}
	if !e.Streaming {
		e.Idle = now.Sub(a.seen).Milliseconds()
	}
	if !a.lingered.IsZero() {
		e.Lingered = max(1, now.Sub(a.lingered).Milliseconds())
	}
	return e
}

// entries is that of all for whom this node answers.
func (p *presence) entries(now time.Time) (all []entry) {
	for person := range p.people {
		if e := p.entry(person, now); !e.Gone {
			all = append(all, e)
		}
	}
	return all
}

// hear takes what another node tells of somebody for whom it answers.
func (p *presence) hear(node string, e entry, now time.Time) {
	a := p.people[e.Person]
	if a == nil {
		a = &attendee{Author: e.author(), since: now}
		p.people[e.Person] = a
		p.change()
	}
	if a.Author != e.author() {
		a.Author = e.author()
		p.change()
	}
	if a.isGuess {
		a.isOurs, a.isGuess, a.seen = false, false, time.Time{}
	}
	a.announced = a.announced && !e.Left || e.Announced
	if a.elsewhere == nil {
		a.elsewhere = make(map[string]part, 1)
	}
	there := part{toldAt: now, isStreaming: e.Streaming, seen: now.Add(-time.Duration(e.Idle) * time.Millisecond)}
	if e.Lingered > 0 {
		there.lingered = now.Add(-time.Duration(e.Lingered) * time.Millisecond)
	}
	a.elsewhere[node] = there
}

// unhear notes that another node does not answer for somebody any more, because
// they went to others, or because the room was told that they left. When the
// node did not say why, whoever is here is told of once more: the store knows
// whether that is news.
func (p *presence) unhear(node, person string, isLeft, isClear bool) {
	a := p.people[person]
	if a == nil {
		return
	}
	if isLeft || !isClear && a.streams > 0 {
		a.announced = false
	}
	if _, isThere := a.elsewhere[node]; !isThere {
		return
	}
	delete(a.elsewhere, node)
	p.change()
	if !a.isOurs && len(a.elsewhere) == 0 {
		p.forget(person)
	}
}

// inherit makes this node answer for somebody in place of one that is dead: they
// have been without a stream there since it was found dead. Whoever left, or was
// thrown out, when it told nothing any more is gone.
func (p *presence) inherit(node, person string, now time.Time) {
	a := p.people[person]
	if a == nil {
		return
	}
	there, ok := a.elsewhere[node]
	if !ok {
		return
	}
	delete(a.elsewhere, node)
	if there.isStreaming {
		there.seen = now
	}
	if there.seen.After(a.seen) {
		a.seen = there.seen
	}
	if there.lingered.After(a.lingered) {
		a.lingered = there.lingered
	}
	p.change()
	if a.isElsewhere() {
		return // others have them
	}
	if !a.isOurs {
		a.isOurs, a.since, a.leaving = true, now, a.leftAt.After(there.toldAt)
	}
	a.isDoubted = !a.announced && a.streams <= 0
	p.news(person)
}

// disown notes that this node answers for somebody no more.
func (p *presence) disown(person string) {
	a := p.people[person]
	a.isOurs, a.isGuess, a.leaving, a.isDoubted = false, false, false, false
	p.news(person)
	if len(a.elsewhere) == 0 {
		p.forget(person)
	}
}

// forget forgets somebody, unless the room is just being told of them.
func (p *presence) forget(person string) {
	if a := p.people[person]; a != nil && !a.telling {
		delete(p.people, person)
		p.change()
	}
}

// restore puts somebody back of whose arrival the room was told.
func (p *presence) restore(person parlour.Author, now time.Time) {
	a := p.people[person.ID]
	if a == nil {
		a = &attendee{Author: person, isOurs: true, isGuess: true, since: now, seen: now}
		p.people[person.ID] = a
		p.change()
	}
	a.announced = true
}

// doubt has whoever is here told of once more, after the nodes did not hear each
// other: the store knows whether that is news.
func (p *presence) doubt() {
	for _, a := range p.people {
		if a.streams > 0 {
			a.announced = false
		}
	}
}
