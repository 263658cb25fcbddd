package events

import (
	"context"
	"sync"
)

// consultsAtOnce is how many questions to the outside are under way. They are
// mostly waited for.
const consultsAtOnce = 32

// consulting is about whom somebody outside of the house is to be asked still.
// Nobody waits for that, so that an answer which is slow, or never comes, holds up
// nothing that the house knows by itself.
type consulting struct {
	mu      sync.Mutex // guards all below; no other is taken under it
	waiting map[holder][]*Reader
	asking  int // goroutines
}

// consult has the outside asked about streams that one holder has. Who waits for
// that already is asked about once.
func (h *Hub) consult(by holder, readers []*Reader) {
	if h.opts.Consult == nil {
		return
	}
	c := &h.consulting
	c.mu.Lock()
	c.waiting[by] = readers
	isOneMore := c.asking < consultsAtOnce
	if isOneMore {
		c.asking++
	}
	c.mu.Unlock()
	if isOneMore {
		h.spawn(h.consultAll)
	}
}

// consultAll asks until nobody waits.
func (h *Hub) consultAll() {
	for {
		readers := h.consulting.next()
		if readers == nil {
			return
		}
		ctx, cancel := context.WithTimeout(h.ctx, storeWait)
		refuseAll(readers, h.opts.Consult(ctx, readers[0].sub))
		cancel()
	}
}

// next is whose turn it is. When there is nobody, the caller asks no more.
func (c *consulting) next() []*Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	for by, readers := range c.waiting {
		delete(c.waiting, by)
		return readers
	}
	c.asking--
	return nil
}
