package parlour_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parlour"
)

// letters is a post office that takes every letter.
type letters struct{}

func (letters) Send(context.Context, parlour.Letter) error { return nil }

// TestSigningInTakesTheSameWorkForAll counts hashes, which are what takes the
// time: how long a refusal takes must not tell whether there is an account.
func TestSigningInTakesTheSameWorkForAll(t *testing.T) {
	const right, wrong = "correct horse battery", "wrong horse battery"
	h, ctx := open(t, parlour.Rules{Limits: true}), t.Context()
	addr := netip.MustParseAddr("192.0.2.0")
	visitor := func() parlour.Identity { // nobody is refused for where they come from
		addr = addr.Next()
		return parlour.Identity{Addr: addr}
	}
	for _, name := range []string{"Ana", "Bea", "Dora"} {
		_, _, err := h.SignUp(ctx, visitor(), parlour.SignUp{Email: name + "@example.org", Password: right, Name: name})
		if err != nil {
			t.Fatal(err)
		}
	}
	bea, err := h.store.AccountByEmail(ctx, "bea@example.org")
	if err != nil {
		t.Fatal(err)
	}
	bea.DisabledAt = time.Now()
	if err := h.store.ChangeAccount(ctx, bea); err != nil {
		t.Fatal(err)
	}
	_, err = h.SignInElsewhere(ctx, visitor(), parlour.Claims{
		Federation: parlour.Federation{Issuer: "https://id.example", Subject: "1"}, Email: "cleo@example.org", EmailVerified: true, Name: "Cleo",
	})
	if err != nil {
		t.Fatal(err)
	}

	made := parlour.CountHashes(t)
	if _, err := h.SignIn(ctx, visitor(), "ana@example.org", right); err != nil {
		t.Fatal(err)
	}
	made.Take() // what is made once is made by whoever comes first
	for _, c := range []struct {
		what, email, password string
		want                  error
	}{
		{"the password", "ana@example.org", right, nil},
		{"a wrong password", "ana@example.org", wrong, parlour.ErrWrongPassword},
		{"nothing typed", "ana@example.org", "", parlour.ErrWrongPassword},
		{"a book", "ana@example.org", strings.Repeat("x", 1<<20), parlour.ErrWrongPassword},
		{"no such account", "zoe@example.org", wrong, parlour.ErrWrongPassword},
		{"no such account, and a book", "zoe@example.org", strings.Repeat("x", 1<<20), parlour.ErrWrongPassword},
		{"a disabled account", "bea@example.org", right, parlour.ErrWrongPassword},
		{"a disabled account, and a wrong password", "bea@example.org", wrong, parlour.ErrWrongPassword},
		{"an account without a password", "cleo@example.org", wrong, parlour.ErrWrongPassword},
		{"an account without a password, and nothing typed", "cleo@example.org", "", parlour.ErrWrongPassword},
		{"no e-mail address", "", wrong, parlour.ErrWrongPassword},
	} {
		_, err := h.SignIn(ctx, visitor(), c.email, c.password)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: error is %v", c.what, err)
		}
		if n := made.Take(); n != 1 {
			t.Errorf("%s: %d hashes were made", c.what, n)
		}
	}

	// Whoever tries too often is refused before the account is looked for.
	tries := make(map[string]int)
	for _, email := range []string{"dora@example.org", "nobody@example.org"} {
		for n := 0; ; n++ {
			_, err := h.SignIn(ctx, visitor(), email, wrong)
			if parlour.KindOf(err) == parlour.TooMany {
				if n := made.Take(); n != 0 {
					t.Errorf("%s: %d hashes were made for one try too many", email, n)
				}
				tries[email] = n
				break
			}
			if n := made.Take(); n != 1 || !errors.Is(err, parlour.ErrWrongPassword) || n > 100 {
				t.Fatalf("%s: %d hashes were made, and the answer is %v", email, n, err)
			}
		}
	}
	if known, unknown := tries["dora@example.org"], tries["nobody@example.org"]; known != unknown || known == 0 {
		t.Errorf("a member may try %d times, and nobody %d times", known, unknown)
	}
}

func TestSigningUpTakesTheSameWorkWhereMailHidesTheAnswer(t *testing.T) {
	h, ctx := open(t, parlour.Rules{Mailer: letters{}}), t.Context()
	_, err := h.SignInElsewhere(ctx, parlour.Identity{}, parlour.Claims{
		Federation: parlour.Federation{Issuer: "https://id.example", Subject: "1"}, Email: "ana@example.org", EmailVerified: true, Name: "Ana",
	})
	if err != nil {
		t.Fatal(err)
	}
	made := parlour.CountHashes(t)
	for i, email := range []string{"ana@example.org", "zoe@example.org"} {
		form := parlour.SignUp{Email: email, Password: "correct horse battery", Name: fmt.Sprint("Somebody ", i)}
		if _, isDone, err := h.SignUp(ctx, parlour.Identity{}, form); err != nil || isDone {
			t.Errorf("signing up as %s: %v, %v", email, isDone, err)
		}
		if n := made.Take(); n != 1 {
			t.Errorf("%s: %d hashes were made", email, n)
		}
	}
}
