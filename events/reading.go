package events

import (
	"context"
	"time"

	"parlour"
)

// readMarks is how far people in a room have read and the store is still to be
// told of, guarded by the room's mutex. Pages, posts and deliveries only leave a
// mark: the writing is done for all of them together.
type readMarks struct {
	due     map[string]parlour.Seq // by Identity.ID
	writing bool                   // the store is being told
	sweptAt time.Time              // when those with streams were marked last
	swept   parlour.Seq            // and up to where
}

func newReadMarks(now time.Time) readMarks {
	return readMarks{due: make(map[string]parlour.Seq), sweptAt: now}
}

const (
	// sweepEvery is how old the store's knowledge of somebody with an open
	// stream may be.
	sweepEvery = 30 * time.Second
	// marksAtOnce bounds how long one write keeps others from writing.
	marksAtOnce = 500
)

// mark notes that somebody has read up to a number, unless the store knows. The
// caller holds mu.
func (rm *room) mark(person string, seq parlour.Seq) {
	if a := rm.people.people[person]; a != nil && a.noted >= seq {
		return
	}
	if seq > rm.marks.due[person] {
		rm.marks.due[person] = seq
	}
}

// sweep marks all who have a stream, when there is something new and they were
// not marked for a while. The caller holds mu.
func (rm *room) sweep(now time.Time) {
	if !rm.started || rm.head == rm.marks.swept || now.Sub(rm.marks.sweptAt) < sweepEvery {
		return
	}
	rm.marks.sweptAt, rm.marks.swept = now, rm.head
	for id, a := range rm.people.people {
		if a.streams > 0 {
			rm.mark(id, rm.head)
		}
	}
}

// some is a part of the marks that are due; they stay so until the store has
// them.
func (m *readMarks) some() map[string]parlour.Seq {
	part := make(map[string]parlour.Seq, min(len(m.due), marksAtOnce))
	for id, seq := range m.due {
		if part[id] = seq; len(part) == marksAtOnce {
			break
		}
	}
	return part
}

// tellRead tells the store how far people have read, at most once at a time and
// in each tick.
func (rm *room) tellRead(now time.Time) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.sweep(now)
	if rm.marks.writing || len(rm.marks.due) == 0 {
		return
	}
	rm.marks.writing = true
	part := rm.marks.some()
	rm.hub.spawn(func() { _ = rm.noteRead(part) }) // told again at a later tick
}

// tellLastRead tells the store all that is due, before the hub ends. What is
// just being written is written twice rather than not at all.
func (rm *room) tellLastRead() {
	for {
		rm.mu.Lock()
		part := rm.marks.some()
		rm.mu.Unlock()
		if len(part) == 0 || rm.noteRead(part) != nil {
			return
		}
	}
}

// noteRead has the store note a part of the marks.
func (rm *room) noteRead(part map[string]parlour.Seq) error {
	ctx, cancel := context.WithTimeout(rm.hub.ctx, storeWait)
	defer cancel()
	err := rm.hub.opts.Store.HaveRead(ctx, rm.id, part)
	if err != nil {
		rm.log(ctx, "noting how far people have read", err)
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.marks.writing = false
	if err != nil {
		return err
	}
	for id, seq := range part {
		if rm.marks.due[id] <= seq {
			delete(rm.marks.due, id)
		}
		if a := rm.people.people[id]; a != nil {
			a.noted = max(a.noted, seq)
		}
	}
	return nil
}

// HaveRead notes that somebody has read a room up to a number, without asking
// the store: it is told a little later, of many at once.
func (h *Hub) HaveRead(room int64, person string, upTo parlour.Seq) {
	rm := h.enter(room)
	defer h.leave(rm)
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.mark(person, upTo)
}

// ReadUpTo is how far this node knows that somebody has read a room, of which
// the store may not know yet; 0: it knows nothing.
func (h *Hub) ReadUpTo(room int64, person string) parlour.Seq {
	rm := h.find(room)
	if rm == nil {
		return 0
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	upTo := rm.marks.due[person]
	if a := rm.people.people[person]; a != nil {
		upTo = max(upTo, a.noted)
	}
	return upTo
}
