package parlour

import "context"

// PageSize is how many messages a page of a room shows.
const PageSize = 50

// Page is a run of messages of a room that was found for this identity, posted
// before a number (0: the newest).
func (h *House) Page(ctx context.Context, by Identity, room Room, before Seq) (Page, error) {
	if err := May(by, Read, room); err != nil {
		return Page{}, err
	}
	return h.store.Page(ctx, room.ID, before, PageSize)
}
