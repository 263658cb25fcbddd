package parlour

import "context"

// Menu is what somebody may do with one message.
type Menu struct {
	Edits, Deletes, Reports bool
	Pins                    bool // may pin it, or take it off when it is Pinned
	Pinned                  bool
	Moderates               bool // may delete it as a moderator, for a reason, and see Earlier texts
	Earlier                 bool // it has earlier texts
}

// MenuOf is what somebody who reads a message may do with it.
func (h *House) MenuOf(ctx context.Context, who Standing, room Room, m Message) (Menu, error) {
	menu := Menu{
		Edits:   h.mayChange(ctx, who, Edit, room, m) == nil,
		Deletes: h.mayChange(ctx, who, Delete, room, m) == nil,
		Reports: m.Author.ID != "" && !m.IsBy(who.Identity) && h.Allows(ctx, who, Report, room),
	}
	if !h.Allows(ctx, who, Moderate, room) {
		return menu, nil
	}
	menu.Deletes, menu.Moderates = true, !m.IsBy(who.Identity)
	menu.Earlier, menu.Pins = !m.Edited.IsZero(), m.Author.ID != ""
	face, err := h.store.Face(ctx, room.ID)
	menu.Pinned = face.Pinned(m.Seq)
	return menu, err
}
