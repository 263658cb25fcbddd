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
