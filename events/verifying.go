package events

import (
	"context"
	"time"
)

// What is published may be lost, and when nothing follows no gap tells of it. So
// rooms with readers that have been quiet for a while are looked up in the store,
// all with one question.

const (
	// quietAmongNodes is for a bus that is there: a node that was cut off from it
	// and cannot tell the others is heard of so late.
	quietAmongNodes = 2 * time.Second
	// quietWithoutBus is for one that is away: each look after the rooms.
	quietWithoutBus = tick * 9 / 10
)

// lookWait is how long a look in the store may take. It is tried again each
// second, and meanwhile nothing is done of what other nodes order.
const lookWait = 2 * time.Second

// maxQuiet is how long a room may hear nothing before the store is asked. A node
// that is alone hears of its own commits, and only makes sure.
func (h *Hub) maxQuiet() time.Duration {
	switch {
	case h.opts.Bus == nil && h.opts.IsShared:
		return quietAmongNodes
	case h.opts.Bus == nil:
		return h.opts.Heartbeat
	case h.isBusAway.Load():
		return quietWithoutBus
	default:
		return quietAmongNodes
	}
}

// isQuiet tells whether the store is to be asked for the room's head, and notes
// that it is.
func (rm *room) isQuiet(now time.Time, most time.Duration) bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if !rm.started || len(rm.readers) == 0 || now.Sub(rm.heardAt) < most {
		return false
	}
	rm.heardAt = now
	return true
}

// lookInStore asks for what this node has missed: first what it has to do, then
// the changes of rooms that have been quiet.
func (h *Hub) lookInStore() {
	occasions := h.behind.Load()
	err := h.obeyStored()
	if h.storeState(err); err != nil {
		return
	}
	if h.hasStoodStill() || h.behind.Load() != occasions {
		return // the answer may be older than what came meanwhile: the store is asked again
	}
	most := h.maxQuiet()
	if h.isBehind() && !h.isBusAway.Load() {
		h.caughtUp.Store(occasions)
		most = 0 // what was told meanwhile was dropped
	}
	var quiet []*room
	now := time.Now()
	for _, rm := range h.all() {
		if rm.isQuiet(now, most) {
			quiet = append(quiet, rm)
		}
	}
	if len(quiet) > 0 {
		h.storeState(h.verify(quiet))
	}
}

// fallBehind notes that other nodes may have ordered what this one has not done. What
// they tell of changes is dropped until the store was asked.
func (h *Hub) fallBehind() {
	h.behind.Add(1)
	poke(h.controls.look)
}

func (h *Hub) isBehind() bool { return h.behind.Load() != h.caughtUp.Load() }

// verify asks the store whether it has more of some rooms than their logs.
func (h *Hub) verify(rooms []*room) error {
	ids := make([]int64, len(rooms))
	for i, rm := range rooms {
		ids[i] = rm.id
	}
	ctx, cancel := context.WithTimeout(h.ctx, lookWait)
	defer cancel()
	heads, err := h.opts.Store.Heads(ctx, ids)
	if err != nil {
		return err
	}
	for _, rm := range rooms {
		rm.require(heads[rm.id])
	}
	return nil
}

// storeState is told how a question to the store ended, and tells the log once
// when that changes.
func (h *Hub) storeState(err error) {
	switch {
	case h.ctx.Err() != nil:
	case err != nil && !h.isStoreAway.Swap(true):
		h.opts.Log.Error("the store does not tell what this node may have missed", "error", err)
	case err == nil && h.isStoreAway.Swap(false):
		h.opts.Log.Info("the store answers again")
	}
}

// HasStore tells whether the store answered when it was asked last, as it is about
// each second.
func (h *Hub) HasStore() bool { return !h.isStoreAway.Load() }

// BusState tells how this node hears of the others: "connected", "away" when it
// asks the store instead, "none" when it is alone.
func (h *Hub) BusState() string {
	switch {
	case h.opts.Bus == nil:
		return "none"
	case h.isBusAway.Load():
		return "away"
	default:
		return "connected"
	}
}

// busState is told when the bus goes away and when it is back.
func (h *Hub) busState(connected bool) {
	h.behind.Add(1)
	if was := h.isBusAway.Swap(!connected); was == connected {
		if connected {
			h.opts.Log.Info("the bus is there: other nodes tell of what happens")
		} else {
			h.opts.Log.Warn("the bus is away: the store is asked each second for what other nodes do")
		}
	}
	poke(h.controls.look)
}
