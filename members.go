package parlour

import (
	"context"
	"time"
)

// Account is what the house knows of a member.
type Account struct {
	ID            string // Identity.ID
	Email         string // as it was typed
	EmailVerified bool   // somebody who reads its mail has said so
	Name          string
	PasswordHash  string // empty: none, the member signs in elsewhere
	Admin         bool
	Lang          string // code of a language, or empty: the browser's
	Zone          string // such as "Europe/Berlin", or empty: the house's
	CreatedAt     time.Time
	SeenAt        time.Time // about when, UTC
	DisabledAt    time.Time // zero: not disabled
}

// Identity is the member as who acts, without address and session.
func (a Account) Identity() Identity {
	return Identity{Kind: Member, ID: a.ID, Name: a.Name, Admin: a.Admin, Lang: a.Lang, Zone: a.Zone, proof: a.Proof()}
}

// Proof tells whether the password is the same as before, and nothing else: it is
// another one after each change.
func (a Account) Proof() string { return digest(a.PasswordHash) }

// Login is a session in which a member is signed in.
type Login struct {
	Session string // Identity.Session
	Person  string
	Address string // where it was last seen
	Agent   string // what the browser calls itself
	At      time.Time
	SeenAt  time.Time
	// Proof is the Account.Proof of when it was checked who signs in. It is asked
	// when the login begins, and not kept.
	Proof string
}

// MaxAgent is how many bytes of a browser's name are kept.
const MaxAgent = 200

// MemberStore keeps the people who have an account. What is not there is
// ErrNoAccount. Methods that take a name answer ErrNameReserved when another
// member has it, ErrNameTaken when somebody holds it in a room (see TakeSeat).
type MemberStore interface {
	Account(ctx context.Context, person string) (Account, error)
	AccountByEmail(ctx context.Context, email string) (Account, error)
	AccountByFederation(ctx context.Context, f Federation) (Account, error)
	// Accounts are those whose name or e-mail has the text in it, by name,
	// after a name.
	Accounts(ctx context.Context, search, afterName string, limit int) ([]Account, error)
	CountAdmins(ctx context.Context) (int, error)
	// AddAccount adds an account, or ErrEmailTaken. Seats that the person has
	// are theirs as a member from then on, under the new name.
	AddAccount(ctx context.Context, add NewAccount, staleBefore time.Time) error
	// ChangeAccount stores an account's language, zone, and whether it is an
	// admin's or disabled. Names go by Rename, passwords by ChangePassword.
	ChangeAccount(ctx context.Context, a Account) error
	// ChangeMember is the same as an act of an admin, which is logged with it.
	ChangeMember(ctx context.Context, a Account, act LogEntry) error
	// ChangePreferences stores nothing but language and zone, so that it undoes
	// nothing that an admin does meanwhile.
	ChangePreferences(ctx context.Context, person, lang, zone string) error
	// ChangePassword stores the hash of another password in place of the one with
	// this proof, and ends all logins of the person but one, as EndLogins does. It
	// is ErrOvertaken when the password was changed meanwhile.
	ChangePassword(ctx context.Context, person, proof, hash, but string) (ended []string, err error)
	Federate(ctx context.Context, person string, f Federation) error

	// Login is a session's login and its member, unless that is disabled.
	Login(ctx context.Context, session string) (Login, Account, error)
	// BeginLogin stores a login, and ends the one that it follows (empty: none). It
	// is ErrSignedOut when the password was changed or the account disabled since
	// login.Proof: whoever did it has ended the logins that there were.
	BeginLogin(ctx context.Context, login Login, after string) error
	// SeeLogin notes when and where a login was last seen.
	SeeLogin(ctx context.Context, session, address string, at time.Time) error
	// Logins are a member's, the last seen first.
	Logins(ctx context.Context, person string) ([]Login, error)
	// EndLogin ends one of the person's logins together with its session.
	EndLogin(ctx context.Context, person, session string) error
	// EndLogins ends all of the person's but one (empty: all) and tells which.
	EndLogins(ctx context.Context, person, but string) (ended []string, err error)
	// GiveUpSeats frees all seats of a person and tells in which rooms.
	GiveUpSeats(ctx context.Context, person string) (rooms []int64, err error)
}

// NewAccount is an account on its way into the store.
type NewAccount struct {
	Account
	Passes     []PassUse  // that are used by it: all of them, or it is not added
	Federation Federation // an account elsewhere that is the same person; zero: none
	// FirstAdmin adds the account only while the house has no admin, else
	// ErrSetUp.
	FirstAdmin bool
}

// PassUse is one use of a link. An invitation gives its role.
type PassUse struct {
	Kind PassKind
	Key  PassKey
}

// Federation names an account elsewhere, as OpenID Connect does.
type Federation struct{ Issuer, Subject string }

// Errors about accounts.
var (
	ErrNoAccount  = Errorf(NotFound, "account.not_found", "there is no such account")
	ErrEmailTaken = fieldErrorf(Conflict, "email.taken", "email", "there is an account with that e-mail address")
	ErrSetUp      = Errorf(Gone, "setup.done", "the house has an admin already")
	// ErrSignedOut refuses those whose session is not good any more.
	ErrSignedOut = Errorf(SignedOut, "session.ended", "the session has ended, sign in again")
	// ErrNameReserved refuses a name that a member has.
	ErrNameReserved = fieldErrorf(Conflict, "name.reserved", "name", "a member has that name")
)

func fieldErrorf(kind ErrKind, code, field, detail string) *Error {
	err := Errorf(kind, code, "%s", detail)
	err.Field = field
	return err
}

// Recognise is the identity as it is now, from what a session remembers of it,
// and notes now and then that a member was seen. It is ErrSignedOut when the
// session is not good any more: a member's login was ended, or a guest's name
// has become a member's account since.
func (h *House) Recognise(ctx context.Context, by Identity) (Identity, error) {
	as, seenAt, err := h.recall(ctx, by)
	if err != nil || as.Kind != Member {
		return as, err
	}
	if now := h.now(); now.Sub(seenAt) >= seenEvery {
		// Whether it could be noted is no reason to keep anybody out.
		_ = h.store.SeeLogin(ctx, as.Session, addrText(as.Addr), now)
	}
	return as, nil
}

// seenEvery is how often it is noted at most that a member was seen.
const seenEvery = time.Minute

// current is the identity as it is now; nobody counts as seen by it, since
// streams ask here too.
func (h *House) current(ctx context.Context, by Identity) (Identity, error) {
	as, _, err := h.recall(ctx, by)
	return as, err
}

func (h *House) recall(ctx context.Context, by Identity) (as Identity, seenAt time.Time, err error) {
	nobody := Identity{Addr: by.Addr, Session: by.Session}
	switch by.Kind {
	case Member:
		login, account, err := h.store.Login(ctx, by.Session)
		if KindOf(err) == NotFound || err == nil && account.ID != by.ID {
			return nobody, seenAt, ErrSignedOut
		}
		if err != nil {
			return nobody, seenAt, err
		}
		as := account.Identity()
		as.Addr, as.Session = by.Addr, by.Session
		return as, login.SeenAt, nil
	case Guest:
		// Whoever signs up keeps the ID. Were a session left in which they are
		// a guest still, it could act as the member.
		_, err := h.store.Account(ctx, by.ID)
		if err == nil {
			return nobody, seenAt, ErrSignedOut
		}
		if KindOf(err) != NotFound {
			return nobody, seenAt, err
		}
	}
	return by, seenAt, nil
}
