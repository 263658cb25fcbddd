package events

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"parlour"
)

// Typing is who is writing something in a room, as a signal: at most TypistsNamed
// people, who began first before the others.
type Typing struct {
	Room   int64 // Room.ID
	People []parlour.Author
	// Several says that they are too many to be named; then People is empty.
	Several bool
}

func (t Typing) is(other Typing) bool {
	return t.Several == other.Several && slices.Equal(t.People, other.People)
}

// isWithout tells whether somebody of another picture is not in this one.
func (t Typing) isWithout(other Typing) bool {
	return !t.Several && (other.Several || slices.ContainsFunc(other.People, func(who parlour.Author) bool {
		return !slices.Contains(t.People, who)
	}))
}

const (
	// TypistsNamed is how many people a Typing names.
	TypistsNamed = 4
	// maxTypists bounds what is kept of a room, and what other nodes are told of
	// it: of a crowd it is enough to know that there are several.
	maxTypists = 20
	// typingFor is how long a signal counts. Pages repeat it every three seconds
	// while somebody writes.
	typingFor = 7 * time.Second
	// lateSignal is how long after a message a signal may come that was sent
	// before it.
	lateSignal = time.Second
)

// typists are the people who write something in one room, guarded by the room's
// mutex. All that it costs while nobody does is to see that.
type typists struct {
	all    []typist
	told   Typing // what readers know
	toldAt time.Time
}

type typist struct {
	parlour.Author
	// By these and the ID the typists are known whose right is gone. They are
	// empty for those of whom another node has told.
	session string
	addr    netip.Addr
	until   time.Time // when the last signal stops counting
	saidAt  time.Time // when what they wrote was said; zero: they are writing
}

// signal notes that somebody writes, and tells whether that is taken.
func (ts *typists) signal(t typist, now time.Time) bool {
	t.until = now.Add(typingFor)
	if i := ts.index(t.ID); i >= 0 {
		if now.Sub(ts.all[i].saidAt) < lateSignal {
			return false
		}
		ts.all[i] = t
		return true
	}
	if len(ts.all) >= maxTypists {
		return false
	}
	ts.all = append(ts.all, t)
	return true
}

func (ts *typists) index(person string) int {
	return slices.IndexFunc(ts.all, func(t typist) bool { return t.ID == person })
}

// said notes that somebody has said what they wrote.
func (ts *typists) said(person string, now time.Time) {
	if i := ts.index(person); i >= 0 {
		ts.all[i].saidAt = now
	}
}

func (ts *typists) rename(person parlour.Author) {
	if i := ts.index(person.ID); i >= 0 {
		ts.all[i].Author = person
	}
}

func (ts *typists) stop(isSo func(typist) bool) { ts.all = slices.DeleteFunc(ts.all, isSo) }

func (ts *typists) isNobody() bool {
	return len(ts.all) == 0 && !ts.told.Several && len(ts.told.People) == 0
}

// picture is who is writing now.
func (ts *typists) picture(room int64) Typing {
	is := Typing{Room: room}
	for _, t := range ts.all {
		if t.saidAt.IsZero() {
			is.People = append(is.People, t.Author)
		}
	}
	if len(is.People) > TypistsNamed {
		is.People, is.Several = nil, true
	}
	return is
}

// typingDue tells whether the readers are to be told of something else than what
// they know. That somebody begins may wait, and in a crowd everything may: each
// telling goes to everybody. The caller holds mu.
func (rm *room) typingDue(now time.Time) bool {
	ts := &rm.typists
	if ts.isNobody() {
		return false
	}
	is := ts.picture(rm.id)
	if is.is(ts.told) {
		return false
	}
	isUrgent := is.isWithout(ts.told) && len(rm.readers) <= crowdSize
	return isUrgent || now.Sub(ts.toldAt) >= max(tick, pauseOf(len(rm.readers)))
}

// tellTyping tells the readers who is writing, if that is due. It is the pump's
// alone, so that of two pictures the newer comes last. The caller holds mu, which
// is given up meanwhile.
func (rm *room) tellTyping(now time.Time) {
	if !rm.typingDue(now) {
		return
	}
	is := rm.typists.picture(rm.id)
	rm.typists.told, rm.typists.toldAt = is, now
	rm.mu.Unlock()
	defer rm.mu.Lock()
	rm.signal(func(w *bytes.Buffer, feed Feed) error { return rm.hub.opts.Renderer.Typing(w, feed, is) })
}

// appendTyping appends the frame that shows who is writing. It is sent also when
// nobody is: a reader who comes back may have been shown somebody.
func (rm *room) appendTyping(dst []byte, feed Feed) []byte {
	rm.mu.Lock()
	is := rm.typists.told
	rm.mu.Unlock()
	var content bytes.Buffer
	if err := rm.hub.opts.Renderer.Typing(&content, feed, is); err != nil {
		rm.hub.opts.Log.Error("rendering who is typing", "room", rm.id, "error", err)
		return dst
	}
	return feed.frame(dst, 0, content.Bytes())
}

// typing changes who is writing, and has the readers told if that is due.
func (rm *room) typing(change func(*typists)) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	change(&rm.typists)
	if rm.typingDue(time.Now()) {
		rm.wake()
	}
}

// Typing notes that somebody who may post in a room is writing something there.
// It counts for some seconds, or until they have said it, leave, or may have lost
// the right to. Nothing of it is kept, and other nodes may miss it.
func (h *Hub) Typing(room int64, who parlour.Standing) {
	rm := h.enter(room)
	defer h.leave(rm)
	t := typist{Author: who.Seat.Author(), session: who.Session, addr: who.Addr}
	isTaken := false
	rm.typing(func(ts *typists) { isTaken = ts.signal(t, time.Now()) })
	if isTaken && h.opts.Bus != nil {
		h.send(room, parcel{Typing: &entry{Person: t.ID, Name: t.Name, Guest: t.Guest, Lookalike: t.Lookalike}})
	}
}

// heardTyping takes what another node tells of somebody who writes.
func (rm *room) heardTyping(e entry) {
	rm.typing(func(ts *typists) {
		if e.Gone {
			ts.stop(func(t typist) bool { return t.ID == e.Person })
		} else {
			ts.signal(typist{Author: e.author()}, time.Now())
		}
	})
}

// stopTyping ends the signals of some in a room, or with 0 in all rooms: whoever
// goes on writing, and still may, signals it again.
func (h *Hub) stopTyping(room int64, whom parlour.Whom) {
	for _, rm := range h.all() {
		if room != 0 && rm.id != room {
			continue
		}
		var stopped []string
		rm.typing(func(ts *typists) {
			ts.stop(func(t typist) bool {
				is := whom.Meets(t.ID, t.session, t.addr)
				if is {
					stopped = append(stopped, t.ID)
				}
				return is
			})
		})
		for _, person := range stopped {
			if h.opts.Bus != nil { // which know neither session nor address of those who typed here
				h.send(rm.id, parcel{Typing: &entry{Person: person, Gone: true}})
			}
		}
	}
}
