package parlour

import (
	"context"
	"errors"
	"time"
)

// Invite is an invitation as somebody asks for it.
type Invite struct {
	// Role is what it makes of a member in the room: Listed or Moderator. An
	// invitation to the house lets somebody sign up, and gives none.
	Role Role
	For  string // how long it lasts, as ParseSpan reads it; empty: a week
	Uses int    // how often it works
	Note string // for those who look through the invitations
}

// The limits of an invitation.
const (
	MaxInviteUses = 1000
	MaxInviteTime = 365 * 24 * time.Hour
	MaxInviteNote = 100
	inviteFor     = 7 * 24 * time.Hour
)

// InvitationStore completes passes by what invitations do.
type InvitationStore interface {
	// AcceptInvitation uses up one use of an invitation to a room by a member,
	// who gets its role unless theirs is higher. It is ErrPassGone like UsePass.
	AcceptInvitation(ctx context.Context, key PassKey, entry LogEntry) error
	// AddInvitation keeps an invitation, with its line in the log.
	AddInvitation(ctx context.Context, key PassKey, pass Pass, entry LogEntry) error
	// RevokeInvitation ends one of a room (0: of the house), or is ErrPassGone.
	RevokeInvitation(ctx context.Context, room, id int64, entry LogEntry) error
	// RoomByID is the room with this id, or ErrRoomNotFound.
	RoomByID(ctx context.Context, id int64) (Room, error)
}

// The acts upon invitations, as the moderation log names them.
const (
	ActInvite       Act = "invite.add"
	ActRevokeInvite Act = "invite.revoke"
	ActUseInvite    Act = "invite.use"
)

// host is who may invite to a room, or with an empty slug to the house.
func (h *House) host(ctx context.Context, by Identity, slug string) (Room, Standing, error) {
	if slug != "" {
		return h.find(ctx, by, slug, Manage)
	}
	return Room{}, Standing{Identity: by}, h.mustRun(by)
}

// Invite makes an invitation to a room, or with an empty slug to the house, and
// answers its token, which is never told again.
func (h *House) Invite(ctx context.Context, by Identity, slug string, form Invite) (Room, string, error) {
	room, who, err := h.host(ctx, by, slug)
	if err != nil {
		return room, "", err
	}
	pass := Pass{Kind: PassInvite, Room: room.ID, Role: form.Role, UsesLeft: form.Uses, By: Author{ID: by.ID, Name: by.Name}}
	if room.ID == 0 {
		pass.Role = NoRole
	} else if pass.Role != Listed && pass.Role != Moderator {
		return room, "", fieldErrorf(Invalid, "role.unknown", "role", "there is no such role")
	}
	if form.Uses < 1 || form.Uses > MaxInviteUses {
		err := fieldErrorf(Invalid, "invite.uses", "uses", "an invitation works once or more often")
		err.Args = map[string]any{"Max": MaxInviteUses}
		return room, "", err
	}
	if pass.Note, err = cleanLine("note", form.Note, MaxInviteNote); err != nil {
		return room, "", err
	}
	lasts, err := cleanSpan("for", form.For, MaxInviteTime)
	if err != nil {
		return room, "", err
	}
	if lasts == 0 {
		lasts = inviteFor
	}
	entry := h.act(who, room, ActInvite)
	entry.Detail = pass.Role.String()
	pass.At, pass.ExpiresAt = entry.At, entry.At.Add(lasts)
	token := newPassToken()
	return room, token, h.store.AddInvitation(ctx, KeyOfPass(token), pass, entry)
}

// Invitations are those to a room that still work, or with an empty slug those
// to the house.
func (h *House) Invitations(ctx context.Context, by Identity, slug string) (Room, []Pass, error) {
	room, _, err := h.host(ctx, by, slug)
	if err != nil {
		return room, nil, err
	}
	all, err := h.store.Passes(ctx, PassInvite, room.ID)
	if err != nil {
		return room, nil, err
	}
	now := h.now()
	var working []Pass
	for _, pass := range all {
		if pass.Works(now) {
			working = append(working, pass)
		}
	}
	return room, working, nil
}

// RevokeInvitation ends an invitation at once. Those who came by it stay.
func (h *House) RevokeInvitation(ctx context.Context, by Identity, slug string, id int64) error {
	room, who, err := h.host(ctx, by, slug)
	if err != nil {
		return err
	}
	return h.store.RevokeInvitation(ctx, room.ID, id, h.act(who, room, ActRevokeInvite))
}

// Invited is what an invitation leads to.
type Invited struct {
	Pass Pass
	Room Room // empty: the house
	// AsGuest tells that the room can be entered by it without an account.
	AsGuest bool
}

// Invitation is what a token invites to, or ErrPassGone.
func (h *House) Invitation(ctx context.Context, by Identity, token string) (Invited, error) {
	if _, err := h.attempts.admit("invite", by.Addr, h.now()); err != nil {
		return Invited{}, err
	}
	return h.invitation(ctx, token)
}

func (h *House) invitation(ctx context.Context, token string) (i Invited, err error) {
	if i.Pass, err = h.store.Pass(ctx, PassInvite, KeyOfPass(token), h.now()); err != nil || i.Pass.Room == 0 {
		return i, err
	}
	i.Room, err = h.store.RoomByID(ctx, i.Pass.Room)
	if errors.Is(err, ErrRoomNotFound) {
		return i, ErrPassGone
	}
	i.AsGuest = i.Room.Access.Read == Guests
	return i, err
}

// AcceptInvitation gives a member the role of an invitation, and answers the
// room that it leads to.
func (h *House) AcceptInvitation(ctx context.Context, by Identity, token string) (Room, error) {
	i, err := h.invitation(ctx, token)
	switch {
	case err != nil:
		return Room{}, err
	case by.Kind != Member:
		return i.Room, ErrMembersOnly
	case i.Room.ID == 0:
		return Room{}, nil // they are in the house
	}
	now := h.now()
	_, who, err := h.store.Standing(ctx, by, i.Room.Slug, now)
	if err != nil {
		return i.Room, err
	}
	if who.Barred != nil && !who.Admin {
		return i.Room, sanctioned("policy.barred", "you are kept out", who.Barred, now)
	}
	if who.Role >= i.Pass.Role || who.Admin {
		return i.Room, nil // it would be a waste
	}
	entry := h.act(who, i.Room, ActUseInvite)
	entry.Target, entry.Detail = Author{ID: by.ID, Name: by.Name}, i.Pass.Role.String()
	return i.Room, h.store.AcceptInvitation(ctx, KeyOfPass(token), entry)
}

// AcceptAsGuest enters a room that guests may read by an invitation, under a
// name as it was typed, past its password and its waiting room.
func (h *House) AcceptAsGuest(ctx context.Context, by Identity, token, typedName string) (Identity, Room, error) {
	i, err := h.invitation(ctx, token)
	if err != nil {
		return by, i.Room, err
	}
	if !i.AsGuest {
		return by, i.Room, ErrMembersOnly
	}
	as := by
	if by.Kind != Member {
		if as.Name, err = CleanName(typedName); err != nil {
			return by, i.Room, err
		}
	}
	if !by.Known() {
		as.Kind, as.ID = Guest, newPersonID()
	}
	if err := h.mayRename(ctx, by, as); err != nil {
		return by, i.Room, err
	}
	var came Identity
	room := i.Room
	err = unlessOvertaken(func() (err error) {
		came, room, err = h.sitAsInvited(ctx, by, as, i, token)
		return err
	})
	return came, room, err
}

// sitAsInvited lets somebody in who will be as from then on.
func (h *House) sitAsInvited(ctx context.Context, by, as Identity, i Invited, token string) (Identity, Room, error) {
	asked, now := time.Now(), h.now()
	room, who, err := h.store.Standing(ctx, as, i.Room.Slug, now)
	if err != nil {
		return by, i.Room, err
	}
	who.Identity = as
	if who.IsSeated() && (who.Seat.Admitted || as.Kind == Member) {
		return as, room, nil
	}
	if err := h.may(ctx, who, Enter, room); err != nil {
		return by, room, err
	}
	seat := newSeat(who, room, now)
	seat.Admitted, seat.Asked = true, asked
	entry := h.act(who, room, ActUseInvite)
	entry.Target, entry.Detail = seat.Author(), string(as.Kind)
	return h.seatByInvitation(ctx, by, as, room, seat, token, entry)
}

// seatByInvitation takes a seat and uses up the invitation: the name may be
// taken and the invitation used up meanwhile, and neither shall cost the other.
func (h *House) seatByInvitation(ctx context.Context, by, as Identity, room Room, seat Seat, token string, entry LogEntry) (Identity, Room, error) {
	if _, err := h.store.TakeSeat(ctx, seat, seat.SeenAt.Add(-h.nameHold)); err != nil {
		return by, room, err
	}
	if _, err := h.store.UsePass(ctx, PassInvite, KeyOfPass(token), entry); err != nil {
		return by, room, errors.Join(err, h.store.GiveUpSeat(ctx, room.ID, as.ID))
	}
	if by.Known() && by.Name != as.Name {
		if err := h.rename(ctx, as); err != nil {
			return by, room, err
		}
	}
	return as, room, h.trace(ctx, as)
}
