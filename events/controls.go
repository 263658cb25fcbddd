package events

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"parlour"
)

// controls is how far this node has done what all nodes have to do. The numbers
// tell what it missed, as those of changes do.
type controls struct {
	heard chan struct{} // something is to be done; room for one
	look  chan struct{} // the store is to be asked; room for one

	mu      sync.Mutex // guards all below
	isKnown bool       // the cursor is
	cursor  int64      // all up to here was done
	// ahead is what was heard and not done yet, by number. What this node made
	// itself is empty but for its number: those who made it do it.
	ahead   map[int64]parlour.Control
	waiting bool // a look at the gap is due
}

const (
	controlSubject = "control"
	// maxAhead bounds the memory for what comes out of turn.
	maxAhead = 4096
	// controlsAtOnce is how many the store is asked for at once.
	controlsAtOnce = 500
)

func newControls() controls {
	return controls{heard: make(chan struct{}, 1), look: make(chan struct{}, 1), ahead: make(map[int64]parlour.Control)}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// orders is what one node tells the others of controls, as JSON.
type orders struct {
	Version  int               `json:"v"`
	Controls []parlour.Control `json:"c"`
}

// PublishControls tells the other nodes of controls that this node has stored, and
// notes that it needs not do them: whoever stored them does, but for names, which
// are shown from here on. The store calls it after each commit with such.
func (h *Hub) PublishControls(made []parlour.Control) {
	for _, c := range made {
		if c.Kind == parlour.ControlRenamed {
			h.renamed(c.Room, c.Person)
		}
	}
	h.controls.mu.Lock()
	for _, c := range made {
		h.controls.keep(parlour.Control{Number: c.Number})
	}
	h.controls.mu.Unlock()
	poke(h.controls.heard)
	if h.opts.Bus == nil {
		return
	}
	payload, err := json.Marshal(orders{Version: parcelVersion, Controls: made})
	if err != nil {
		h.opts.Log.Error("telling other nodes what to do", "error", err) // they look in the store
		return
	}
	h.opts.Bus.Publish(controlSubject, payload)
}

// keep keeps a control until its turn. The caller holds mu.
func (cs *controls) keep(c parlour.Control) {
	switch _, isThere := cs.ahead[c.Number]; {
	case isThere || cs.isKnown && c.Number <= cs.cursor:
	case len(cs.ahead) >= maxAhead:
		poke(cs.look)
	default:
		cs.ahead[c.Number] = c
	}
}

// receiveControls takes what another node tells.
func (h *Hub) receiveControls(payload []byte) {
	var o orders
	err := json.Unmarshal(payload, &o)
	if err != nil || o.Version != parcelVersion {
		poke(h.controls.look) // there is something; the store tells what
		return
	}
	h.controls.mu.Lock()
	for _, c := range o.Controls {
		h.controls.keep(c)
	}
	h.controls.mu.Unlock()
	poke(h.controls.heard)
}

// tend does what other nodes order, and looks in the store for what was missed of
// that and of changes, until the hub is closed. It is one goroutine, so that what
// was missed of a room is shown after the controls before it were done.
func (h *Hub) tend() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.controls.heard:
			h.obeyHeard()
		case <-h.controls.look:
			h.lookInStore()
		}
	}
}

// obeyHeard does what was heard, as far as no number is missing.
func (h *Hub) obeyHeard() {
	cs := &h.controls
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for cs.isKnown {
		c, ok := cs.ahead[cs.cursor+1]
		if !ok {
			break
		}
		cs.mu.Unlock()
		h.obey(c)
		cs.mu.Lock()
		cs.passed(c.Number)
	}
	if len(cs.ahead) == 0 || cs.waiting {
		return
	}
	// What is missing may be on its way.
	cs.waiting = true
	time.AfterFunc(turnWait, func() {
		cs.mu.Lock()
		defer cs.mu.Unlock()
		cs.waiting = false
		if len(cs.ahead) > 0 {
			h.fallBehind()
		}
	})
}

// passed notes that all up to a number was done. The caller holds mu.
func (cs *controls) passed(number int64) {
	cs.cursor = number
	for n := range cs.ahead {
		if n <= number {
			delete(cs.ahead, n)
		}
	}
}

// obeyStored does what the store has and this node has not done. A node that has
// missed more than is kept, or does not know yet where it is, looks at
// everything.
func (h *Hub) obeyStored() error {
	cs := &h.controls
	for {
		cs.mu.Lock()
		cursor, isKnown := cs.cursor, cs.isKnown
		cs.mu.Unlock()
		ctx, cancel := context.WithTimeout(h.ctx, lookWait)
		missed, head, err := h.opts.Store.Controls(ctx, cursor, controlsAtOnce)
		cancel()
		if err != nil {
			return err
		}
		if !isKnown || head < cursor || len(missed) > 0 && missed[0].Number != cursor+1 {
			h.obey(parlour.Control{Kind: parlour.ControlAll})
			cs.mu.Lock()
			cs.isKnown = true
			cs.passed(head)
			cs.mu.Unlock()
			continue
		}
		if len(missed) == 0 {
			return nil
		}
		for _, c := range thinned(missed) {
			cs.mu.Lock()
			kept, isKept := cs.ahead[c.Number]
			cs.mu.Unlock()
			if !isKept || kept.Kind != "" { // else it is this node's own
				h.obey(c)
			}
		}
		cs.mu.Lock()
		cs.passed(missed[len(missed)-1].Number)
		cs.mu.Unlock()
	}
}

// thinned is some controls without those that a later one repeats.
func thinned(all []parlour.Control) []parlour.Control {
	type what struct {
		kind parlour.ControlKind
		room int64
		whom parlour.Whom
	}
	last := make(map[what]int64, len(all))
	of := func(c parlour.Control) what { return what{c.Kind, c.Room, c.Whom()} }
	for _, c := range all {
		last[of(c)] = c.Number
	}
	var kept []parlour.Control
	for _, c := range all {
		if last[of(c)] == c.Number {
			kept = append(kept, c)
		}
	}
	return kept
}

// obey does what another node orders.
func (h *Hub) obey(c parlour.Control) {
	if c.Kind == "" {
		return // this node's own
	}
	if h.opts.Heed != nil {
		h.opts.Heed(c)
	}
	switch c.Kind {
	case parlour.ControlAll:
		h.Recheck(0)
	case parlour.ControlRecheck:
		h.RecheckWhom(c.Room, c.Whom())
	case parlour.ControlLeft:
		h.leftElsewhere(c.Room, c.Person.ID)
	case parlour.ControlRenamed:
		h.renamed(c.Room, c.Person)
	case parlour.ControlSession:
		h.SessionEnded(c.Session)
	}
}

// leftElsewhere ends the streams of somebody who left a room through another
// node, unless they are back already.
func (h *Hub) leftElsewhere(room int64, person string) {
	rm := h.find(room)
	if rm == nil {
		return
	}
	isBack := false
	for _, rd := range rm.list() {
		if rd.sub.Person.ID != person {
			continue
		}
		if h.opts.Authorize != nil {
			ctx, cancel := context.WithTimeout(h.ctx, lookWait)
			err := h.opts.Authorize(ctx, rd.sub)
			cancel()
			if err == nil {
				isBack = true
				h.present(room, func(p *presence) { p.news(person) }) // others do not know
				continue
			}
		}
		rd.end(EndedLeft)
	}
	if !isBack {
		h.present(room, func(p *presence) { p.leave(person, h.isBusAway.Load()) })
		h.stopTyping(room, parlour.Whom{Person: person})
	}
}
