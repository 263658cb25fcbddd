package parlour

import (
	"github.com/alexedwards/argon2id"
)

// hashPassword makes the Argon2id hash of a password, with its parameters and
// salt, in PHC string format.
func hashPassword(password string) (string, error) {
	return argon2id.CreateHash(password, argon2id.DefaultParams)
}

// matches tells whether a password is the one that was hashed. It takes as long
// for a wrong one.
func matches(password, hash string) bool {
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return err == nil && ok
}
