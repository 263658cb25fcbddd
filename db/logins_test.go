package db

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
)

func testLogins(t *testing.T, h *house) {
	ctx := t.Context()
	ana := h.member(t, "m1", "Ana")
	bea := h.member(t, "m2", "Bea")
	proofs := map[string]string{"m1": ana.Proof(), "m2": bea.Proof()}
	begin := func(person, session, after string, at time.Time) {
		t.Helper()
		must(t, h.Sessions().CommitCtx(ctx, session, []byte("data"), time.Now().Add(time.Hour)))
		must(t, h.BeginLogin(ctx, parlour.Login{
			Session: session, Person: person, Address: "192.0.2.1", Agent: "Browser", At: at, SeenAt: at, Proof: proofs[person],
		}, after))
	}
	sessions := func(person string) string {
		t.Helper()
		logins, err := h.Logins(ctx, person)
		must(t, err)
		names := make([]string, len(logins))
		for i, l := range logins {
			names[i] = l.Session
		}
		return strings.Join(names, " ")
	}
	begin("m1", "s1", "", noon)
	begin("m1", "s2", "", noon.Add(time.Minute))
	begin("m2", "s3", "", noon)
	login, a, err := h.Login(ctx, "s1")
	if err != nil || a != ana || login.Person != "m1" || login.Agent != "Browser" || !login.SeenAt.Equal(noon) {
		t.Errorf("login is %+v of %+v, %v", login, a, err)
	}
	must(t, h.SeeLogin(ctx, "s1", "192.0.2.2", noon.Add(time.Hour)))
	if got := sessions("m1"); got != "s1 s2" {
		t.Errorf("the last seen are %q", got)
	}
	begin("m1", "s4", "s1", noon.Add(2*time.Hour)) // the token was renewed
	_, _, err = h.Login(ctx, "s1")
	wantErr(t, err, parlour.ErrNoAccount)
	must(t, h.EndLogin(ctx, "m2", "s4")) // not theirs
	must(t, h.EndLogin(ctx, "m1", "nowhere"))
	if got := sessions("m1"); got != "s4 s2" {
		t.Errorf("after what changes nothing the sessions are %q", got)
	}
	ended, err := h.EndLogins(ctx, "m1", "s4")
	if err != nil || len(ended) != 1 || ended[0] != "s2" {
		t.Errorf("ended were %q, %v", ended, err)
	}
	if _, found, err := h.Sessions().FindCtx(ctx, "s2"); found || err != nil {
		t.Errorf("the session is there without its login: %v, %v", found, err)
	}
	ana.DisabledAt = noon
	must(t, h.ChangeAccount(ctx, ana))
	_, _, err = h.Login(ctx, "s4")
	wantErr(t, err, parlour.ErrNoAccount)
	if got := sessions("m2"); got != "s3" {
		t.Errorf("somebody else's sessions are %q", got)
	}
}

func testLoginByAnOldPassword(t *testing.T, h *house) {
	ctx := t.Context()
	ana := h.member(t, "m1", "Ana")
	begin := func(a parlour.Account, session, after string) error {
		return h.BeginLogin(ctx, parlour.Login{Session: session, Person: "m1", At: noon, SeenAt: noon, Proof: a.Proof()}, after)
	}
	for _, session := range []string{"s1", "s2", "s3"} {
		must(t, begin(ana, session, ""))
	}
	ended, err := h.ChangePassword(ctx, "m1", ana.Proof(), "another hash", "s2")
	slices.Sort(ended)
	if err != nil || !slices.Equal(ended, []string{"s1", "s3"}) {
		t.Errorf("the change ended %q, %v", ended, err)
	}
	wantErr(t, begin(ana, "s4", "s2"), parlour.ErrSignedOut)
	wantErr(t, begin(parlour.Account{}, "s4", "s2"), parlour.ErrSignedOut)
	ended, err = h.ChangePassword(ctx, "m1", ana.Proof(), "a third hash", "s4")
	wantErr(t, err, parlour.ErrOvertaken)
	_, now, err := h.Login(ctx, "s2") // of which the refused login was to be the next
	if err != nil || len(ended) != 0 || now.PasswordHash != "another hash" {
		t.Errorf("what was refused has changed the member to %+v, %v, and ended %q", now, err, ended)
	}
	must(t, begin(now, "s4", "s2"))
	must(t, h.ChangeAccount(ctx, ana)) // as it was looked up before the change
	must(t, begin(now, "s5", ""))
	now.DisabledAt = noon
	must(t, h.ChangeAccount(ctx, now))
	wantErr(t, begin(now, "s6", ""), parlour.ErrSignedOut)
}

func testLoginWhileThePasswordChanges(t *testing.T, h *house) {
	signsInWhileThePasswordChanges(t, h, h)
}

// signsInWhileThePasswordChanges signs in by what was checked before the change, all
// the while the password is changed there: none of the logins is left.
func signsInWhileThePasswordChanges(t *testing.T, h, there *house) {
	ctx := t.Context()
	a := h.member(t, "m1", "Ana")
	for round := range 10 {
		var signingIn sync.WaitGroup
		begun := make(chan struct{}, 4)
		for i := range cap(begun) {
			signingIn.Go(func() {
				for n := 0; ; n++ {
					login := parlour.Login{Session: fmt.Sprint(round, "-", i, "-", n), Person: "m1", At: noon, SeenAt: noon, Proof: a.Proof()}
					err := h.BeginLogin(ctx, login, "")
					if n == 0 {
						begun <- struct{}{}
					}
					if err != nil {
						if !errors.Is(err, parlour.ErrSignedOut) {
							t.Errorf("signing in is answered %v", err)
						}
						return
					}
				}
			})
		}
		for range cap(begun) {
			<-begun
		}
		hash := fmt.Sprint("hash ", round)
		if _, err := there.ChangePassword(ctx, "m1", a.Proof(), hash, ""); err != nil {
			t.Errorf("changing is answered %v", err)
			hash = a.PasswordHash
			a.DisabledAt = noon // or they would go on for ever
			must(t, h.ChangeAccount(ctx, a))
		}
		signingIn.Wait()
		a.PasswordHash = hash
		if left, err := h.Logins(ctx, "m1"); err != nil || len(left) > 0 {
			t.Fatalf("%d logins by the old password are left, %v", len(left), err)
		}
	}
}
