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
	p.Messages = p.Messages[first:]
	return p
}

// From is the catch-up without what would tell of messages that were posted up
// to a number.
func (c Catchup) From(floor Seq) Catchup {
	if floor > 0 {
		c.Messages = slices.DeleteFunc(slices.Clone(c.Messages), func(m Message) bool {
			return m.Seq <= floor && m.TellsOnChange()
		})
	}
	return c
}

// TellsOnChange tells whether a change of the message tells what somebody said:
// not when it was deleted, nor when it is a line about who came and went.
func (m Message) TellsOnChange() bool { return m.Author.ID != "" && m.Deleted.IsZero() }
