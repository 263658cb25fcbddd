package events

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"parlour"
)

const (
	limitsSubject = "limits"
	// spentEvery is how long a node gathers what it has counted.
	spentEvery = 50 * time.Millisecond
	// maxSpent bounds what may wait to be told: what comes on top of it is counted
	// by this node alone.
	maxSpent = 10_000
)

// tally is what this node has counted against the limits of the house and is to
// tell the others.
type tally struct {
	wake chan struct{} // something is; room for one

	mu    sync.Mutex // guards all below; no other is taken under it
	spent map[string]parlour.Spent
}

func newTally() tally {
	return tally{wake: make(chan struct{}, 1), spent: make(map[string]parlour.Spent)}
}

// Spend tells the other nodes what was counted here, a moment later and together
// with what else is. It does nothing where there are none.
func (h *Hub) Spend(s parlour.Spent) {
	if h.opts.Bus == nil {
		return
	}
	ta := &h.tally
	ta.mu.Lock()
	defer ta.mu.Unlock()
	was, isThere := ta.spent[s.Key]
	if !isThere && len(ta.spent) >= maxSpent {
		return
	}
	s.Times += was.Times
	if s.Said == (parlour.Said{}) {
		s.Said = was.Said
	}
	ta.spent[s.Key] = s
	poke(ta.wake)
}

// take is what is to be told now.
func (ta *tally) take() []parlour.Spent {
	ta.mu.Lock()
	defer ta.mu.Unlock()
	all := slices.Collect(maps.Values(ta.spent))
	clear(ta.spent)
	return all
}

// bill is what one node tells others of what it has counted, as JSON.
type bill struct {
	Version int             `json:"v"`
	Spent   []parlour.Spent `json:"s"`
}

// tellSpent tells other nodes what is counted here, until the hub is closed.
func (h *Hub) tellSpent() {
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.tally.wake:
		}
		select {
		case <-h.ctx.Done():
		case <-time.After(spentEvery):
		}
		for some := range slices.Chunk(h.tally.take(), entriesAtOnce) {
			payload, err := json.Marshal(bill{Version: parcelVersion, Spent: some})
			if err != nil {
				h.opts.Log.Error("telling other nodes what was counted", "error", err)
				continue
			}
			h.opts.Bus.Publish(limitsSubject, payload)
		}
	}
}

// receiveSpent counts what another node tells.
func (h *Hub) receiveSpent(payload []byte) {
	var b bill
	if err := json.Unmarshal(payload, &b); err == nil && b.Version == parcelVersion {
		h.opts.Count(b.Spent)
	}
}
