package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// setsUp makes the visitor the first admin, by the link in the log, who is in the
// lobby as well.
func (v *visitor) setsUp(name string) {
	v.t.Helper()
	link, err := url.Parse(v.program.setUpPath())
	if err != nil {
		v.t.Fatal(err)
	}
	got := v.post(link.Path, url.Values{
		"token": {link.Query().Get("token")}, "name": {name}, "email": {email(name)}, "password": {password},
	})
	if got.status != http.StatusSeeOther {
		v.t.Fatalf("setting the house up was answered with %d:\n%s", got.status, got.body)
	}
	if got := v.get("/rooms/lobby"); got.status != http.StatusOK {
		v.t.Fatalf("the lobby was answered with %d:\n%s", got.status, got.body)
	}
}

// TestBanTakesEffectWhileThePolicyIsSilent: a program is asked who may read, and
// gives no answer any more. Whoever is banned reads no more, and is told why.
func TestBanTakesEffectWhileThePolicyIsSilent(t *testing.T) {
	t.Parallel()
	var isSilent atomic.Bool
	policy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if isSilent.Load() {
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, `{"allow": true, "ttl": 0}`)
	}))
	t.Cleanup(policy.Close)
	house := start(t, "--limits", "off", "--policy-url", policy.URL, "--policy-secret", "a secret of the tests")
	admin, guest := newVisitor(t, house), enters(t, house, "Ana")
	admin.setsUp("Ada")
	reads := guest.listens("/rooms/lobby/events")
	admin.says("while all is well")
	reads.next(func(e event) bool { return strings.Contains(e.data, "while all is well") })
	isSilent.Store(true)
	if got := admin.post("/rooms/lobby/messages", url.Values{"body": {"/ban Ana enough of it"}}); got.status != http.StatusSeeOther {
		t.Fatalf("banning was answered with %d:\n%s", got.status, got.body)
	}
	reads.next(func(e event) bool { return strings.Contains(e.data, "You may not read here any more.") })
	if err := reads.end(); err != nil {
		t.Errorf("the stream was cut: %v", err)
	}
}
