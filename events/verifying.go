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

// maxQuiet is how long a room may hear nothing before the store is asked. A node
// that is alone hears of its own commits, and only makes sure.
func (h *Hub) maxQuiet() time.Duration {
	switch {
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

// verify asks the store whether it has more of some rooms than their logs.
func (h *Hub) verify(rooms []*room) {
	ids := make([]int64, len(rooms))
	for i, rm := range rooms {
		ids[i] = rm.id
	}
	ctx, cancel := context.WithTimeout(h.ctx, storeWait)
	defer cancel()
	heads, err := h.opts.Store.Heads(ctx, ids)
	h.storeState(err)
	if err != nil {
		return
	}
	for _, rm := range rooms {
		rm.require(heads[rm.id])
	}
}

// storeState is told how a question to the store ended, and tells the log once
// when that changes.
func (h *Hub) storeState(err error) {
	switch {
	case h.ctx.Err() != nil:
	case err != nil && !h.isStoreAway.Swap(true):
		h.opts.Log.Error("the store does not tell how far the rooms are", "error", err)
	case err == nil && h.isStoreAway.Swap(false):
		h.opts.Log.Info("the store answers again")
	}
}

// verifyAll asks for all rooms with readers.
func (h *Hub) verifyAll() {
	var rooms []*room
	for _, rm := range h.all() {
		if rm.isQuiet(time.Now(), 0) {
			rooms = append(rooms, rm)
		}
	}
	if len(rooms) > 0 {
		h.verify(rooms)
	}
}

// busState is told when the bus goes away and when it is back.
func (h *Hub) busState(connected bool) {
	if was := h.isBusAway.Swap(!connected); was != !connected {
		if connected {
			h.opts.Log.Info("the bus is there: other nodes tell of what happens")
		} else {
			h.opts.Log.Warn("the bus is away: the store is asked each second for what other nodes do")
		}
	}
	if connected {
		h.spawn(h.verifyAll)
	}
}
