package events

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parlour"
)

// room is a room with somebody in it. It costs memory and no goroutine: its
// pump runs while there is something to bring to its readers, and no longer.
type room struct {
	hub   *Hub
	id    int64
	users int // guarded by the hub's mutex: who is using the room right now
	ear   ear

	mu      sync.Mutex // guards all below
	started bool       // head is known
	head    parlour.Seq
	pending []parlour.Change // published, not yet in the logs; at most maxPending
	early   early
	want    parlour.Seq   // a number that the store has and the logs must reach
	moved   chan struct{} // closed when head moves, made by who waits
	logs    map[Feed]*feedLog
	readers []*Reader
	walkers int       // the first of readers, whom a walk brings what is new; the others are stuck
	unstuck []*Reader // readers whose socket takes bytes again
	grown   bool      // the logs have bytes that readers were not brought
	pumping bool
	sentAt  time.Time // when the logs last grew
	heardAt time.Time // when the store was last known to have no more than the logs

	people  presence
	marks   readMarks
	typists typists
}

// ear is how a room hears of what other nodes commit.
type ear struct {
	mu     sync.Mutex  // guards all below; the room's may be taken under it, never the reverse
	cancel func()      // nil: it hears nothing
	open   atomic.Bool // the same, for those who only want to know
}

func newRoom(h *Hub, id int64) *room {
	now := time.Now()
	rm := &room{hub: h, id: id, logs: make(map[Feed]*feedLog), people: newPresence(id), marks: newReadMarks(now), sentAt: now, heardAt: now}
	if h.opts.Bus != nil {
		rm.people.tellNodes = func(person string, isLeft bool) { h.announcer.note(place{id, person}, isLeft) }
	}
	return rm
}

// maxPending is how many changes may wait for the pump. It falls behind so far
// only while it waits for the store, and has to ask the store for the rest.
const maxPending = 4096

// publish takes note of a change.
func (rm *room) publish(c parlour.Change) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	switch {
	case rm.started && c.Seq <= rm.head || len(rm.logs) == 0:
		return // known, or of no interest to anybody here
	case !rm.started || len(rm.pending) >= maxPending:
		rm.want = max(rm.want, c.Seq)
	default:
		rm.pending = append(rm.pending, c)
	}
	if c.Op() == parlour.Posted {
		rm.typists.said(c.Message.Author.ID, time.Now())
	}
	rm.wake()
}

// wake starts the pump if it does not run. The caller holds mu.
func (rm *room) wake() {
	if rm.pumping || !rm.started || rm.hub.ctx.Err() != nil {
		return
	}
	rm.pumping = true
	rm.hub.spawn(rm.pump)
}

// begin tells a new room how far the store is, unless it knows. The numbers
// published since it has logs were noted, so none can fall between.
func (rm *room) begin(ctx context.Context) error {
	rm.mu.Lock()
	started := rm.started
	rm.mu.Unlock()
	if started {
		return nil
	}
	rm.hear()
	page, err := rm.hub.opts.Store.Page(ctx, rm.id, 0, 1)
	if err != nil {
		return fmt.Errorf("reading the room's head: %w", err)
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if rm.started {
		return nil
	}
	rm.started = true
	rm.head = page.Head
	for _, l := range rm.logs {
		l.floor = page.Head
	}
	rm.heardAt = time.Now()
	if rm.want > rm.head {
		rm.wake()
	}
	return nil
}

// log tells of trouble, unless it comes from closing the hub. While the store is
// known to be away, which was told once, each room would say so again and again.
func (rm *room) log(ctx context.Context, what string, err error) {
	level := slog.LevelError
	if rm.hub.isStoreAway.Load() {
		level = slog.LevelDebug
	}
	if rm.hub.ctx.Err() == nil {
		rm.hub.opts.Log.Log(ctx, level, what, "room", rm.id, "error", err)
	}
}

// reached is the number that the logs are at.
func (rm *room) reached() parlour.Seq {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return rm.head
}

// reach waits until the logs are at a number that the store has, but no longer
// than the pump waits for the store.
func (rm *room) reach(ctx context.Context, seq parlour.Seq) error {
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	for {
		rm.mu.Lock()
		if rm.head >= seq {
			rm.mu.Unlock()
			return nil
		}
		rm.want = max(rm.want, seq)
		if rm.moved == nil {
			rm.moved = make(chan struct{})
		}
		moved := rm.moved
		rm.wake()
		rm.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		case <-rm.hub.ctx.Done():
			return ErrShutdown
		}
	}
}

// feed is the log of a feed, made if there is none. The caller holds mu.
func (rm *room) feed(feed Feed) *feedLog {
	l := rm.logs[feed]
	if l == nil {
		l = newFeedLog(feed, rm.head, rm.hub.opts.LogBytes)
		rm.logs[feed] = l
	}
	return l
}

// each does something with every reader that is there now, without the room's
// mutex.
func (rm *room) each(do func(*Reader)) {
	list := lists.Get().(*[]*Reader)
	defer lists.Put(list)
	rm.mu.Lock()
	*list = append((*list)[:0], rm.readers...)
	rm.mu.Unlock()
	for _, rd := range *list {
		do(rd)
	}
	clear(*list)
}

// lists are the lists of readers that somebody goes through. In a large room
// such a list is long, and there is one for every message.
var lists = sync.Pool{New: func() any { return new([]*Reader) }}

// list is the readers at this moment.
func (rm *room) list() []*Reader {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return slices.Clone(rm.readers)
}

func (rm *room) add(rd *Reader) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rd.index = len(rm.readers)
	rm.readers = append(rm.readers, rd)
	rm.walkAgain(rd)
	rd.log = rm.feed(rd.sub.Feed)
	rd.log.readers++
}

func (rm *room) remove(rd *Reader) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.passBy(rd)
	last := len(rm.readers) - 1
	rm.swap(rd.index, last)
	rm.readers[last] = nil
	rm.readers = rm.readers[:last]
	if cap(rm.readers) > 64 && last < cap(rm.readers)/4 {
		rm.readers = slices.Clone(rm.readers)
	}
	rd.log.readers--
	if rd.counted {
		rm.people.streamClosed(rd.sub.Person.ID, time.Now())
		rm.mark(rd.sub.Person.ID, rm.head)
	}
}

// passBy has walks pass a reader by, who is stuck: that many are costs nobody
// anything. The caller holds mu.
func (rm *room) passBy(rd *Reader) {
	if rd.index < rm.walkers {
		rm.walkers--
		rm.swap(rd.index, rm.walkers)
	}
}

// walkAgain is the opposite of passBy. The caller holds mu.
func (rm *room) walkAgain(rd *Reader) {
	if rd.index >= rm.walkers {
		rm.swap(rd.index, rm.walkers)
		rm.walkers++
	}
}

func (rm *room) swap(i, j int) {
	all := rm.readers
	all[i], all[j] = all[j], all[i]
	all[i].index, all[j].index = i, j
}

// count lets the reader's person count as present.
func (rm *room) count(rd *Reader) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	now := time.Now()
	rd.counted, rd.absence = true, rm.people.absence(rd.sub.Person.ID, now)
	rm.people.streamOpened(rd.sub.Person, now)
}

// advance notes that the logs have reached a number. The caller holds mu.
func (rm *room) advance(head parlour.Seq) {
	rm.head = head
	rm.grow()
	rm.heardAt = rm.sentAt
	if rm.moved != nil {
		close(rm.moved)
		rm.moved = nil
	}
}

// grow notes that the logs have more bytes. The caller holds mu.
func (rm *room) grow() {
	rm.grown = true
	rm.sentAt = time.Now()
}

// signal appends content to each log that is no change: it has no number and
// is never replayed. A log that comes while it is rendered goes without: its
// first reader is shown how things are now.
func (rm *room) signal(write func(w *bytes.Buffer, feed Feed) error) {
	rm.mu.Lock()
	feeds := slices.Collect(maps.Keys(rm.logs))
	rm.mu.Unlock()
	frames := make(map[Feed][]byte, len(feeds))
	for _, feed := range feeds {
		var content bytes.Buffer
		if err := write(&content, feed); err != nil {
			rm.hub.opts.Log.Error("rendering a signal", "room", rm.id, "feed", feed, "error", err)
			continue
		}
		if content.Len() > 0 {
			frames[feed] = feed.frame(nil, 0, content.Bytes())
		}
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	for feed, frame := range frames {
		if l := rm.logs[feed]; l != nil {
			l.append(frame)
		}
	}
	rm.grow()
	rm.wake()
}

// tick looks after the room: see the hub's tick.
func (rm *room) tick(now time.Time) {
	rm.each(func(rd *Reader) { rd.check(now) })
	rm.beat(now)
	rm.tellPresence(now)
	rm.tellRead(now)
	rm.typing(func(ts *typists) { ts.stop(func(t typist) bool { return now.After(t.until) }) })
}

// beat sends a heartbeat when the room has been quiet, and gives back logs that
// nobody reads.
func (rm *room) beat(now time.Time) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	for feed, l := range rm.logs {
		if l.readers > 0 {
			l.idle = 0
		} else if l.idle++; l.idle > logLinger {
			delete(rm.logs, feed)
		}
	}
	if len(rm.logs) == 0 {
		rm.forget() // from now on changes pass unseen
		if rm.ear.open.Load() {
			rm.hub.spawn(rm.unhear)
		}
	}
	quiet := rm.hub.opts.Heartbeat
	if len(rm.readers) == 0 || now.Sub(rm.sentAt) < quiet {
		return
	}
	for feed, l := range rm.logs {
		l.append(feed.heartbeat())
	}
	rm.grow()
	rm.wake()
}

// forget makes the room ask the store where it is, when somebody is there
// again. The caller holds mu.
func (rm *room) forget() {
	rm.started, rm.pending, rm.want = false, nil, 0
	clear(rm.early.changes)
}

// logLinger is how many ticks a log stays without readers: enough for one who
// reloads the page.
const logLinger = 30

// isEmpty tells whether nothing would be lost with the room.
func (rm *room) isEmpty() bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return len(rm.logs) == 0 && len(rm.readers) == 0 && rm.people.isEmpty() && len(rm.marks.due) == 0 && len(rm.typists.all) == 0 && !rm.pumping && !rm.ear.open.Load()
}
