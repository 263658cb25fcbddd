// Package e2e drives the real program, built and started as an operator would
// start it, with real browsers: Chromium, Firefox, and w3m and lynx for those who live
// in a terminal. It knows of the program only what can be seen from outside:
// addresses, pages, logs. The one exception is what nobody can do from outside
// yet, such as editing a message; that is done in the store while the program
// is down.
package e2e

import (
	"os"
	"testing"
	"time"

	"parlour/e2e/process"
)

func TestMain(m *testing.M) {
	code := m.Run()
	closeBrowser()
	process.Remove()
	os.Exit(code)
}

// missing leaves a test out that cannot run on this machine, and says why.
// Where everything must be tested (PARLOUR_REQUIRE_ALL) it fails instead, so
// that nobody takes a test that did not run for one that passed.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("PARLOUR_REQUIRE_ALL") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// patience is how long anything may take before a test calls it broken. It is
// far longer than what is measured, because the machines that run tests are
// shared and the race detector is slow.
const patience = time.Minute

// until waits for something to become true. What it was waiting for is told
// when it does not.
func until(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if isSo() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
