package parlour

import (
	"context"
	"net/mail"
	"strings"
)

// maxEmail is how many bytes an address may have (RFC 5321 §4.5.3.1.3).
const maxEmail = 254

// CleanEmail makes an e-mail address out of what was typed: a plain address
// without a name. Whether anybody reads its mail only mail can tell.
func CleanEmail(typed string) (string, error) {
	email := strings.TrimSpace(typed)
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > maxEmail || !strings.Contains(email, "@") ||
		strings.ContainsAny(email, "\r\n\"<> ") {
		return "", fieldErrorf(Invalid, "email.malformed", "email", "that is no e-mail address")
	}
	return email, nil
}

// LetterKind says what a letter is about.
type LetterKind string

// The kinds of letter.
const (
	LetterVerify LetterKind = "verify" // complete your sign-up
	LetterKnown  LetterKind = "known"  // you have an account already
	LetterReset  LetterKind = "reset"  // choose another password
)

// Letter is what the house writes to somebody.
type Letter struct {
	Kind LetterKind
	To   string // e-mail address
	Lang string
	// Path is where the letter leads, below the house's own address.
	Path string
}

// Mailer sends letters. It takes a letter and answers at once, so that the time
// does not tell what was sent; Unavailable when it cannot take any.
type Mailer interface {
	Send(ctx context.Context, letter Letter) error
}
