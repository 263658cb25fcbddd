package parlour

import (
	"context"
	"errors"
	"strings"
)

// Listing is a member on a room's list.
type Listing struct {
	Person, Name string
	Role         Role
	Disabled     bool // the member cannot sign in
}

// ListStore keeps what members are in rooms.
type ListStore interface {
	// Listed are the members with a role in the room, the highest role first.
	Listed(ctx context.Context, room int64) ([]Listing, error)
	// SetRole makes a member something in a room; NoRole takes them off its
	// list. With keepOwner it is ErrLastOwner when no owner would be left.
	SetRole(ctx context.Context, room int64, person string, role Role, keepOwner bool, entry LogEntry) error
	// MemberNamed is the member whose name has the key (see NameKey), or
	// ErrNoAccount.
	MemberNamed(ctx context.Context, key string) (Account, error)
}

// ActRole is a change of somebody's role, as the moderation log names it.
const ActRole Act = "role"

// ErrLastOwner keeps a room from being left without an owner.
var ErrLastOwner = Errorf(Conflict, "role.last_owner", "the room must keep an owner")

// Listed are the members on the room's list, for its owners.
func (h *House) Listed(ctx context.Context, by Identity, slug string) (Room, []Listing, error) {
	room, _, err := h.find(ctx, by, slug, Manage)
	if err != nil {
		return room, nil, err
	}
	listed, err := h.store.Listed(ctx, room.ID)
	return room, listed, err
}

// List puts a member on the room's list, by name or e-mail address as it was
// typed. It tells owners whether there is such a member, and so they can only
// try so often.
func (h *House) List(ctx context.Context, by Identity, slug, typed string, role Role) error {
	room, who, err := h.find(ctx, by, slug, Manage)
	if err != nil {
		return err
	}
	attempt, err := h.attempts.admit("list "+by.ID, by.Addr, h.now())
	if err != nil {
		return err
	}
	account, err := h.memberTyped(ctx, strings.TrimSpace(typed))
	if err != nil {
		return err
	}
	attempt.succeeded()
	if role == NoRole {
		role = Listed
	}
	return h.setRole(ctx, who, room, account, role)
}

// memberTyped is the member meant by a name or an e-mail address.
func (h *House) memberTyped(ctx context.Context, typed string) (Account, error) {
	find := func() (Account, error) {
		if strings.Contains(typed, "@") {
			return h.store.AccountByEmail(ctx, typed)
		}
		name, err := CleanName(typed)
		if err != nil {
			return Account{}, ErrNoAccount
		}
		return h.store.MemberNamed(ctx, NameKey(name))
	}
	account, err := find()
	if errors.Is(err, ErrNoAccount) {
		return account, fieldErrorf(Invalid, "listing.nobody", "member", "no member has that name or e-mail address")
	}
	return account, err
}

// SetRole gives a member another role in the room; NoRole takes them off the
// list. Streams that lost their right are closed when it returns, and whoever
// may no longer read there has left the room.
func (h *House) SetRole(ctx context.Context, by Identity, slug, person string, role Role) error {
	room, who, err := h.find(ctx, by, slug, Manage)
	if err != nil {
		return err
	}
	account, err := h.store.Account(ctx, person)
	if err != nil {
		return err
	}
	return h.setRole(ctx, who, room, account, role)
}

func (h *House) setRole(ctx context.Context, who Standing, room Room, account Account, role Role) error {
	if role < NoRole || role > Owner {
		return fieldErrorf(Invalid, "role.unknown", "role", "there is no such role")
	}
	entry := h.act(who, room, ActRole)
	entry.Target, entry.Detail = Author{ID: account.ID, Name: account.Name}, role.String()
	if err := h.store.SetRole(ctx, room.ID, account.ID, role, !who.Admin, entry); err != nil {
		return err
	}
	h.live.RecheckWhom(room.ID, Whom{Person: account.ID})
	_, now, err := h.store.Standing(ctx, account.Identity(), room.Slug, h.now())
	if err != nil || !now.IsSeated() || h.may(ctx, now, Read, room) == nil {
		return err
	}
	if err := h.store.GiveUpSeat(ctx, room.ID, account.ID); err != nil {
		return err
	}
	h.live.Left(room.ID, account.ID)
	return nil
}
