package parlour

import (
	"context"
	"encoding/json"
	"fmt"
)

// invitedAdmin is whom a set-up link is for, when it is for one person.
type invitedAdmin struct{ Email string }

// SetUpLink makes the path of a link by which the first admin signs up. It is
// empty when the house has one.
func (h *House) SetUpLink(ctx context.Context) (path string, err error) {
	n, err := h.store.CountAdmins(ctx)
	if err != nil || n > 0 {
		return "", err
	}
	return h.setUpLink(ctx, "")
}

func (h *House) setUpLink(ctx context.Context, email string) (string, error) {
	link := Pass{Kind: PassSetup, UsesLeft: 1, ExpiresAt: h.now().Add(setupFor)}
	if email != "" {
		payload, err := json.Marshal(invitedAdmin{Email: email})
		if err != nil {
			return "", fmt.Errorf("set-up link: %w", err)
		}
		link.Payload = string(payload)
	}
	token, err := h.makePass(ctx, link, nil)
	return "/setup?token=" + token, err
}

// AddAdmin makes an admin of the member with this e-mail address. When there is
// none it makes the path of a link by which they sign up as one. It is for
// whoever has the database in their hands: nobody else may call it.
func (h *House) AddAdmin(ctx context.Context, typedEmail string) (path string, err error) {
	email, err := CleanEmail(typedEmail)
	if err != nil {
		return "", err
	}
	account, err := h.store.AccountByEmail(ctx, email)
	if KindOf(err) == NotFound {
		return h.setUpLink(ctx, email)
	}
	if err != nil {
		return "", err
	}
	account.Admin = true
	if err := h.store.ChangeAccount(ctx, account); err != nil {
		return "", err
	}
	return "", h.endSessions(ctx, account.ID, "") // as in SetAdmin
}

// MaySetUp tells whether a set-up link works, and for which e-mail address it
// is; empty: any.
func (h *House) MaySetUp(ctx context.Context, token string) (email string, err error) {
	link, err := h.store.Pass(ctx, PassSetup, KeyOfPass(token), h.now())
	if err != nil {
		return "", err
	}
	var invited invitedAdmin
	if link.Payload != "" {
		if err := json.Unmarshal([]byte(link.Payload), &invited); err != nil {
			return "", fmt.Errorf("set-up link: %w", err)
		}
	}
	return invited.Email, nil
}

// SetUp signs an admin up by a set-up link. A link that names nobody works only
// for the first admin.
func (h *House) SetUp(ctx context.Context, by Identity, token string, form SignUp) (Identity, error) {
	if _, err := h.attempts.admit("link "+token, by.Addr, h.now()); err != nil {
		return by, err
	}
	email, err := h.MaySetUp(ctx, token)
	if err != nil {
		return by, err
	}
	if by.Kind == Member {
		return by, Errorf(Forbidden, "sign_up.member", "you are a member already, sign out first")
	}
	if email != "" {
		form.Email = email
	}
	account, err := h.newAccount(ctx, by, form)
	if err != nil {
		return by, err
	}
	account.Admin = true
	err = h.addAccount(ctx, NewAccount{
		Account: account, FirstAdmin: email == "",
		Passes: []PassUse{{Kind: PassSetup, Key: KeyOfPass(token)}},
	})
	if err != nil {
		return by, err
	}
	return inPlaceOf(by, account), nil
}
