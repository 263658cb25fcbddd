package events

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"
)

// What a node has present is a sequence of its own: it tells what changed under
// the next number, and now and then how far it is. Who has missed a number asks
// for all of it.

const (
	presenceSubject = "presence"
	// beatEvery is how often a node says that it is there.
	beatEvery = 2 * time.Second
	// newsEvery is how long a node gathers what it has to tell.
	newsEvery = 100 * time.Millisecond
	// allEvery is the least time between two tellings of everything: many may ask
	// at once, and one answer is for them all.
	allEvery = 500 * time.Millisecond
	// entriesAtOnce bounds a message: with the longest names they take a third of
	// the megabyte that a NATS server lets pass.
	entriesAtOnce = 1000
	// presenceVersion is to be raised when a message of before would be read wrongly.
	presenceVersion = 1
)

// announcement is what a node tells others of who is present there, as JSON.
type announcement struct {
	Version int              `json:"v"`
	Node    string           `json:"n"`
	Kind    announcementKind `json:"k"`
	Number  uint64           `json:"s"` // how far the node is; of news their own
	// Part and Parts are which message this is of those that tell all, the Nth time.
	Part   int     `json:"i,omitempty"`
	Parts  int     `json:"m,omitempty"`
	Nth    int     `json:"a,omitempty"`
	People []entry `json:"p,omitempty"`
	// Streams are how many are open there, by person and by address.
	Streams map[string]int `json:"o,omitempty"`
}

type announcementKind string

const (
	aBeat  announcementKind = "beat"
	aHello announcementKind = "hello" // a beat, and all others are to tell where they are
	aNews  announcementKind = "news"
	anAll  announcementKind = "all"
	aBye   announcementKind = "bye" // the node ends
)

// announcer is what this node has to tell others of who is present.
type announcer struct {
	wake   chan struct{} // something is to be told; room for one
	number uint64        // of the last news; announceAll's alone
	nth    int           // how often all was told; announceAll's alone
	toldAt time.Time     // when that was last

	mu       sync.Mutex          // guards all below; no other is taken under it
	people   map[place]bool      // of whom; true: the room was told that they left
	streams  map[string]struct{} // whose open streams are to be counted anew
	isAsked  bool                // for everything
	isHailed bool                // for a beat
	isNew    bool                // nobody knows of this node, or it may have missed much
}

// place is somebody in a room.
type place struct {
	room   int64
	person string
}

func newAnnouncer() announcer {
	return announcer{wake: make(chan struct{}, 1), people: make(map[place]bool), streams: make(map[string]struct{})}
}

// note notes that others are to be told of somebody.
func (an *announcer) note(at place, isLeft bool) {
	an.mu.Lock()
	defer an.mu.Unlock()
	an.people[at] = an.people[at] || isLeft
	poke(an.wake)
}

func (an *announcer) noteStreams(keys ...string) {
	an.mu.Lock()
	defer an.mu.Unlock()
	for _, key := range keys {
		an.streams[key] = struct{}{}
	}
	poke(an.wake)
}

// order notes something that is to be said.
func (an *announcer) order(what *bool) {
	an.mu.Lock()
	defer an.mu.Unlock()
	*what = true
	poke(an.wake)
}

// take is what is to be told and said now.
func (an *announcer) take() (people map[place]bool, streams []string, isHailed, isNew bool) {
	an.mu.Lock()
	defer an.mu.Unlock()
	streams, isHailed, isNew = slices.Collect(maps.Keys(an.streams)), an.isHailed, an.isNew
	if len(an.people) > 0 {
		people, an.people = an.people, make(map[place]bool)
	}
	clear(an.streams)
	an.isHailed, an.isNew = false, false
	return people, streams, isHailed, isNew
}

// announceAll tells other nodes who is present on this one, until the hub is
// closed.
func (h *Hub) announceAll() {
	beats := time.NewTicker(beatEvery)
	defer beats.Stop()
	for {
		select {
		case <-h.ctx.Done():
			h.announceNews()
			h.announce(announcement{Kind: aBye})
			return
		case <-beats.C:
			h.announce(announcement{Kind: aBeat})
			continue
		case <-h.announcer.wake:
		}
		h.announceNews()
		h.answerForAll()
		select {
		case <-h.ctx.Done():
		case <-time.After(newsEvery):
		}
	}
}

func (h *Hub) announce(a announcement) {
	a.Version, a.Node, a.Number = presenceVersion, h.opts.Bus.Node(), h.announcer.number
	payload, err := json.Marshal(a)
	if err != nil {
		h.opts.Log.Error("telling other nodes who is present", "error", err)
		return
	}
	h.opts.Bus.Publish(presenceSubject, payload)
}

// announceNews tells what has changed, as it is now.
func (h *Hub) announceNews() {
	people, keys, isHailed, isNew := h.announcer.take()
	now := time.Now()
	entries := make([]entry, 0, len(people))
	for at, isLeft := range people {
		e := h.entryOf(at, now)
		e.Left = isLeft
		entries = append(entries, e)
	}
	for _, a := range h.portions(entries, keys) {
		h.announcer.number++
		a.Kind = aNews
		h.announce(a)
	}
	switch {
	case isNew:
		h.announce(announcement{Kind: aHello})
	case isHailed:
		h.announce(announcement{Kind: aBeat})
	}
}

func (h *Hub) entryOf(at place, now time.Time) entry {
	rm := h.find(at.room)
	if rm == nil {
		return entry{Room: at.room, Person: at.person, Gone: true}
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return rm.people.entry(at.person, now)
}

// answerForAll tells everything if somebody has asked for it, but not too often.
func (h *Hub) answerForAll() {
	an := &h.announcer
	an.mu.Lock()
	isAsked := an.isAsked
	an.mu.Unlock()
	if !isAsked {
		return
	}
	if rest := allEvery - time.Since(an.toldAt); rest > 0 {
		time.AfterFunc(rest, func() { poke(an.wake) })
		return
	}
	an.mu.Lock()
	an.isAsked = false
	an.mu.Unlock()
	an.toldAt = time.Now()
	var entries []entry
	for _, rm := range h.all() {
		rm.mu.Lock()
		entries = append(entries, rm.people.entries(an.toldAt)...)
		rm.mu.Unlock()
	}
	h.mu.Lock()
	keys := slices.Collect(maps.Keys(h.streams))
	h.mu.Unlock()
	all := h.portions(entries, keys)
	if len(all) == 0 {
		all = []announcement{{}}
	}
	an.nth++
	for i, a := range all {
		a.Kind, a.Part, a.Parts, a.Nth = anAll, i, len(all), an.nth
		h.announce(a)
	}
}

// portions are messages that tell of some people and of the streams of some keys.
func (h *Hub) portions(entries []entry, keys []string) (all []announcement) {
	for some := range slices.Chunk(entries, entriesAtOnce) {
		all = append(all, announcement{People: some})
	}
	for some := range slices.Chunk(keys, entriesAtOnce) {
		a := announcement{Streams: make(map[string]int, len(some))}
		h.mu.Lock()
		for _, key := range some {
			a.Streams[key] = h.streams[key]
		}
		h.mu.Unlock()
		all = append(all, a)
	}
	if len(all) == 2 && len(all[0].People)+len(all[1].Streams) <= entriesAtOnce {
		all[0].Streams = all[1].Streams
		all = all[:1]
	}
	return all
}
