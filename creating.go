package parlour

import (
	"context"
	"regexp"
	"strings"
	"time"
)

// RoomStore keeps rooms.
type RoomStore interface {
	// FoundRoom adds a room with its owner, or is a Conflict when there is one
	// at the address already.
	FoundRoom(ctx context.Context, room Room, owner string, entry LogEntry) (Room, error)
	// ChangeRoom stores all that a room's owners set, and tells the room of what
	// it is to know, as messages of the house with Event.Set. Another address is
	// a Conflict when there is a room at it. It answers what the room was, which
	// others may have changed since it was looked at.
	ChangeRoom(ctx context.Context, room Room, told []Setting, entry LogEntry) (was Room, err error)
	// DeleteRoom takes a room away with everything in it. It is found nowhere
	// from the first moment; what was in it goes in small steps.
	DeleteRoom(ctx context.Context, room int64, entry LogEntry) error
	// Barred is the ban in force that keeps the identity out of the whole house,
	// or nil.
	Barred(ctx context.Context, by Identity, now time.Time) (*Sanction, error)
}

// The acts upon rooms, as the moderation log names them.
const (
	ActCreateRoom  Act = "room.create"
	ActChangeRoom  Act = "room.change"
	ActArchiveRoom Act = "room.archive"
	ActReopenRoom  Act = "room.reopen"
	ActDeleteRoom  Act = "room.delete"
)

// MayCreateRooms tells whether somebody may create a room: admins, and members
// if the settings say so.
func (h *House) MayCreateRooms(ctx context.Context, by Identity) error {
	if by.Kind != Member {
		return ErrMembersOnly
	}
	now := h.now()
	barred, err := h.store.Barred(ctx, by, now)
	if err != nil {
		return err
	}
	if by.Admin {
		return nil
	}
	if barred != nil {
		return sanctioned("policy.barred", "you are kept out", barred, now)
	}
	settings, err := h.Settings(ctx)
	if err != nil {
		return err
	}
	return allowIf(settings.CreateRooms == MembersMakeRooms, "rooms.admins_only", "only those who run the house create rooms")
}

// CreateRoom makes a room, whose owner is who made it. Without an address it
// gets one from its name.
func (h *House) CreateRoom(ctx context.Context, by Identity, form RoomForm) (Room, error) {
	if err := h.MayCreateRooms(ctx, by); err != nil {
		return Room{}, err
	}
	if strings.TrimSpace(form.Slug) == "" {
		form.Slug = slugOf(form.Name)
	}
	room, err := form.apply(ctx, Room{})
	if err != nil {
		return Room{}, err
	}
	if _, err := h.attempts.admit("create "+by.ID, by.Addr, h.now()); err != nil {
		return Room{}, err
	}
	room.CreatedAt = h.now()
	entry := h.act(Standing{Identity: by}, Room{}, ActCreateRoom)
	entry.Detail = room.Slug
	return h.store.FoundRoom(ctx, room, by.ID, entry)
}

var notInSlugs = regexp.MustCompile(`[^a-z0-9]+`)

// slugOf proposes an address for a name; empty when the name has no letter that
// an address can have.
func slugOf(name string) string {
	slug := strings.Trim(notInSlugs.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return strings.Trim(slug[:min(len(slug), 64)], "-")
}

// AllRooms are all rooms, with those in the archive. Only admins may.
func (h *House) AllRooms(ctx context.Context, by Identity) ([]Room, error) {
	if err := h.mustRun(by); err != nil {
		return nil, err
	}
	return h.store.Rooms(ctx)
}
