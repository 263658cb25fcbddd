package parlour

import (
	"errors"
	"fmt"
	"time"
)

// ErrKind says what sort of refusal an Error is. Outer layers map it to their
// own terms (an HTTP status, an exit code) in one place.
type ErrKind int

// The kinds of refusal. Internal is the zero value: an error that is not ours
// to explain.
const (
	Internal    ErrKind = iota
	Malformed           // the request cannot be read at all
	Invalid             // it can be read, and the rules refuse what it says
	SignedOut           // nobody is known to act
	Forbidden           // somebody is known and may not
	NotFound            // no such thing, or none that this identity may see
	Conflict            // it clashes with what is there, such as a name in use
	TooLarge            // more bytes than are taken
	TooMany             // too often; RetryAfter says when again
	Gone                // it was there and is not any more
	Unavailable         // the house cannot do it now and may soon
)

var errKindNames = [...]string{
	"internal", "malformed", "invalid", "signed_out", "forbidden", "not_found",
	"conflict", "too_large", "too_many", "gone", "unavailable",
}

func (k ErrKind) String() string { return errKindNames[k] }

// Error is a refusal that a person can act on.
type Error struct {
	Kind ErrKind
	// Code names the reason for translators and programs, such as
	// "name.taken". Every code has its words in each language's catalogue
	// under "error." + Code.
	Code string
	// Field is the form field at fault, or empty.
	Field string
	// Args fill the placeholders of the translated reason.
	Args map[string]any
	// RetryAfter is how long to wait before trying again, with TooMany.
	RetryAfter time.Duration
	// Detail is the reason in English, for logs and for programs.
	Detail string
}

func (e *Error) Error() string { return e.Code + ": " + e.Detail }

// Errorf makes a refusal of a kind, with its code and an English detail.
func Errorf(kind ErrKind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// KindOf is the kind of the first Error in err's chain, else Internal.
func KindOf(err error) ErrKind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// ErrRoomNotFound answers alike for a room that never was and for one that this
// identity may not see.
var ErrRoomNotFound = Errorf(NotFound, "room.not_found", "there is no such room")
