package parlour

import "context"

// Preview answers what a draft would look like once it is said, and says
// nothing: the message has no number and is stored nowhere. It is refused where
// Say would be for who asks or for what stands there, but it looks at no filter,
// which it would give away.
func (h *House) Preview(ctx context.Context, by Identity, slug string, draft Draft) (Message, error) {
	room, who, err := h.find(ctx, by, slug, Post)
	if err != nil {
		return Message{}, err
	}
	kind, body, err := draft.read()
	if err != nil {
		return Message{}, err
	}
	if !who.Moderates() {
		if draft.Unproven {
			if err := h.AdmitUnproven(by); err != nil {
				return Message{}, err
			}
		}
		if len(Links(body)) > 0 {
			if err := h.may(ctx, who, Link, room); err != nil {
				return Message{}, err
			}
		}
	}
	if err := h.flood.admitLook(by, h.now()); err != nil {
		return Message{}, err
	}
	mentions, err := h.mentions(ctx, room, kind, body, by.ID)
	return Message{Room: room.ID, Kind: kind, Author: who.Seat.Author(), Body: body, Mentions: mentions, At: h.now()}, err
}
