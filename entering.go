package parlour

import (
	"context"
	"errors"
)

// Lobby lists the rooms that the identity may see.
func (h *House) Lobby(ctx context.Context, by Identity) ([]Room, error) {
	rooms, err := h.store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	seen := rooms[:0]
	for _, room := range rooms {
		if May(by, See, room) == nil {
			seen = append(seen, room)
		}
	}
	return seen, nil
}

// Door is the room as somebody sees it who has not entered.
func (h *House) Door(ctx context.Context, by Identity, slug string) (Room, error) {
	return h.room(ctx, by, slug, See)
}

// Enter gives the identity its seat in the room, taking one under the
// identity's name when it has none. The room comes back with every refusal that
// is not about the room itself: SignedOut when nobody is known, ErrNameTaken
// when somebody here holds the name.
func (h *House) Enter(ctx context.Context, by Identity, slug string) (Room, Seat, error) {
	room, err := h.room(ctx, by, slug, Read)
	if err != nil {
		return room, Seat{}, err
	}
	seat, err := h.store.Seat(ctx, room.ID, by.ID)
	if !errors.Is(err, ErrNoSeat) {
		return room, seat, err
	}
	seat, err = h.takeSeat(ctx, room, by)
	return room, seat, err
}

func (h *House) takeSeat(ctx context.Context, room Room, by Identity) (Seat, error) {
	now := h.now()
	seat := Seat{Room: room.ID, Person: by.ID, Name: by.Name, SeenAt: now}
	return seat, h.store.TakeSeat(ctx, seat, now.Add(-h.nameHold))
}

// Join enters the room under a name as it was typed, and answers who that is
// from now on: a new guest, or the same identity renamed everywhere. It is
// Invalid for what is no name, ErrNameTaken, or TooMany for those who take names
// as fast as they could talk: rooms are told of each. The room comes back with
// every refusal that is not about the room itself.
func (h *House) Join(ctx context.Context, by Identity, slug, typed string) (Identity, Room, error) {
	room, err := h.room(ctx, by, slug, See)
	if err != nil {
		return by, room, err
	}
	name, err := CleanName(typed)
	if err != nil {
		return by, room, err
	}
	as := Identity{Kind: Guest, ID: newGuestID(), Name: name, Addr: by.Addr}
	if by.Known() {
		as = by
		as.Name = name
	}
	if err := May(as, Read, room); err != nil {
		return by, room, err
	}
	if err := h.flood.admit(as, h.now()); err != nil {
		return by, room, err
	}
	if by.Known() {
		err = h.rename(ctx, room, by, as)
	} else {
		_, err = h.takeSeat(ctx, room, as)
	}
	if err != nil {
		return by, room, err
	}
	return as, room, nil
}

// rename gives by the name of as everywhere, and a seat in this room, or
// changes nothing.
func (h *House) rename(ctx context.Context, room Room, by, as Identity) error {
	_, err := h.store.Seat(ctx, room.ID, by.ID)
	isNewHere := errors.Is(err, ErrNoSeat)
	if err != nil && !isNewHere {
		return err
	}
	if isNewHere {
		if _, err := h.takeSeat(ctx, room, as); err != nil {
			return err
		}
	}
	now := h.now()
	if err := h.store.Rename(ctx, by.ID, as.Name, now, now.Add(-h.nameHold)); err != nil {
		if isNewHere {
			err = errors.Join(err, h.store.GiveUpSeat(ctx, room.ID, by.ID))
		}
		return err
	}
	h.live.Renamed(by.ID, as.Name)
	return nil
}

// Attending is the room and the seat that the identity has there, for those
// who go on reading or writing; it never takes one. It is ErrNoSeat for those
// who left.
func (h *House) Attending(ctx context.Context, by Identity, slug string, action Action) (Room, Seat, error) {
	room, err := h.room(ctx, by, slug, action)
	if err != nil {
		return room, Seat{}, err
	}
	seat, err := h.store.Seat(ctx, room.ID, by.ID)
	return room, seat, err
}

// Leave gives up the identity's seat and ends its streams in the room. Leaving
// twice is no error.
func (h *House) Leave(ctx context.Context, by Identity, slug string) error {
	room, err := h.room(ctx, by, slug, See)
	if err != nil || !by.Known() {
		return err
	}
	if err := h.store.GiveUpSeat(ctx, room.ID, by.ID); err != nil {
		return err
	}
	h.live.Left(room.ID, by.ID)
	return nil
}
