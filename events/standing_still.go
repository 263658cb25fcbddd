package events

import "time"

const (
	pulseEvery = tick / 2
	// stillFor is for how long this process may not have run before it takes what it
	// hears next for old.
	stillFor = 3 * tick
)

// pulse notes that this process runs, until the hub is closed.
func (h *Hub) pulse() {
	ticker := time.NewTicker(pulseEvery)
	defer ticker.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
			h.hasStoodStill()
			h.ranAt.Store(time.Now().UnixMilli())
		}
	}
}

// hasStoodStill tells whether this process has not run for a while, because it was
// stopped or its machine slept. The bus may have stayed connected, and then tells
// all at once what happened meanwhile: a room's changes would be shown before what
// was ordered ahead of them is done, which takes a moment. So the store is asked
// first, as after the bus was away.
func (h *Hub) hasStoodStill() bool {
	now, ranAt := time.Now().UnixMilli(), h.ranAt.Load()
	if ranAt == 0 || now-ranAt < stillFor.Milliseconds() { // 0: there are no other nodes
		return false
	}
	h.fallBehind() // first, for nobody else notices after the next line
	h.ranAt.Store(now)
	return true
}
