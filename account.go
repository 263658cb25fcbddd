package parlour

import (
	"context"
	"errors"
)

// MyAccount is the member's own account and where they are signed in.
func (h *House) MyAccount(ctx context.Context, by Identity) (Account, []Login, error) {
	account, err := h.ownAccount(ctx, by)
	if err != nil {
		return account, nil, err
	}
	logins, err := h.store.Logins(ctx, by.ID)
	return account, logins, err
}

func (h *House) ownAccount(ctx context.Context, by Identity) (Account, error) {
	if by.Kind != Member {
		return Account{}, ErrMembersOnly
	}
	return h.store.Account(ctx, by.ID)
}

// ErrMembersOnly sends those away who are not signed in.
var ErrMembersOnly = Errorf(SignedOut, "account.members_only", "sign in first")

// ChangeName gives the member another name, in all rooms and for good.
func (h *House) ChangeName(ctx context.Context, by Identity, typed string) (Identity, error) {
	if by.Kind != Member {
		return by, ErrMembersOnly
	}
	name, err := CleanName(typed)
	if err != nil {
		return by, err
	}
	as := by
	as.Name = name
	if err := h.mayRename(ctx, by, as); err != nil {
		return by, err
	}
	return as, h.rename(ctx, as)
}

// ChangePreferences sets the member's language and zone. The zone is a name of
// the IANA time zone database or empty.
func (h *House) ChangePreferences(ctx context.Context, by Identity, lang, zone string) error {
	if by.Kind != Member {
		return ErrMembersOnly
	}
	zone, err := cleanZone(zone)
	if err != nil {
		return err
	}
	return h.store.ChangePreferences(ctx, by.ID, lang, zone)
}

// ChangePassword sets another password for whoever knows the old one, and ends
// all of the member's other sessions. It answers who acts from then on: the
// session in which it is done needs another token, see BeginSession.
func (h *House) ChangePassword(ctx context.Context, by Identity, old, typed string) (Identity, error) {
	account, err := h.ownAccount(ctx, by)
	if err != nil {
		return by, err
	}
	attempt, err := h.attempts.admit("sign-in "+EmailKey(account.Email), by.Addr, h.now())
	if err != nil {
		return by, err
	}
	ok, err := isPassword(ctx, old, account.PasswordHash)
	if err != nil {
		return by, err
	}
	if !ok {
		return by, errWrongOld
	}
	attempt.succeeded()
	if err := CheckPassword(typed); err != nil {
		return by, err
	}
	hash, err := hashPassword(ctx, typed)
	if err != nil {
		return by, err
	}
	ended, err := h.store.ChangePassword(ctx, by.ID, account.Proof(), hash, by.Session)
	if errors.Is(err, ErrOvertaken) {
		return by, errWrongOld // it is, since a moment ago
	}
	if err != nil {
		return by, err
	}
	for _, session := range ended {
		h.live.SessionEnded(session)
	}
	account.PasswordHash = hash
	return inPlaceOf(by, account), nil
}

var errWrongOld = fieldErrorf(Invalid, "password.wrong", "old", "that is not the password")

// EndSession ends one of the member's sessions; one that is over is no error.
func (h *House) EndSession(ctx context.Context, by Identity, session string) error {
	if by.Kind != Member {
		return ErrMembersOnly
	}
	return h.endSession(ctx, by.ID, session)
}

// EndOtherSessions ends all of the member's sessions but this one.
func (h *House) EndOtherSessions(ctx context.Context, by Identity) error {
	if by.Kind != Member {
		return ErrMembersOnly
	}
	return h.endSessions(ctx, by.ID, by.Session)
}

func (h *House) endSessions(ctx context.Context, person, but string) error {
	ended, err := h.store.EndLogins(ctx, person, but)
	if err != nil {
		return err
	}
	for _, session := range ended {
		h.live.SessionEnded(session)
	}
	return nil
}
