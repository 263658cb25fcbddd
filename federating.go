package parlour

import (
	"context"
	"strconv"
	"unicode/utf8"
)

// Claims are what an OpenID provider says of somebody who has just signed in
// there, after its signature was checked.
type Claims struct {
	Federation
	Email         string
	EmailVerified bool
	Name          string
}

// SignInElsewhere is the member whom a provider knows. Somebody whom it names
// for the first time is the member with the same e-mail address if both sides
// have verified it, or becomes a member if the settings let them.
func (h *House) SignInElsewhere(ctx context.Context, by Identity, claims Claims) (Identity, error) {
	account, err := h.store.AccountByFederation(ctx, claims.Federation)
	if err == nil && !account.DisabledAt.IsZero() {
		return by, ErrDisabled
	}
	if err == nil || KindOf(err) != NotFound {
		return inPlaceOf(by, account), err
	}
	email, err := CleanEmail(claims.Email)
	if err != nil || !claims.EmailVerified {
		return by, Errorf(Forbidden, "oidc.unverified", "the provider has not verified your e-mail address")
	}
	account, err = h.store.AccountByEmail(ctx, email)
	if KindOf(err) == NotFound {
		return h.joinFromElsewhere(ctx, by, email, claims)
	}
	if err != nil {
		return by, err
	}
	if !account.DisabledAt.IsZero() {
		return by, ErrDisabled
	}
	// Somebody may have signed up here with an address that is not theirs, and
	// would share the account with its owner from now on.
	if !account.EmailVerified {
		return by, Errorf(Conflict, "oidc.known", "there is an account with your e-mail address, sign in with its password and connect it")
	}
	return inPlaceOf(by, account), h.store.Federate(ctx, account.ID, claims.Federation)
}

// ErrDisabled refuses members whose account was disabled.
var ErrDisabled = Errorf(Forbidden, "account.disabled", "this account is disabled")

// ErrFederated refuses to connect an account elsewhere that is connected to
// another member.
var ErrFederated = Errorf(Conflict, "oidc.taken", "that account is connected to another member")

// Connect lets the member sign in by an account elsewhere from now on.
func (h *House) Connect(ctx context.Context, by Identity, claims Claims) error {
	if by.Kind != Member {
		return ErrMembersOnly
	}
	return h.store.Federate(ctx, by.ID, claims.Federation)
}

// joinFromElsewhere makes a member without a password, under the name that the
// provider gives or one like it.
func (h *House) joinFromElsewhere(ctx context.Context, by Identity, email string, claims Claims) (Identity, error) {
	if err := h.maySignUp(ctx, by, ""); err != nil {
		return by, err
	}
	account := Account{ID: newPersonID(), Email: email, EmailVerified: true}
	wanted := claims.Name
	if by.Kind == Guest {
		account.ID, account.Zone, wanted = by.ID, by.Zone, by.Name
	}
	name, err := CleanName(wanted)
	if err != nil {
		name = "member"
	}
	for n := 1; ; n++ {
		account.Name = numbered(name, n)
		err := h.addAccount(ctx, NewAccount{Account: account, Federation: claims.Federation})
		if err == nil {
			return inPlaceOf(by, account), nil
		}
		if KindOf(err) != Conflict || n == mostNumbered {
			return by, err
		}
	}
}

// mostNumbered is how many names are tried for somebody who comes from
// elsewhere, where names need not be unique.
const mostNumbered = 50

// numbered is a name with a number behind it, but for 1.
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	number := " " + strconv.Itoa(n)
	for utf8.RuneCountInString(name)+len(number) > MaxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name + number
}
