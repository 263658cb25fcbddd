package parlour

import (
	"context"
	"strings"
	"time"
)

// ArchiveRoom closes a room without taking it away: it stays to be read by those who
// may, stands in no list, and nobody posts in it.
func (h *House) ArchiveRoom(ctx context.Context, by Identity, slug string) error {
	return h.archive(ctx, by, slug, ActArchiveRoom, h.now())
}

// ReopenRoom takes a room out of the archive.
func (h *House) ReopenRoom(ctx context.Context, by Identity, slug string) error {
	return h.archive(ctx, by, slug, ActReopenRoom, time.Time{})
}

func (h *House) archive(ctx context.Context, by Identity, slug string, act Act, at time.Time) error {
	room, who, err := h.find(ctx, by, slug, Manage)
	if err != nil || room.ArchivedAt.IsZero() == at.IsZero() {
		return err
	}
	room.ArchivedAt = at
	was, err := h.store.ChangeRoom(ctx, room, nil, h.act(who, room, act))
	if err == nil && MayEndReading(was, room) { // not by that, but by what somebody else changed at this moment
		h.live.Recheck(room.ID)
	}
	return err
}

// DeleteRoom takes a room away with everything that was ever said in it, once
// its address was typed to confirm. Nothing brings it back. The moderation log
// keeps its lines.
func (h *House) DeleteRoom(ctx context.Context, by Identity, slug, confirmation string) error {
	room, who, err := h.find(ctx, by, slug, Manage)
	if err != nil {
		return err
	}
	if strings.TrimSpace(confirmation) != room.Slug {
		return fieldErrorf(Invalid, "room.unconfirmed", "confirm", "type the room's address to confirm")
	}
	entry := h.act(who, Room{}, ActDeleteRoom)
	entry.Detail = room.Slug
	err = h.store.DeleteRoom(ctx, room.ID, entry)
	h.live.Recheck(room.ID) // it may be gone although not all of it is
	return err
}
