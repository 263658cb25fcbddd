package parlour

import (
	"context"
	"slices"
)

// PageSize is how many messages a page of a room shows.
const PageSize = 50

// Floor is the number where a room's history begins for somebody: messages up to
// it are not for them, neither on pages nor on streams. 0 is the beginning.
func (s Standing) Floor(room Room) Seq {
	if !room.HistoryFromJoin || s.Moderates() {
		return 0
	}
	return s.Seat.After
}

// Page is a run of messages of a room, posted before a number (0: the newest),
// for somebody who was found to read there.
func (h *House) Page(ctx context.Context, who Standing, room Room, before Seq) (Page, error) {
	if err := May(who, Read, room, h.now()); err != nil {
		return Page{}, err
	}
	page, err := h.store.Page(ctx, room.ID, before, PageSize)
	return page.From(who.Floor(room)), err
}

// ChangedSince is what has become, since a number, of messages that were posted
// before another one, and the number up to which that is told. It is meant for the
// last moments: where more than changedMost has changed, it tells nothing.
func (h *House) ChangedSince(ctx context.Context, who Standing, room Room, since, before Seq) ([]Message, Seq, error) {
	if err := May(who, Read, room, h.now()); err != nil {
		return nil, 0, err
	}
	lacks, err := h.store.Since(ctx, room.ID, since, changedMost)
	if err != nil {
		return nil, 0, err
	}
	changed := slices.DeleteFunc(lacks.From(who.Floor(room)).Messages, func(m Message) bool {
		return m.Seq >= before || m.Kind == KindFace
	})
	return changed, lacks.Head, nil
}

const changedMost = 1000

// From is the page without what was posted up to a number.
func (p Page) From(floor Seq) Page {
	if floor <= 0 {
		return p
	}
	first := slices.IndexFunc(p.Messages, func(m Message) bool { return m.Seq > floor })
	if first < 0 {
		first = len(p.Messages)
	}
	p.More = p.More && first == 0 && p.Messages[0].Seq > floor+1
	p.Messages = slices.Clone(p.Messages[first:])
	veilQuotes(p.Messages, floor)
	return p
}

// veilQuotes keeps replies from telling of messages up to a number.
func veilQuotes(messages []Message, floor Seq) {
	for i := range messages {
		if q := messages[i].Quote; q != nil && q.Seq <= floor {
			messages[i].Quote = q.veiled()
		}
	}
}

// Around is a message and what was said around it, for somebody who reads there.
// The flag tells that there is newer than that.
func (h *House) Around(ctx context.Context, by Identity, slug string, seq Seq) (Room, Standing, Page, bool, error) {
	room, who, err := h.Attending(ctx, by, slug, Read)
	if err == nil && seq <= who.Floor(room) {
		err = ErrMessageNotFound
	}
	if err != nil {
		return room, who, Page{}, false, err
	}
	page, newer, err := h.store.Around(ctx, room.ID, seq, PageSize/2)
	return room, who, page.From(who.Floor(room)), newer, err
}

// From is the catch-up without what would tell of messages that were posted up
// to a number.
func (c Catchup) From(floor Seq) Catchup {
	if floor > 0 {
		c.Messages = slices.DeleteFunc(slices.Clone(c.Messages), func(m Message) bool {
			return m.Seq <= floor && m.TellsOnChange()
		})
		veilQuotes(c.Messages, floor)
	}
	return c
}

// TellsOnChange tells whether a change of the message tells what somebody said:
// not when it is gone, nor when it is a line about who came and went.
func (m Message) TellsOnChange() bool { return m.Author.ID != "" && !m.IsGone() }
