package parlour

import (
	"sync"
	"testing"

	"github.com/alexedwards/argon2id"
)

// HashCount counts the hashes of passwords that are made, by their parameters.
type HashCount struct {
	mu     sync.Mutex
	counts map[argon2id.Params]int // guarded by mu
}

// CountHashes counts from now until the end of the test, which must not be a
// parallel one.
func CountHashes(t *testing.T) *HashCount {
	t.Helper()
	create, compare := createHash, compareHash
	t.Cleanup(func() { createHash, compareHash = create, compare })
	c := &HashCount{counts: make(map[argon2id.Params]int)}
	createHash = func(password string, params *argon2id.Params) (string, error) {
		c.add(*params)
		return create(password, params)
	}
	compareHash = func(password, hash string) (bool, error) {
		params, _, _, err := argon2id.DecodeHash(hash)
		if err != nil {
			t.Errorf("%q is compared with, and no hash: %v", hash, err)
			return false, err
		}
		c.add(*params)
		return compare(password, hash)
	}
	return c
}

func (c *HashCount) add(params argon2id.Params) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[params]++
}

// Take is how many hashes were made since it was called last, all with the
// parameters that new passwords are hashed with; others count as a thousand.
func (c *HashCount) Take() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for params, count := range c.counts {
		if params != *argon2id.DefaultParams {
			count *= 1000
		}
		n += count
	}
	clear(c.counts)
	return n
}
