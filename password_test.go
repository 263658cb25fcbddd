package parlour

import (
	"context"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestPasswordHasALength(t *testing.T) {
	for typed, want := range map[string]string{
		strings.Repeat("x", 9): "password.too_short", strings.Repeat("ü", 10): "", strings.Repeat("ü", 200): "",
		strings.Repeat("x", 201): "password.too_long", "valid but \xff not": "password.encoding",
	} {
		got := ""
		if err, ok := CheckPassword(typed).(*Error); ok {
			got = err.Code
		}
		if got != want {
			t.Errorf("%.20q…: %q, want %q", typed, got, want)
		}
	}
}

func TestHashTellsThePasswordFromOthers(t *testing.T) {
	hash, err := hashPassword(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$") {
		t.Fatalf("hash is %q, %v", hash, err)
	}
	for _, c := range []struct {
		password, hash string
		want           bool
	}{
		{"correct horse", hash, true}, {"correct horsf", hash, false}, {"", hash, false},
		{"correct horse", "", false}, {"", "", false}, {strings.Repeat("x", MaxPassword+1), "", false},
	} {
		if got, err := isPassword(t.Context(), c.password, c.hash); err != nil || got != c.want {
			t.Errorf("%.20q against %.12q…: %v, %v", c.password, c.hash, got, err)
		}
	}
}

func TestOnlySoManyHashesAreMadeAtOnce(t *testing.T) {
	var turns []func()
	for range cap(hashing) {
		done, err := hashTurn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		turns = append(turns, done)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	waited := make(chan error, cap(hashesWaiting))
	for range cap(hashesWaiting) {
		go func() {
			_, err := hashTurn(ctx)
			waited <- err
		}()
	}
	for deadline := time.Now().Add(10 * time.Second); len(hashesWaiting) < cap(hashesWaiting); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d wait", len(hashesWaiting))
		}
	}
	if _, err := hashTurn(t.Context()); KindOf(err) != Unavailable {
		t.Errorf("one too many is answered %v", err)
	}
	cancel()
	for range cap(hashesWaiting) {
		if err := <-waited; err == nil {
			t.Error("a turn was given while none was free")
		}
	}
	for _, done := range turns {
		done()
	}
	done, err := hashTurn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done()
}

func TestGuessesAreCountedByTargetAndByOrigin(t *testing.T) {
	a, now := newAttempts(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	home, far := netip.MustParseAddr("2001:db8:1:1::1"), netip.MustParseAddr("192.0.2.1")
	for n := range targetBurst {
		if _, err := a.admit("ana", home, now); err != nil {
			t.Fatalf("attempt %d: %v", n, err)
		}
	}
	_, err := a.admit("ana", far, now)
	if refused, ok := err.(*Error); !ok || refused.Kind != TooMany || refused.RetryAfter <= 0 || refused.RetryAfter > time.Minute {
		t.Fatalf("one too many is answered %v", err)
	}
	if _, err := a.admit("ana", far, now.Add(err.(*Error).RetryAfter)); err != nil {
		t.Errorf("after the wait it is answered %v", err)
	}
	for n := range originBurst - targetBurst {
		if _, err := a.admit(string(rune('A'+n)), netip.MustParseAddr("2001:db8:1:1::2"), now); err != nil {
			t.Fatalf("target %d: %v", n, err)
		}
	}
	if _, err := a.admit("zoe", netip.MustParseAddr("2001:db8:1:1:f::3"), now); KindOf(err) != TooMany {
		t.Errorf("the same household goes on guessing: %v", err)
	}
	if _, err := a.admit("zoe", far, now); err != nil {
		t.Errorf("another one is kept out: %v", err)
	}
}

func TestWhoKnowsDoesNotUseUpAttempts(t *testing.T) {
	a, now := newAttempts(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range 5 * originBurst {
		known, err := a.admit("ana", netip.MustParseAddr("192.0.2.1"), now)
		if err != nil {
			t.Fatalf("attempt %d: %v", n, err)
		}
		known.succeeded()
	}
}

func TestNumberedNamesStayShort(t *testing.T) {
	long := strings.Repeat("ü", MaxName)
	for _, c := range []struct {
		name string
		n    int
		want string
	}{
		{"Ana", 1, "Ana"}, {"Ana", 2, "Ana 2"}, {long, 12, strings.Repeat("ü", MaxName-3) + " 12"},
	} {
		if got := numbered(c.name, c.n); got != c.want {
			t.Errorf("%q, %d is %q", c.name, c.n, got)
		}
	}
}
