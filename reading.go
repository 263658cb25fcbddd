package parlour

import "context"

// PageSize is how many messages a page of a room shows.
const PageSize = 50

// Page is a run of the room's messages before a number (0: the newest).
func (h *House) Page(ctx context.Context, by Identity, slug string, before Seq) (Room, Page, error) {
	room, err := h.room(ctx, by, slug, Read)
	if err != nil {
		return room, Page{}, err
	}
	page, err := h.store.Page(ctx, room.ID, before, PageSize)
	return room, page, err
}
