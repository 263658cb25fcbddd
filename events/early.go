package events

import (
	"maps"
	"slices"
	"time"

	"parlour"
)

// early is changes that came before their turn, guarded by the room's mutex.
// With several nodes this node's change 5 may be here before another's change 4,
// which is on its way: it would be a pity to ask the store each time.
type early struct {
	changes map[parlour.Seq]parlour.Change
	waiting bool // a look at the gap is due
}

const (
	// turnWait is how long a number may be missing before the store is asked: some
	// times what the way from node to node takes, and less than anybody notices.
	turnWait = 15 * time.Millisecond
	maxEarly = 1024
)

// keepEarly keeps a change until the numbers before it are there, or has the
// store asked for all of them. The caller holds mu.
func (rm *room) keepEarly(c parlour.Change) {
	if rm.hub.opts.Bus == nil || len(rm.early.changes) >= maxEarly {
		rm.want = max(rm.want, c.Seq)
		return
	}
	if rm.early.changes == nil {
		rm.early.changes = make(map[parlour.Seq]parlour.Change)
	}
	rm.early.changes[c.Seq] = c
	rm.awaitTurn()
}

// takeEarly is the change whose turn it is now, if it came early. The caller
// holds mu.
func (rm *room) takeEarly() (parlour.Change, bool) {
	c, ok := rm.early.changes[rm.head+1]
	delete(rm.early.changes, c.Seq)
	return c, ok
}

// awaitTurn looks after a while whether the gap has closed. The caller holds mu.
func (rm *room) awaitTurn() {
	if rm.early.waiting {
		return
	}
	rm.early.waiting = true
	before := rm.head
	time.AfterFunc(turnWait, func() {
		rm.mu.Lock()
		defer rm.mu.Unlock()
		rm.early.waiting = false
		maps.DeleteFunc(rm.early.changes, func(seq parlour.Seq, _ parlour.Change) bool { return seq <= rm.head })
		if len(rm.early.changes) == 0 {
			return
		}
		if rm.head > before { // it goes on; this is another gap
			rm.awaitTurn()
			return
		}
		rm.want = max(rm.want, slices.Max(slices.Collect(maps.Keys(rm.early.changes))))
		clear(rm.early.changes) // the store has them all
		rm.wake()
	})
}
