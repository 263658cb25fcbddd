package parlour

import "context"

// UnreadMost is how many unread messages of a room are counted: nobody needs to
// know how many more there are.
const UnreadMost = 100

// ReadingStore keeps how far people have read.
type ReadingStore interface {
	// HaveRead notes how far people have read in a room, each by Identity.ID. It
	// only ever moves forward; whoever has no seat is passed over.
	HaveRead(ctx context.Context, room int64, upTo map[string]Seq) error
	// Unread counts what others have said after a number in each of these rooms
	// and was not deleted, by Room.ID and at most UnreadMost. Rooms without any
	// are left out.
	Unread(ctx context.Context, person string, after map[int64]Seq) (map[int64]int, error)
	// FirstUnread is the first message of those that Unread counts in a room,
	// or 0.
	FirstUnread(ctx context.Context, room int64, person string, after Seq) (Seq, error)
}

// LobbyRoom is a room as somebody sees it in the lobby.
type LobbyRoom struct {
	Room
	Unread int // messages that they have not read, at most UnreadMost
}

// unreadAfter is the number after which messages are unread for somebody: the
// room's head for who has no seat there.
func (s Standing) unreadAfter(room Room) Seq {
	if !s.IsSeated() {
		return room.Head
	}
	return max(s.Seat.Read, s.Floor(room))
}

// countUnread fills in what somebody has not read in rooms where they have a
// seat; how far they have read stands in after, by Room.ID.
func (h *House) countUnread(ctx context.Context, by Identity, rooms []LobbyRoom, after map[int64]Seq) error {
	if len(after) == 0 {
		return nil
	}
	unread, err := h.store.Unread(ctx, by.ID, after)
	if err != nil {
		return err
	}
	for i := range rooms {
		rooms[i].Unread = unread[rooms[i].ID]
	}
	return nil
}

// CountUnread counts what somebody with a seat in a room has still to read of
// what came after a number, at most UnreadMost: see FirstUnread.
func (h *House) CountUnread(ctx context.Context, who Standing, room Room, after Seq) (int, error) {
	after = max(after, who.Floor(room))
	if !who.IsSeated() || after >= room.Head {
		return 0, nil
	}
	unread, err := h.store.Unread(ctx, who.Seat.Person, map[int64]Seq{room.ID: after})
	return unread[room.ID], err
}

// FirstUnread is the first message after a number that somebody with a seat in a
// room has still to read: what others have said since and was not deleted. It is
// 0 when there is none.
func (h *House) FirstUnread(ctx context.Context, who Standing, room Room, after Seq) (Seq, error) {
	after = max(after, who.Floor(room))
	if !who.IsSeated() || after >= room.Head {
		return 0, nil
	}
	return h.store.FirstUnread(ctx, room.ID, who.Seat.Person, after)
}
