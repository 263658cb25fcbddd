package parlour

import (
	"context"
	"runtime"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// How many characters a password may have. The upper end keeps hashing from
// being given a book to read.
const (
	MinPassword = 10
	MaxPassword = 200
)

// CheckPassword tells whether a text can be a member's password.
func CheckPassword(typed string) error {
	n := utf8.RuneCountInString(typed)
	switch {
	case !utf8.ValidString(typed):
		return fieldErrorf(Invalid, "password.encoding", "password", "the password is not valid UTF-8")
	case n < MinPassword:
		err := fieldErrorf(Invalid, "password.too_short", "password", "the password is too short")
		err.Args = map[string]any{"Min": MinPassword}
		return err
	case n > MaxPassword:
		err := fieldErrorf(Invalid, "password.too_long", "password", "the password is too long")
		err.Args = map[string]any{"Max": MaxPassword}
		return err
	}
	return nil
}

// hashing has a place for each hash that is being made. One takes 64 MiB, so
// that a crowd that signs in would take all memory there is.
var hashing = make(chan struct{}, min(max(2, runtime.GOMAXPROCS(0)), 8))

// hashesWaiting has a place for each that waits; those who find none are told
// to come back.
var hashesWaiting = make(chan struct{}, 64)

var errHashing = Errorf(Unavailable, "password.busy", "too many passwords are being checked at once")

// hashTurn waits for a place at hashing; done gives it back.
func hashTurn(ctx context.Context) (done func(), err error) {
	select {
	case hashesWaiting <- struct{}{}:
		defer func() { <-hashesWaiting }()
	default:
		return nil, errHashing
	}
	select {
	case hashing <- struct{}{}:
		return func() { <-hashing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// createHash and compareHash are the library's. Tests count what is made by them.
var createHash, compareHash = argon2id.CreateHash, argon2id.ComparePasswordAndHash

// hashPassword makes the Argon2id hash of a password, with its parameters and
// salt, in PHC string format.
func hashPassword(ctx context.Context, password string) (string, error) {
	done, err := hashTurn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return createHash(password, argon2id.DefaultParams)
}

// isPassword tells whether a password is the one that was hashed. It takes as
// long for a wrong one, and for an empty hash, which no password has.
func isPassword(ctx context.Context, password, hash string) (bool, error) {
	done, err := hashTurn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	if utf8.RuneCountInString(password) > MaxPassword {
		password = "" // wrong, and not to be hashed at length
	}
	nobodys := nobodysHash() // for everybody: the first time it takes long to make
	if hash == "" {
		_, _ = compareHash(password, nobodys)
		return false, nil
	}
	return compareHash(password, hash)
}

// nobodysHash is compared with where there is no hash, so that the time taken
// does not tell.
var nobodysHash = sync.OnceValue(func() string {
	hash, err := createHash("", argon2id.DefaultParams)
	if err != nil { // the parameters are the library's, and rand.Read never fails
		panic(err)
	}
	return hash
})
