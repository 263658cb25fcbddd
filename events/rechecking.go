package events

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"parlour"
)

// asksAtOnce is how many questions Recheck has under way. With more of them a
// store in a file answers no sooner, and those who read pages meanwhile wait
// for longer: see BenchmarkRecheck.
const asksAtOnce = 4

// holder is whoever holds streams by one right: what Authorize answers about one
// of them is true of all.
type holder struct {
	room            int64
	person, session string
	kind            parlour.IdentityKind
	addr            netip.Addr
}

func (s *Subscription) holder() holder {
	return holder{room: s.Room, person: s.Person.ID, session: s.Session, kind: s.Kind, addr: s.Addr}
}

// Recheck asks for each stream of a room (0: of all rooms) whether it may still
// be, and ends those that may not. A stream that is just being opened is asked
// for too, or asks by itself afterwards: either way none that lost its right
// stays. It returns when all of them are closed. When the store does not answer in
// time, nobody knows, and all are closed who were not asked for yet. Those that
// Consult refuses are ended later, as it answers.
func (h *Hub) Recheck(room int64) { h.RecheckWhom(room, parlour.Whom{}) }

// RecheckWhom is Recheck for the streams of some.
func (h *Hub) RecheckWhom(room int64, whom parlour.Whom) {
	h.stopTyping(room, whom) // whoever reads on may still have lost the right to write
	if h.opts.Authorize == nil {
		return
	}
	held := make(map[holder][]*Reader)
	for _, rm := range h.all() {
		if room != 0 && rm.id != room {
			continue
		}
		rm.each(func(rd *Reader) {
			if !whom.Meets(rd.sub.Person.ID, rd.sub.Session, rd.sub.Addr) {
				return
			}
			by := rd.sub.holder()
			held[by] = append(held[by], rd)
		})
	}
	patience := storeWait
	if whom != (parlour.Whom{}) { // a few, who may come back and be asked
		patience = lookWait
	}
	ctx, giveUp := context.WithCancel(h.ctx)
	defer giveUp()
	var asking sync.WaitGroup
	turns := make(chan struct{}, asksAtOnce)
	for by, readers := range held {
		turns <- struct{}{}
		asking.Go(func() {
			defer func() { <-turns }()
			if !h.recheck(ctx, patience, by, readers) {
				giveUp() // not each of thousands is to wait for a store that is away
			}
		})
	}
	asking.Wait()
}

// recheck asks about streams that one holder has. It tells whether there was an
// answer.
func (h *Hub) recheck(ctx context.Context, patience time.Duration, by holder, readers []*Reader) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := h.opts.Authorize(ctx, readers[0].sub)
	refuseAll(readers, err)
	if err == nil {
		h.consult(by, readers)
	}
	return ctx.Err() == nil
}

// refuseAll ends streams, unless there is no reason.
func refuseAll(readers []*Reader, reason error) {
	if reason == nil {
		return
	}
	for _, rd := range readers {
		rd.refuse(reason)
	}
}
