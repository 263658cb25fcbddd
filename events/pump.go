package events

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"parlour"
)

// pump brings the room's readers to the head of their logs, until none lacks
// anything that it could be given now. There is one at most for each room.
//
// What is published while it walks the readers goes into the logs before the
// next walk: the busier the room, the more a reader gets in one write.
func (rm *room) pump() {
	w := benches.Get().(*bench)
	defer benches.Put(w)
	for rm.fill(w) {
		begun := time.Now()
		rm.walk(w)
		rm.gather(time.Since(begun))
	}
}

// gather lets a busy room's changes come together after a walk that took a
// while. Those who wait for their message to come back say the next thing as the
// walk ends, and would miss the next walk by a moment: each walk would bring
// half of what it could. The wait is small beside the walk.
func (rm *room) gather(walked time.Duration) {
	rm.mu.Lock()
	isBusy := len(rm.pending) > 0
	rm.mu.Unlock()
	if isBusy && walked >= time.Millisecond {
		time.Sleep(min(walked/8, maxGather))
	}
}

// maxGather is less than anybody notices.
const maxGather = 5 * time.Millisecond

// bench is what a pump works on. Pumps come and go; benches stay.
type bench struct {
	changes []parlour.Change // taken from the room, not yet in the logs
	next    int              // the first of them
	content bytes.Buffer
	frames  []byte
	framed  []framed
	readers []*Reader // to be walked: who keep up,
	late    []*Reader // and who take bytes again
}

// framed is a change as the readers of a feed get it: frames[start:end].
type framed struct {
	feed       Feed
	start, end int
}

var benches = sync.Pool{New: func() any { return new(bench) }}

// fill moves what is pending into the logs. It is false, and the pump is over,
// when there is nothing to do.
func (rm *room) fill(w *bench) bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	// No more than a part of a log at a time: readers who are up to date must
	// not fall out of it between two walks.
	for room := rm.hub.opts.LogBytes / 4; room > 0; {
		c, ok := rm.take(w)
		if !ok {
			break
		}
		room -= rm.appendChange(w, c)
	}
	rm.tellTyping(time.Now())
	isBehind := rm.started && rm.want > rm.head && len(rm.pending) == 0 && w.next == len(w.changes)
	if isBehind && !rm.grown { // may be long: the readers first get what is there
		rm.mu.Unlock()
		rm.fetch()
		rm.mu.Lock()
	}
	if isBehind || rm.grown || len(rm.unstuck) > 0 || len(rm.pending) > 0 || w.next < len(w.changes) {
		return true
	}
	rm.pumping = false
	return false
}

// take takes the change that continues the logs, if it is among those that are
// pending. The caller holds mu.
func (rm *room) take(w *bench) (parlour.Change, bool) {
	for {
		if c, ok := rm.takeEarly(); ok {
			return c, true
		}
		if w.next == len(w.changes) {
			clear(w.changes)
			w.next = 0
			w.changes, rm.pending = rm.pending, w.changes[:0]
			if len(w.changes) == 0 {
				return parlour.Change{}, false
			}
		}
		c := w.changes[w.next]
		w.next++
		if c.Seq == rm.head+1 {
			return c, true
		}
		if c.Seq > rm.head { // something was skipped
			rm.keepEarly(c)
		}
	}
}

// appendChange appends a change to the logs and answers the length of its
// longest frame. The caller holds mu, which is given up while the change is
// rendered: whoever commits a change must not wait for that.
func (rm *room) appendChange(w *bench, c parlour.Change) (longest int) {
	w.frames, w.framed = w.frames[:0], w.framed[:0]
	for feed := range rm.logs {
		w.framed = append(w.framed, framed{feed: feed})
	}
	rm.mu.Unlock()
	for i := range w.framed {
		f := &w.framed[i]
		f.start = len(w.frames)
		w.frames = f.feed.frame(w.frames, c.Seq, rm.render(&w.content, f.feed, c))
		f.end = len(w.frames)
	}
	rm.mu.Lock()
	if !rm.started || c.Seq != rm.head+1 {
		return 0 // the room has begun anew
	}
	for feed, l := range rm.logs {
		i := slices.IndexFunc(w.framed, func(f framed) bool { return f.feed == feed })
		var frame []byte
		if i >= 0 {
			frame = w.frames[w.framed[i].start:w.framed[i].end]
		} else { // the first reader of a feed came while the others were rendered
			frame = feed.frame(nil, c.Seq, rm.render(&w.content, feed, c))
		}
		l.appendChange(c.Seq, tellsOf(c.Seq-1, c.Message), saidBy(c.Seq-1, c.Message), frame)
		longest = max(longest, len(frame))
	}
	rm.advance(c.Seq)
	return longest
}

// render is a change as the feed shows it. A change that cannot be rendered
// keeps its number and shows nothing: the room goes on.
func (rm *room) render(content *bytes.Buffer, feed Feed, c parlour.Change) []byte {
	content.Reset()
	if err := rm.hub.opts.Renderer.Change(content, feed, c); err != nil {
		rm.hub.opts.Log.Error("rendering a change", "room", rm.id, "seq", c.Seq, "feed", feed, "error", err)
		content.Reset()
	}
	return content.Bytes()
}

// fetch reads from the store what was skipped and puts it into the logs as one
// step. When the store cannot tell, the readers are let go: they come back with
// their cursors, and nothing is missed.
func (rm *room) fetch() {
	head := rm.reached()
	ctx, cancel := context.WithTimeout(rm.hub.ctx, storeWait)
	defer cancel()
	lacked, err := rm.hub.opts.Store.Since(ctx, rm.id, head, rm.hub.opts.CatchUp)
	if err != nil || lacked.TooFar || lacked.Head <= head {
		rm.log(ctx, "the room's logs cannot be filled from the store", err)
		for _, rd := range rm.restart() {
			rd.Close()
		}
		return
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if !rm.started || rm.head != head {
		return // the room has begun anew
	}
	for feed, l := range rm.logs {
		frames, _ := rm.catchup(nil, feed, head, lacked)
		l.appendChange(lacked.Head, tellsOf(head, lacked.Messages...), saidBy(head, lacked.Messages...), frames)
	}
	rm.advance(lacked.Head)
}

// tellsOf is the oldest message that changes after a number tell of although it
// was posted before; 0 when there is none.
func tellsOf(after parlour.Seq, changed ...parlour.Message) (oldest parlour.Seq) {
	tells := func(seq parlour.Seq) {
		if seq <= after && (oldest == 0 || seq < oldest) {
			oldest = seq
		}
	}
	for _, m := range changed {
		if m.TellsOnChange() {
			tells(m.Seq)
		}
		if m.Quote != nil && m.Quote.Name != "" {
			tells(m.Quote.Seq)
		}
	}
	return oldest
}

// saidBy is who said what was posted after a number: an Identity.ID, or empty when
// nobody did, or somebody when it is not one person.
func saidBy(after parlour.Seq, posted ...parlour.Message) (by string) {
	for _, m := range posted {
		switch {
		case m.Seq <= after || !m.IsAnswerable():
		case m.Author.ID == "" || by != "" && by != m.Author.ID:
			return somebody
		default:
			by = m.Author.ID
		}
	}
	return by
}

// somebody is no Identity.ID.
const somebody = "*"

// storeWait is how long a pump waits for the store.
const storeWait = 10 * time.Second

// restart empties the logs, of which nobody knows how they go on, and answers
// their readers, who are to be let go. The first to come back has the room ask
// the store where it is.
func (rm *room) restart() []*Reader {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	for _, l := range rm.logs {
		l.restart(rm.head)
	}
	rm.advance(rm.head)
	rm.forget()
	return slices.Clone(rm.readers)
}

// walk gives each reader that is behind all that it lacks: first those who keep
// up, then some of those who did not and take bytes again. Many of these may
// come at once, with much to be written to each, and nobody is to wait for them.
func (rm *room) walk(w *bench) {
	rm.mu.Lock()
	w.readers = w.readers[:0]
	n := rm.walkers
	for _, l := range rm.logs {
		if l.base != l.walked.base {
			n = len(rm.readers) // some who are stuck may have fallen out
		}
		l.walked = l.view()
	}
	if rm.grown {
		w.readers = append(w.readers, rm.readers[:n]...)
	}
	rm.grown = false
	late := min(len(rm.unstuck), turn)
	w.late = append(w.late[:0], rm.unstuck[:late]...)
	rm.unstuck = slices.Delete(rm.unstuck, 0, late)
	rm.mu.Unlock()
	for i, rd := range w.readers {
		if i%yieldEvery == yieldEvery-1 {
			runtime.Gosched()
		}
		rd.push(rd.log.walked)
	}
	for _, rd := range w.late {
		rd.resume(rd.log.walked)
	}
	clear(w.readers)
	clear(w.late)
}

// turn is how many of those who take bytes again are served before the others
// are looked after again: a millisecond or two.
const turn = 64

// yieldEvery is after how many readers, some milliseconds, a walk lets other
// goroutines run. From one that runs for 10 ms in one piece, and is found in a
// system call, Go's scheduler takes the processor away, again and again: with
// one processor that made each write a tenth dearer.
const yieldEvery = 512
