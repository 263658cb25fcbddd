package events

import (
	"bytes"
	"context"
	"time"

	"parlour"
)

// appendPresence appends the frame that shows who is there.
func (rm *room) appendPresence(dst []byte, feed Feed) []byte {
	rm.mu.Lock()
	who := rm.people.snapshot(time.Now())
	rm.mu.Unlock()
	var content bytes.Buffer
	if err := rm.hub.opts.Renderer.Presence(&content, feed, who); err != nil {
		rm.hub.opts.Log.Error("rendering presence", "room", rm.id, "error", err)
		return dst
	}
	return feed.frame(dst, 0, content.Bytes())
}

// tellPresence tells the readers who is there, and the room who came and went,
// if that has changed. In a large room that is done more rarely.
func (rm *room) tellPresence(now time.Time) {
	opts := &rm.hub.opts
	rm.mu.Lock()
	if rm.people.isEmpty() && !rm.people.changed || now.Sub(rm.people.toldAt) < pauseOf(len(rm.readers)) {
		rm.mu.Unlock()
		return
	}
	joined, left := rm.people.due(now, graces{join: opts.JoinGrace, leave: opts.LeaveGrace, blind: rm.hub.peers.isBlind.Load()})
	changed := rm.people.changed
	announce := len(joined)+len(left) > 0 && !rm.people.telling
	if changed || announce {
		rm.people.changed, rm.people.toldAt = false, now
	}
	if announce {
		rm.people.tell(joined, left)
	}
	var who Presence
	if changed {
		who = rm.people.take(now)
	}
	rm.mu.Unlock()
	if changed {
		rm.signal(func(w *bytes.Buffer, feed Feed) error { return opts.Renderer.Presence(w, feed, who) })
	}
	if announce {
		rm.hub.spawn(func() { rm.announce(joined, left) })
	}
}

// announce has the store tell the room who came and went. What fails is tried
// again at a later tick.
func (rm *room) announce(joined, left []parlour.Author) {
	ctx, cancel := context.WithTimeout(rm.hub.ctx, storeWait)
	defer cancel()
	at := time.Now().UTC().Truncate(time.Millisecond)
	err := rm.hub.opts.Store.Attend(ctx, rm.id, joined, left, at)
	if err != nil {
		rm.log(ctx, "telling who came and went", err)
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.people.told(joined, left, err == nil)
}

// sayGoodbyes tells the room of those who said that they leave and of whom it
// was not told yet. Their seats are gone, so that no later start of the server
// would know of them. All others are away no longer than the server.
func (rm *room) sayGoodbyes() {
	const never = 1 << 62
	rm.mu.Lock()
	_, left := rm.people.due(time.Now(), graces{join: never, leave: never})
	if len(left) == 0 || rm.people.telling {
		rm.mu.Unlock()
		return
	}
	rm.people.tell(nil, left)
	rm.mu.Unlock()
	rm.announce(nil, left)
}
