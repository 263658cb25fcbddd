// Package cluster runs three servers of one house, with a real PostgreSQL and a
// real NATS, and people who talk all the while, and breaks one thing after the
// other. It knows of the program what can be seen from outside.
package cluster

import (
	"os"
	"testing"
	"time"

	"parlour/e2e/process"
)

func TestMain(m *testing.M) {
	code := m.Run()
	process.Remove()
	os.Exit(code)
}

// patience is how long anything may take before a test calls it broken: far
// longer than it does take, because the machines that run tests are shared.
const patience = time.Minute

// isSoon tells whether something becomes true before patience is over.
func isSoon(isSo func() bool) bool {
	for deadline := time.Now().Add(patience); !isSo(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// until waits for something to become true. What it was waiting for is told
// when it does not.
func until(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	if !isSoon(isSo) {
		t.Fatalf("waited %v in vain: %s", patience, what)
	}
}
