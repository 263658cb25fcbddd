package parlour

import "context"

// CanSendMail tells whether the house writes letters.
func (h *House) CanSendMail() bool { return h.mailer != nil }

// ForgetPassword writes to a member who wants to choose another password. The
// answer, and the time it takes, are the same when there is no such member. In
// a house that cannot send mail it is ErrNoMail: an admin makes the link.
func (h *House) ForgetPassword(ctx context.Context, by Identity, typedEmail, lang string) error {
	if h.mailer == nil {
		return ErrNoMail
	}
	email, err := CleanEmail(typedEmail)
	if err != nil {
		return err
	}
	if _, err := h.attempts.admit("reset "+EmailKey(email), by.Addr, h.now()); err != nil {
		return err
	}
	account, err := h.store.AccountByEmail(ctx, email)
	if err != nil && KindOf(err) != NotFound {
		return err
	}
	isKnown := err == nil && account.DisabledAt.IsZero()
	link := Pass{Kind: PassReset, Person: account.ID, ExpiresAt: h.now().Add(resetFor), Payload: byMail}
	if isKnown {
		link.UsesLeft = 1
	}
	token, err := h.makePass(ctx, link, nil)
	if err != nil || !isKnown {
		return err
	}
	return h.mailer.Send(ctx, Letter{Kind: LetterReset, To: account.Email, Lang: lang, Path: resetPath(token)})
}

// byMail marks a link that went to the address of its account: whoever uses it
// reads that address's mail.
const byMail = `{"mailed":true}`

func resetPath(token string) string { return "/reset?token=" + token }

// ErrNoMail says that the house cannot send letters.
var ErrNoMail = Errorf(Unavailable, "mail.none", "this house cannot send mail, ask whoever runs it for a link")

// MayReset tells whether a reset link works.
func (h *House) MayReset(ctx context.Context, token string) error {
	_, err := h.store.Pass(ctx, PassReset, KeyOfPass(token), h.now())
	return err
}

// ResetPassword sets another password by a link, which works once. All sessions
// of the member end. It answers who that is.
func (h *House) ResetPassword(ctx context.Context, by Identity, token, typed string) (Identity, error) {
	if _, err := h.attempts.admit("link "+token, by.Addr, h.now()); err != nil {
		return by, err
	}
	if err := h.MayReset(ctx, token); err != nil {
		return by, err
	}
	if err := CheckPassword(typed); err != nil {
		return by, err
	}
	hash, err := hashPassword(ctx, typed)
	if err != nil {
		return by, err
	}
	account, ended, err := h.store.ResetPassword(ctx, KeyOfPass(token), hash, h.now())
	if err != nil {
		return by, err
	}
	for _, session := range ended {
		h.live.SessionEnded(session)
	}
	return inPlaceOf(by, account), nil
}

// ResetLink makes the path of a reset link for a member. Only admins may.
func (h *House) ResetLink(ctx context.Context, by Identity, person string) (path string, err error) {
	if err := h.mustRun(by); err != nil {
		return "", err
	}
	account, err := h.store.Account(ctx, person)
	if err != nil {
		return "", err
	}
	act := h.act(Standing{Identity: by}, Room{}, ActResetLink)
	act.Target = Author{ID: account.ID, Name: account.Name}
	token, err := h.makePass(ctx, Pass{
		Kind: PassReset, Person: account.ID, UsesLeft: 1, ExpiresAt: h.now().Add(setupFor), By: act.By,
	}, &act)
	return resetPath(token), err
}
