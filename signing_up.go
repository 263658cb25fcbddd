package parlour

import (
	"context"
	"encoding/json"
	"fmt"
)

// SignUp is a form by which somebody becomes a member, as it was typed.
type SignUp struct {
	Email, Password, Name string
	Invite                string // the token of an invitation, or empty
	Lang                  string // for letters
}

// pendingSignUp is a sign-up that waits for its letter to be answered.
type pendingSignUp struct {
	Email, Name, PasswordHash, Person, Zone, Invite string
}

// SignUp makes a member, who keeps ID, seats and time zone of the guest they were. Where
// the house can send mail, a letter has to be answered first (see
// ConfirmSignUp) and confirmed is false: then the answer is the same whether
// or not the e-mail address has an account. Without mail that cannot be hidden:
// it is ErrEmailTaken.
func (h *House) SignUp(ctx context.Context, by Identity, form SignUp) (as Identity, confirmed bool, err error) {
	if err := h.maySignUp(ctx, by, form.Invite); err != nil {
		return by, false, err
	}
	if _, err := h.attempts.admit("sign-up "+EmailKey(form.Email), by.Addr, h.now()); err != nil {
		return by, false, err
	}
	account, err := h.newAccount(ctx, by, form)
	if err != nil {
		return by, false, err
	}
	if h.mailer != nil {
		return by, false, h.askToConfirm(ctx, account, form)
	}
	add := NewAccount{Account: account, Passes: invitation(form.Invite)}
	if err := h.addAccount(ctx, add); err != nil {
		return by, false, err
	}
	return inPlaceOf(by, account), true, nil
}

// maySignUp tells whether the settings let somebody sign up, perhaps with the
// token of an invitation.
func (h *House) maySignUp(ctx context.Context, by Identity, invite string) error {
	if by.Kind == Member {
		return Errorf(Forbidden, "sign_up.member", "you are a member already")
	}
	settings, err := h.Settings(ctx)
	switch {
	case err != nil:
		return err
	case settings.SignUp == SignUpClosed:
		return Errorf(Forbidden, "sign_up.closed", "nobody can sign up here")
	case settings.SignUp == SignUpInvited && invite == "":
		return Errorf(Forbidden, "sign_up.invited_only", "signing up takes an invitation")
	case invite != "":
		_, err = h.store.Pass(ctx, PassInvite, KeyOfPass(invite), h.now())
	}
	return err
}

// MaySignUp tells whether there is any use in showing the form.
func (h *House) MaySignUp(ctx context.Context, by Identity, invite string) error {
	return h.maySignUp(ctx, by, invite)
}

// newAccount is the account of a form, checked and with its password hashed.
func (h *House) newAccount(ctx context.Context, by Identity, form SignUp) (a Account, err error) {
	if a.Email, err = CleanEmail(form.Email); err != nil {
		return a, err
	}
	if a.Name, err = CleanName(form.Name); err != nil {
		return a, err
	}
	if err = CheckPassword(form.Password); err != nil {
		return a, err
	}
	if a.PasswordHash, err = hashPassword(ctx, form.Password); err != nil {
		return a, err
	}
	a.ID = newPersonID()
	if by.Kind == Guest {
		a.ID, a.Zone = by.ID, by.Zone
	}
	return a, nil
}

func (h *House) addAccount(ctx context.Context, add NewAccount) error {
	now := h.now()
	add.CreatedAt, add.SeenAt = now, now
	return h.store.AddAccount(ctx, add, now.Add(-h.nameHold))
}

// invitation is the use of an invitation, or of none.
func invitation(token string) []PassUse {
	if token == "" {
		return nil
	}
	return []PassUse{{Kind: PassInvite, Key: KeyOfPass(token)}}
}

// askToConfirm writes to whoever is to confirm. To the owner of an account it
// writes that there is one. Both take the same steps.
func (h *House) askToConfirm(ctx context.Context, a Account, form SignUp) error {
	letter := Letter{Kind: LetterVerify, To: a.Email, Lang: form.Lang}
	link := Pass{Kind: PassVerify, UsesLeft: 1, ExpiresAt: h.now().Add(verifyFor)}
	_, err := h.store.AccountByEmail(ctx, a.Email)
	switch {
	case err == nil:
		letter.Kind, letter.Path = LetterKnown, "/login"
		link.UsesLeft = 0
	case KindOf(err) != NotFound:
		return err
	}
	payload, err := json.Marshal(pendingSignUp{
		Email: a.Email, Name: a.Name, PasswordHash: a.PasswordHash, Person: a.ID, Zone: a.Zone, Invite: form.Invite,
	})
	if err != nil {
		return fmt.Errorf("sign-up: %w", err)
	}
	link.Payload = string(payload)
	token, err := h.makePass(ctx, link, nil)
	if err != nil {
		return err
	}
	if letter.Kind == LetterVerify {
		letter.Path = "/signup/confirm?token=" + token
	}
	return h.mailer.Send(ctx, letter)
}

// makePass keeps a pass and answers its token. Where an admin made it, act is
// what the log says of that.
func (h *House) makePass(ctx context.Context, pass Pass, act *LogEntry) (token string, err error) {
	token = newPassToken()
	pass.At = h.now()
	_, err = h.store.AddPass(ctx, KeyOfPass(token), pass, act)
	return token, err
}

// PendingSignUp is the name that was chosen by whoever got the letter with this
// token.
func (h *House) PendingSignUp(ctx context.Context, token string) (name string, err error) {
	pending, err := h.pending(ctx, token)
	return pending.Name, err
}

func (h *House) pending(ctx context.Context, token string) (p pendingSignUp, err error) {
	link, err := h.store.Pass(ctx, PassVerify, KeyOfPass(token), h.now())
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(link.Payload), &p); err != nil {
		return p, fmt.Errorf("pending sign-up: %w", err)
	}
	return p, nil
}

// ConfirmSignUp completes a sign-up whose letter arrived. It asks for the
// password again: a stranger may have signed up with somebody else's address,
// and the owner, who follows the link, must not confirm the stranger's
// password. The name can be another, should the first be taken meanwhile.
func (h *House) ConfirmSignUp(ctx context.Context, by Identity, token, password, typedName string) (Identity, error) {
	attempt, err := h.attempts.admit("confirm "+token, by.Addr, h.now())
	if err != nil {
		return by, err
	}
	pending, err := h.pending(ctx, token)
	if err != nil {
		return by, err
	}
	name, err := CleanName(typedName)
	if err != nil {
		return by, err
	}
	ok, err := isPassword(ctx, password, pending.PasswordHash)
	if err != nil {
		return by, err
	}
	if !ok {
		return by, fieldErrorf(Forbidden, "password.wrong", "password", "that is not the password")
	}
	attempt.succeeded()
	account := Account{
		ID: pending.Person, Email: pending.Email, EmailVerified: true, Name: name, PasswordHash: pending.PasswordHash,
		Zone: pending.Zone,
	}
	if _, err := h.store.Account(ctx, account.ID); err == nil {
		account.ID = newPersonID() // the guest has signed up twice
	}
	add := NewAccount{
		Account: account,
		Passes:  append(invitation(pending.Invite), PassUse{Kind: PassVerify, Key: KeyOfPass(token)}),
	}
	if err := h.addAccount(ctx, add); err != nil {
		return by, err
	}
	return inPlaceOf(by, account), nil
}

// inPlaceOf is who acts once they have become a member.
func inPlaceOf(by Identity, a Account) Identity {
	as := a.Identity()
	as.Addr, as.Session = by.Addr, by.Session
	return as
}
