package parlour

import (
	"context"
	"errors"
	"sync"
	"time"
)

// lobbyAsksAtOnce is about how many rooms a policy from outside is asked at the
// same time.
const lobbyAsksAtOnce = 8

// Lobby lists the rooms that the identity may see, and tells how much it has not
// read where it has a seat and may read.
func (h *House) Lobby(ctx context.Context, by Identity) ([]LobbyRoom, error) {
	rooms, err := h.store.Standings(ctx, by, h.now())
	if err != nil {
		return nil, err
	}
	// A policy from outside takes its time over each room.
	var asking sync.WaitGroup
	turns := make(chan struct{}, lobbyAsksAtOnce)
	maySee, mayRead := make([]bool, len(rooms)), make([]bool, len(rooms))
	ask := func(i int, r RoomStanding) {
		maySee[i] = h.may(ctx, r.Standing, See, r.Room) == nil
		mayRead[i] = maySee[i] && r.Standing.unreadAfter(r.Room) < r.Head && h.may(ctx, r.Standing, Read, r.Room) == nil
	}
	for i, r := range rooms {
		if h.policy == nil {
			ask(i, r)
			continue
		}
		turns <- struct{}{}
		asking.Go(func() {
			ask(i, r)
			<-turns
		})
	}
	asking.Wait()
	var seen []LobbyRoom
	after := make(map[int64]Seq)
	for i, r := range rooms {
		if maySee[i] {
			seen = append(seen, LobbyRoom{Room: r.Room})
		}
		if mayRead[i] {
			after[r.ID] = r.Standing.unreadAfter(r.Room)
		}
	}
	return seen, h.countUnread(ctx, by, seen, after)
}

// Door is the room as somebody sees it who has not entered.
func (h *House) Door(ctx context.Context, by Identity, slug string) (Room, Standing, error) {
	return h.find(ctx, by, slug, See)
}

// MayEnter tells whether somebody who stands at the door may come in, apart from
// the room's password: as Enter does, but it takes no seat.
func (h *House) MayEnter(ctx context.Context, who Standing, room Room) error {
	return h.may(ctx, who, Enter, room)
}

// AsksPassword tells whether somebody needs the room's password to come in.
func AsksPassword(who Standing, room Room) bool {
	return room.PasswordHash != "" && !who.IsSeated() && who.Role < Listed && !who.Admin // the list is the better lock
}

// Enter gives the identity its seat in the room, taking one under the
// identity's name when it has none. Room and standing come back with every
// refusal that is not about the room itself: SignedOut when nobody is known,
// ErrNameTaken when somebody here holds the name, ErrPassword when the room has
// a password, ErrWaiting when a moderator has to let them in. The draft is what
// they had typed there and not sent, as long as they may say it; its Body is empty
// when there is nothing.
func (h *House) Enter(ctx context.Context, by Identity, slug string) (Room, Standing, Draft, error) {
	room, who, kept, err := h.findWithDraft(ctx, by, slug, Read)
	switch {
	case err == nil && who.IsSeated():
		err = h.trace(ctx, who.Identity)
	case err == nil || errors.Is(err, ErrNoSeat):
		room, who, err = h.sit(ctx, who.Identity, slug, "")
	}
	if err != nil {
		return room, who, Draft{}, err
	}
	return room, who, h.restored(ctx, kept, who, room), nil
}

// sit takes a seat for somebody who has none, with the room's password as it
// was typed. Nobody comes in after a lock or a ban.
func (h *House) sit(ctx context.Context, by Identity, slug, password string) (room Room, who Standing, err error) {
	err = unlessOvertaken(func() (err error) {
		room, who, err = h.trySitting(ctx, by, slug, password)
		return err
	})
	return room, who, err
}

func (h *House) trySitting(ctx context.Context, by Identity, slug, password string) (Room, Standing, error) {
	asked := time.Now() // as for a post
	room, who, err := h.store.Standing(ctx, by, slug, h.now())
	if err != nil {
		return Room{}, Standing{}, err
	}
	if err := h.may(ctx, who, Enter, room); err != nil {
		return room, who, err
	}
	if AsksPassword(who, room) {
		if err := h.knock(ctx, who, room, password); err != nil {
			return room, who, err
		}
	}
	now := h.now()
	seat := newSeat(who, room, now)
	seat.Asked = asked
	if who.Seat, err = h.store.TakeSeat(ctx, seat, now.Add(-h.nameHold)); err != nil {
		return room, who, err
	}
	if err := h.trace(ctx, who.Identity); err != nil {
		return room, who, err
	}
	return room, who, h.may(ctx, who, Read, room)
}

// newSeat is the seat of somebody who comes now.
func newSeat(who Standing, room Room, now time.Time) Seat {
	return Seat{
		Room: room.ID, Person: who.ID, Name: who.Name, SeenAt: now, Since: now, After: room.Head, Read: room.Head,
		Admitted: who.Kind == Member || !room.WaitingRoom, Guest: who.Kind == Guest,
	}
}

// ErrPassword asks for the room's password.
var ErrPassword = fieldErrorf(Forbidden, "room.password", "password", "that is not the room's password")

// knock compares what was typed with the room's password. Nothing typed is no
// attempt: it is how everybody finds out that there is a password.
func (h *House) knock(ctx context.Context, who Standing, room Room, password string) error {
	if password == "" {
		return ErrPassword
	}
	attempt, err := h.attempts.admit("room "+room.Slug, who.Addr, h.now())
	if err != nil {
		return err
	}
	ok, err := isPassword(ctx, password, room.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return ErrPassword
	}
	attempt.succeeded()
	return nil
}

// Join enters the room under a name, and with a password, as they were typed.
// It answers who that is from now on: a new guest, or the same identity renamed
// everywhere. It is Invalid for what is no name, ErrNameTaken, ErrPassword, or
// TooMany for those who take names as fast as they could talk: rooms are told of
// each. The room comes back with every refusal that is about the fields.
func (h *House) Join(ctx context.Context, by Identity, slug, typedName, password string) (Identity, Room, error) {
	room, _, err := h.find(ctx, by, slug, See)
	if err != nil {
		return by, room, err
	}
	if by.Kind == Member { // members have one name, see ChangeName
		typedName = by.Name
	}
	name, err := CleanName(typedName)
	if err != nil {
		return by, room, err
	}
	as := by
	as.Name = name
	if !by.Known() {
		as.Kind, as.ID = Guest, newPersonID()
	}
	if err := h.flood.admit(as, h.now()); err != nil {
		return by, room, err
	}
	if err := h.mayRename(ctx, by, as); err != nil {
		return by, room, err
	}
	room, who, err := h.store.Standing(ctx, as, slug, h.now())
	if err != nil {
		return by, room, err
	}
	who.Identity = as
	isNewHere := !who.IsSeated()
	if isNewHere {
		if _, _, err := h.sit(ctx, as, slug, password); err != nil && !errors.Is(err, ErrWaiting) {
			return by, room, err
		}
	} else if err := h.may(ctx, who, Enter, room); err != nil {
		// A name is shown to everybody in the room, as anything said there is.
		return by, room, err
	}
	if by.Known() && by.Name != name || !isNewHere {
		if err := h.rename(ctx, as); err != nil {
			if isNewHere {
				err = errors.Join(err, h.store.GiveUpSeat(ctx, room.ID, as.ID))
			}
			return by, room, err
		}
	}
	return as, room, nil
}

// mayRename refuses another name to those who are muted in a room where they
// have a seat: it would be told the name, and a name can say a lot.
func (h *House) mayRename(ctx context.Context, by, as Identity) error {
	if !by.Known() || by.Name == as.Name || by.Admin {
		return nil
	}
	now := h.now()
	rooms, err := h.store.Standings(ctx, by, now)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if r.Standing.IsSeated() && r.Standing.Muted != nil {
			return sanctioned("policy.muted", "you are muted", r.Standing.Muted, now)
		}
	}
	return nil
}

// rename gives all seats of the identity its name, or none.
func (h *House) rename(ctx context.Context, as Identity) error {
	now := h.now()
	return h.store.Rename(ctx, as.ID, as.Name, now, now.Add(-h.nameHold))
}

// Attending is the room and how the identity stands there, for those who go on
// reading or writing; it never takes a seat. It is ErrNoSeat for those who left.
func (h *House) Attending(ctx context.Context, by Identity, slug string, action Action) (Room, Standing, error) {
	room, who, err := h.find(ctx, by, slug, action)
	if err == nil && !who.IsSeated() {
		err = ErrNoSeat // moderators may do without, but not attend without
	}
	return room, who, err
}

// MayStay tells whether a stream that was opened as this identity may still be:
// whether its session is still good, and the identity may still read there. It asks
// no Policy, so that whoever loses a right in the house loses it at once.
func (h *House) MayStay(ctx context.Context, by Identity, slug string) error {
	_, _, err := h.staying(ctx, by, slug)
	return err
}

// MayStayByPolicy is MayStay, and asks the Policy as well.
func (h *House) MayStayByPolicy(ctx context.Context, by Identity, slug string) error {
	room, who, err := h.staying(ctx, by, slug)
	if err != nil {
		return err
	}
	return h.may(ctx, who, Read, room)
}

func (h *House) staying(ctx context.Context, by Identity, slug string) (Room, Standing, error) {
	by, err := h.current(ctx, by)
	if err != nil {
		return Room{}, Standing{}, err
	}
	room, who, err := h.store.Standing(ctx, by, slug, h.now())
	if err == nil {
		err = May(who, Read, room, h.now())
	}
	if err == nil && !who.IsSeated() {
		err = ErrNoSeat
	}
	return room, who, err
}

// Leave gives up the identity's seat and ends its streams in the room. Leaving
// twice is no error.
func (h *House) Leave(ctx context.Context, by Identity, slug string) error {
	room, _, err := h.find(ctx, by, slug, See)
	if err != nil || !by.Known() {
		return err
	}
	if err := h.store.GiveUpSeat(ctx, room.ID, by.ID); err != nil {
		return err
	}
	h.live.Left(room.ID, by.ID)
	return nil
}
