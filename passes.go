package parlour

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// PassKind says what a link does.
type PassKind string

// The kinds of link.
const (
	PassSetup  PassKind = "setup"  // makes an admin
	PassReset  PassKind = "reset"  // sets another password
	PassVerify PassKind = "verify" // completes a sign-up
	PassInvite PassKind = "invite" // lets somebody in
)

// How long the links last that are sent or shown to one person.
const (
	setupFor  = 24 * time.Hour
	resetFor  = time.Hour
	verifyFor = 24 * time.Hour
)

// Pass is a link, an address that works once or a few times for whoever knows its
// token. The token itself is shown when it is made and kept nowhere.
type Pass struct {
	ID        int64
	Kind      PassKind
	Person    string // whom it is for; empty: whoever has it
	Room      int64  // where an invitation leads; 0 is the house
	Role      Role   // which it gives there
	Note      string // what its maker wrote on it
	Payload   string // JSON, what it completes
	UsesLeft  int
	By        Author
	At        time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero: not revoked
}

// Works tells whether the pass can be used at a time.
func (p Pass) Works(now time.Time) bool {
	return p.UsesLeft > 0 && p.RevokedAt.IsZero() && now.Before(p.ExpiresAt)
}

// WasMailed tells whether the link went to the e-mail address of its person.
func (p Pass) WasMailed() bool { return p.Payload == byMail }

// PassKey is what the store knows a pass by: the digest of its token.
type PassKey []byte

// KeyOfPass is the key of a token as it was found in an address.
func KeyOfPass(token string) PassKey {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// newPassToken makes a token of 130 random bits.
func newPassToken() string { return rand.Text() }

// PassStore keeps passes.
type PassStore interface {
	// AddPass adds a pass, and the act of an admin that it is, if any.
	AddPass(ctx context.Context, key PassKey, pass Pass, act *LogEntry) (Pass, error)
	// Pass is the pass of that kind and key if it works, else ErrPassGone.
	Pass(ctx context.Context, kind PassKind, key PassKey, now time.Time) (Pass, error)
	// UsePass is the same at the time of a line of the log, which is kept, and takes
	// one of its uses; of those who come for the last one at the same time, one
	// gets it.
	UsePass(ctx context.Context, kind PassKind, key PassKey, entry LogEntry) (Pass, error)
	// Passes are those of a kind and room (0: of the house), the newest first,
	// also those that work no more.
	Passes(ctx context.Context, kind PassKind, room int64) ([]Pass, error)
	// ResetPassword uses up a PassReset: its member gets the password, and all
	// of the member's logins end. Those sessions come back.
	ResetPassword(ctx context.Context, key PassKey, hash string, now time.Time) (a Account, ended []string, err error)
}

// ErrPassGone refuses a link that was used up, revoked, has expired, or never
// was.
var ErrPassGone = Errorf(Gone, "pass.gone", "this link does not work any more")
