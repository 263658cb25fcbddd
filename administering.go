package parlour

import (
	"context"
	"time"
)

// AccountsAtOnce is how many accounts a page of them shows.
const AccountsAtOnce = 50

// Accounts are the members whose name or e-mail has the text in it, by name,
// after a name. Only admins may.
func (h *House) Accounts(ctx context.Context, by Identity, search, afterName string) ([]Account, error) {
	if err := h.mustRun(by); err != nil {
		return nil, err
	}
	return h.store.Accounts(ctx, search, afterName, AccountsAtOnce)
}

// SetAdmin makes a member an admin, or one no longer. Nobody does it to
// themselves, so one admin always stays. The member has to sign in again: no
// token that was there before is one of an admin.
func (h *House) SetAdmin(ctx context.Context, by Identity, person string, admin bool) error {
	err := h.changeMember(ctx, by, person, func(a *Account) Act {
		a.Admin = admin
		if admin {
			return ActMakeAdmin
		}
		return ActUnmakeAdmin
	})
	if err != nil {
		return err
	}
	return h.endSessions(ctx, person, "")
}

// SetDisabled keeps a member from signing in, at once and everywhere, or lets
// them in again. Name and messages stay theirs.
func (h *House) SetDisabled(ctx context.Context, by Identity, person string, disabled bool) error {
	err := h.changeMember(ctx, by, person, func(a *Account) Act {
		if disabled {
			a.DisabledAt = h.now()
			return ActDisable
		}
		a.DisabledAt = time.Time{}
		return ActEnable
	})
	if err != nil || !disabled {
		return err
	}
	return h.endSessions(ctx, person, "")
}

// The acts of admins upon members, as the moderation log names them.
const (
	ActMakeAdmin   Act = "admin.add"
	ActUnmakeAdmin Act = "admin.remove"
	ActDisable     Act = "member.disable"
	ActEnable      Act = "member.enable"
	ActResetLink   Act = "member.reset" // made a link that sets another password
)

func (h *House) changeMember(ctx context.Context, by Identity, person string, change func(*Account) Act) error {
	if err := h.mustRun(by); err != nil {
		return err
	}
	if person == by.ID {
		return Errorf(Forbidden, "account.own", "you cannot do that to yourself")
	}
	account, err := h.store.Account(ctx, person)
	if err != nil {
		return err
	}
	act := h.act(Standing{Identity: by}, Room{}, change(&account))
	act.Target = Author{ID: account.ID, Name: account.Name}
	if err := h.store.ChangeMember(ctx, account, act); err != nil {
		return err
	}
	h.live.RecheckWhom(0, Whom{Person: person})
	return nil
}

// Account is one member. Only admins may.
func (h *House) Account(ctx context.Context, by Identity, person string) (Account, error) {
	if err := h.mustRun(by); err != nil {
		return Account{}, err
	}
	return h.store.Account(ctx, person)
}
