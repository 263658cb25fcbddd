package parlour

import (
	"context"
	"net/netip"
	"strings"
)

// SignIn is the member with this e-mail address and password. It does nothing
// yet: BeginSession does. It is ErrWrongPassword whichever of the two is wrong,
// after the same time, and TooMany for those who try too often.
func (h *House) SignIn(ctx context.Context, by Identity, email, password string) (Identity, error) {
	attempt, err := h.attempts.admit("sign-in "+EmailKey(email), by.Addr, h.now())
	if err != nil {
		return by, err
	}
	account, err := h.store.AccountByEmail(ctx, email)
	if err != nil && KindOf(err) != NotFound {
		return by, err
	}
	isKnown := err == nil && account.DisabledAt.IsZero()
	ok, err := isPassword(ctx, password, account.PasswordHash)
	if err != nil {
		return by, err
	}
	if !ok || !isKnown {
		return by, ErrWrongPassword
	}
	attempt.succeeded()
	return account.Identity(), nil
}

// ErrWrongPassword refuses a sign-in without telling what was wrong.
var ErrWrongPassword = fieldErrorf(Forbidden, "sign_in.refused", "password", "e-mail address and password do not match")

// BeginSession signs a member in, in the session that as.Session names: a new
// one, since a token that somebody knew before must be worth nothing after. was
// is who acted until then: the session ends, and a guest who is not the same
// person leaves the rooms. It is ErrSignedOut when the password was changed since
// as was answered by SignIn or its like.
func (h *House) BeginSession(ctx context.Context, was, as Identity, agent string) error {
	now := h.now()
	login := Login{
		Session: as.Session, Person: as.ID, Address: addrText(was.Addr),
		Agent: clip(agent, MaxAgent), At: now, SeenAt: now, Proof: as.proof,
	}
	if err := h.store.BeginLogin(ctx, login, was.Session); err != nil {
		return err
	}
	if was.Session != "" && was.Known() {
		h.live.SessionEnded(was.Session)
	}
	if was.Kind != Guest || was.ID == as.ID {
		return nil
	}
	rooms, err := h.store.GiveUpSeats(ctx, was.ID)
	if err != nil {
		return err
	}
	for _, room := range rooms {
		h.live.Left(room, was.ID)
	}
	return nil
}

// SignOut ends the session and its streams.
func (h *House) SignOut(ctx context.Context, by Identity) error {
	if by.Kind != Member {
		return nil
	}
	return h.endSession(ctx, by.ID, by.Session)
}

func (h *House) endSession(ctx context.Context, person, session string) error {
	if err := h.store.EndLogin(ctx, person, session); err != nil {
		return err
	}
	h.live.SessionEnded(session)
	return nil
}

// EmailKey is what two e-mail addresses have in common that count as one. By
// RFC 5321 the part before the @ may tell capitals apart; no provider does.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// addrText is an address as people read it, empty when it is not known.
func addrText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.Unmap().String()
}

// clip shortens a text to at most n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return strings.ToValidUTF8(s, "")
	}
	return strings.ToValidUTF8(s[:n], "")
}
