package parlour

import "context"

// How often one person may signal that they are writing: pages do so every three
// seconds, and somebody may write in several rooms at once.
const (
	typingBurst = 10
	typingRate  = 1
)

// Typing is the room and the standing of somebody who signals that they are writing
// something there, or why that is not told to anybody. Too many signals are TooMany.
func (h *House) Typing(ctx context.Context, by Identity, slug string) (Room, Standing, error) {
	room, who, err := h.Attending(ctx, by, slug, Post)
	if err == nil && h.flood != nil {
		err = h.flood.count("w"+by.ID, h.now(), "too many signals of writing")
	}
	return room, who, err
}
