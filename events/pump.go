package events

import (
	"bytes"
	"context"
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
	batch := batches.Get().(*[]*Reader)
	defer batches.Put(batch)
	for rm.fill() {
		rm.walk(batch)
	}
}

// batches are the lists of readers that walks go through. Pumps come and go;
// the lists stay.
var batches = sync.Pool{New: func() any { return new([]*Reader) }}

// fill moves what is pending into the logs. It is false, and the pump is over,
// when there is nothing to do.
func (rm *room) fill() bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	var content bytes.Buffer
	for i := 0; i < len(rm.pending); i++ {
		c := rm.pending[i]
		if c.Seq > rm.head+1 {
			rm.want = max(rm.want, c.Seq) // something was skipped
			continue
		}
		if c.Seq == rm.head+1 {
			for feed, l := range rm.logs {
				l.appendChange(c.Seq, tellsOf(c.Seq-1, c.Message), feed.frame(nil, c.Seq, rm.render(&content, feed, c)))
			}
			rm.advance(c.Seq)
		}
	}
	clear(rm.pending)
	rm.pending = rm.pending[:0]
	if cap(rm.pending) > 256 {
		rm.pending = nil
	}
	if rm.want > rm.head {
		rm.mu.Unlock()
		rm.fetch()
		rm.mu.Lock()
	}
	if !rm.grown && len(rm.unstuck) == 0 && len(rm.pending) == 0 {
		rm.pumping = false
		return false
	}
	return true
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
		rm.hub.opts.Log.Error("room log cannot be filled from the store",
			"room", rm.id, "after", head, "store_head", lacked.Head, "error", err)
		for _, rd := range rm.restart(max(head, lacked.Head)) {
			rd.Close()
		}
		return
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	for feed, l := range rm.logs {
		l.appendChange(lacked.Head, tellsOf(head, lacked.Messages...), rm.catchup(nil, feed, head, lacked))
	}
	rm.advance(lacked.Head)
}

// tellsOf is the oldest message that changes after a number tell of although it
// was posted before; 0 when there is none.
func tellsOf(after parlour.Seq, changed ...parlour.Message) (oldest parlour.Seq) {
	for _, m := range changed {
		if m.Seq <= after && m.TellsOnChange() && (oldest == 0 || m.Seq < oldest) {
			oldest = m.Seq
		}
	}
	return oldest
}

// storeWait is how long a pump waits for the store.
const storeWait = 10 * time.Second

// restart begins new logs at a number and answers the readers of the old ones,
// who are to be let go.
func (rm *room) restart(head parlour.Seq) []*Reader {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.want = 0
	for _, l := range rm.logs {
		l.restart(head)
	}
	rm.advance(head)
	return slices.Clone(rm.readers)
}

// walk gives each reader that is behind all that it lacks.
func (rm *room) walk(batch *[]*Reader) {
	rm.mu.Lock()
	list := (*batch)[:0]
	if rm.grown {
		list = append(list, rm.readers...)
	} else {
		list = append(list, rm.unstuck...)
	}
	rm.grown = false
	clear(rm.unstuck)
	rm.unstuck = rm.unstuck[:0]
	views := make(map[*feedLog]view, len(rm.logs))
	for _, l := range rm.logs {
		views[l] = l.view()
	}
	rm.mu.Unlock()

	var log *feedLog
	var v view
	for _, rd := range list {
		if rd.log != log { // most readers share one feed
			log, v = rd.log, views[rd.log]
		}
		rd.push(v)
	}
	clear(list)
	*batch = list
}
