package handlers_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour/handlers"
)

// cookie is what an answer sets, or nil.
func (a answer) cookie(name string) *http.Cookie {
	response := http.Response{Header: a.header}
	for _, c := range response.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func TestCookiesAreForUsAlone(t *testing.T) {
	for public, isSecure := range map[string]bool{"": false, "http://chat.example": false, "https://chat.example": true} {
		s := open(t, plan{options: func(o *handlers.Options) {
			if public != "" {
				o.PublicURL, _ = url.Parse(public)
			}
		}})
		v := s.visitor()
		joined := v.post("/rooms/lobby/join", url.Values{"name": {"Ana"}})
		chosen := v.get("/?lang=de")
		for name, c := range map[string]*http.Cookie{
			"session": joined.cookie("parlour"), "language": chosen.cookie("parlour_lang"),
		} {
			if c == nil {
				t.Errorf("%q: there is no cookie for the %s", public, name)
				continue
			}
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != isSecure || c.Path != "/" || c.Domain != "" || c.MaxAge < 24*60*60 {
				t.Errorf("%q: the cookie for the %s is %s", public, name, c)
			}
		}
	}
}

func TestSessionIsOfAFreshToken(t *testing.T) {
	s := open(t, plan{})
	attacker, victim := s.visitor(), s.visitor()
	const planted = "chosen-by-somebody-else"
	a := victim.post("/rooms/lobby/join", url.Values{"name": {"Ana"}}, "Cookie", "parlour="+planted)
	given := a.cookie("parlour")
	if given == nil || given.Value == planted || len(given.Value) < 32 {
		t.Fatalf("joining with a planted cookie gives %v", given)
	}
	if got := attacker.status(http.MethodGet, "/rooms/lobby/compose", nil, "Cookie", "parlour="+planted); got != http.StatusUnauthorized {
		t.Errorf("the planted cookie opens a composer: %d", got)
	}
	// No two sessions share a token.
	other := s.visitor().post("/rooms/lobby/join", url.Values{"name": {"Bob"}}).cookie("parlour")
	if other == nil || other.Value == given.Value {
		t.Errorf("two guests got %v and %v", given, other)
	}
}

func TestStoreDoesNotKnowTheTokens(t *testing.T) {
	s := open(t, plan{})
	token := s.guest().session()
	if _, found, err := s.store.Sessions().Find(token); err != nil || found {
		t.Errorf("the store has the token as the browser sends it (%v)", err)
	}
	if _, found, err := s.store.Sessions().Find(stored(token)); err != nil || !found {
		t.Errorf("the store has not the token's sum (%v)", err)
	}
	if got := s.visitor().status(http.MethodGet, "/rooms/lobby/compose", nil, "Cookie", "parlour="+stored(token)); got != http.StatusUnauthorized {
		t.Errorf("what stands in the store opens a composer: %d", got)
	}
}

// stored is a token as the store has it.
func stored(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestOnlyJoiningStoresASession(t *testing.T) {
	s := open(t, plan{})
	visitor, guest := s.visitor(), s.guest()
	for _, path := range []string{"/", "/rooms/lobby", "/rooms/lobby/join", "/rooms/lobby/people", "/rooms/lobby/compose", "/nothing"} {
		for _, v := range []*visitorAt{{visitor, "a visitor"}, {guest, "a guest"}} {
			a := v.get(path)
			if got := a.cookie("parlour"); got != nil {
				t.Errorf("%s gets the cookie %v at %s", v.who, got, path)
			}
		}
	}
	before := guest.session()
	if a := guest.post("/rooms/lobby/join", url.Values{"name": {"Renamed"}}); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	if after := guest.session(); after != before {
		t.Error("another name made another session, so other tabs lost theirs")
	}
	if a := guest.get("/rooms/lobby"); !strings.Contains(a.body, "Renamed") {
		t.Error("the session does not know the new name")
	}
}

type visitorAt struct {
	*visitor
	who string
}

func TestSessionThatCannotBeReadIsNoSession(t *testing.T) {
	s := open(t, plan{})
	for _, cookie := range []string{"parlour=", "parlour=x", "parlour=" + strings.Repeat("x", 4000), "parlour=%00", "parlour=\"quoted\"", "parlour", "=x", "parlour=a; parlour=b"} {
		a := s.visitor().get("/rooms/lobby", "Cookie", cookie)
		if a.status != http.StatusSeeOther {
			t.Errorf("%.40q answers %d", cookie, a.status)
		}
	}
}

var farAway = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

func TestSessionInTroubleIsToldBland(t *testing.T) {
	s := open(t, plan{troubled: true})
	v := s.guest()
	token := v.session()
	_, _, err := s.store.Sessions().Find(stored(token))
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{"", "{", "\x00\x01gob", `{"until":"x"}`} {
		if err := s.store.Sessions().Commit(stored(token), []byte(broken), farAway); err != nil {
			t.Fatal(err)
		}
		for _, fields := range [][]string{{}, {"HX-Request", "true"}} {
			a := v.post("/rooms/lobby/messages", url.Values{"body": {"hello"}}, fields...)
			if a.status != http.StatusInternalServerError || !strings.Contains(a.body, "Something went wrong on our side") {
				t.Errorf("a session of %q answers %d: %s", broken, a.status, a.body)
			}
		}
		if got := v.status(http.MethodGet, "/rooms/lobby/events", nil); got != http.StatusInternalServerError {
			t.Errorf("a session of %q opens a stream: %d", broken, got)
		}
	}
	if s.faults.Load() == 0 {
		t.Error("nobody was told of a session that cannot be read")
	}
}
