package parlour

import "context"

// PageSize is how many messages a page of a room shows.
const PageSize = 50

// Page is a run of messages of a room, posted before a number (0: the newest),
// for somebody who was found to read there.
func (h *House) Page(ctx context.Context, who Standing, room Room, before Seq) (Page, error) {
	if err := May(who, Read, room, h.now()); err != nil {
		return Page{}, err
	}
	return h.store.Page(ctx, room.ID, before, PageSize)
}
