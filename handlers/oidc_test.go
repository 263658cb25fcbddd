package handlers_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parlour"
	"parlour/handlers"
)

// provider is an OpenID Connect provider in a process of its own: fosite, see
// tools/provider.
type provider struct {
	t      *testing.T
	issuer string
}

const publicURL = "http://localhost/club"

func openProvider(t *testing.T) *provider {
	t.Helper()
	if testing.Short() {
		t.Skip("building the provider takes a while")
	}
	program := filepath.Join(t.TempDir(), "provider")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = "../tools/provider"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the provider: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "-secret", "sesame", "-redirect", publicURL+"/login/oidc/callback")
	stdin, err := cmd.StdinPipe() // it ends with this
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &provider{t: t, issuer: strings.TrimSpace(issuer)}
}

// house is a site that knows the provider.
func (p *provider) house(t *testing.T, rules parlour.Rules) *site {
	t.Helper()
	public, err := url.Parse(publicURL)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, plan{rules: rules, options: func(o *handlers.Options) {
		o.PublicURL = public
		o.OIDC = &handlers.OIDC{Issuer: p.issuer, ClientID: "parlour", ClientSecret: "sesame", Name: "Club card"}
	}})
}

// is says who is signed in at the provider.
func (p *provider) is(subject, email string, verified bool, name string) {
	p.t.Helper()
	who, err := json.Marshal(map[string]any{"sub": subject, "email": email, "email_verified": verified, "name": name})
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.Post(p.issuer+"/person", "application/json", strings.NewReader(string(who)))
	if err != nil {
		p.t.Fatal(err)
	}
	response.Body.Close()
}

// leave goes to the provider and answers the path by which it leads back.
func (v *visitor) leave(path string) (back string) {
	v.t.Helper()
	away := v.get(path)
	if away.status != http.StatusSeeOther {
		v.t.Fatalf("%s answers %d: %s", path, away.status, away.body)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, away.header.Get("Location"), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	location := v.ask(r).header.Get("Location")
	back, ours := strings.CutPrefix(location, publicURL)
	if !ours {
		v.t.Fatalf("the provider leads to %q", location)
	}
	return back
}

func TestSigningInElsewhere(t *testing.T) {
	p := openProvider(t)
	t.Run("TheFirstTimeMakesAMember", func(t *testing.T) {
		s := p.house(t, parlour.Rules{})
		if !strings.Contains(s.visitor().get("/login").body, "Club card") {
			t.Error("the way there is not offered")
		}
		p.is("1", "ana@example.org", true, "Ana")
		v := s.visitor()
		if a := v.get(v.leave("/login/oidc?next=%2Frooms%2Flobby")); a.header.Get("Location") != "/rooms/lobby" {
			t.Fatalf("coming back answers %d %s", a.status, a.header.Get("Location"))
		}
		if !v.isSignedIn() || !strings.Contains(v.get("/account").body, "Ana") {
			t.Error("Ana is not signed in")
		}
		again := s.visitor()
		again.get(again.leave("/login/oidc"))
		a, err := s.store.AccountByEmail(t.Context(), "ana@example.org")
		if err != nil || !a.EmailVerified || !again.isSignedIn() {
			t.Errorf("the member is %+v (%v)", a, err)
		}
		p.is("2", "other@example.org", true, "Ana") // names there are not unique
		other := s.visitor()
		other.get(other.leave("/login/oidc"))
		if !strings.Contains(other.get("/account").body, "Ana 2") {
			t.Error("somebody of the same name got none like it")
		}
	})
	t.Run("OnlyAddressesVerifiedOnBothSidesAreOne", func(t *testing.T) {
		box := &mailbox{}
		s := p.house(t, parlour.Rules{Mailer: box})
		p.is("1", "ana@example.org", false, "Ana")
		v := s.visitor()
		if a := v.get(v.leave("/login/oidc")); a.status != http.StatusForbidden || v.isSignedIn() {
			t.Errorf("an address that nobody verified is answered %d", a.status)
		}
		v.post("/signup", url.Values{"email": {"ana@example.org"}, "password": {password}, "name": {"Ana"}})
		v.post("/signup/confirm", url.Values{
			"token": {token(t, box.last(t, parlour.LetterVerify).Path)}, "name": {"Ana"}, "password": {password},
		})
		p.is("1", "Ana@example.org", true, "Somebody")
		other := s.visitor()
		other.get(other.leave("/login/oidc"))
		if !strings.Contains(other.get("/account").body, "Ana") {
			t.Error("the verified address did not lead to its account")
		}
	})
	t.Run("AccountWithAnAddressNobodyVerifiedIsNotGivenAway", func(t *testing.T) {
		s := p.house(t, parlour.Rules{})
		squatter := s.member("ana") // with somebody else's address
		p.is("1", "ana@example.org", true, "Ana")
		owner := s.visitor()
		if a := owner.get(owner.leave("/login/oidc")); a.status != http.StatusConflict || owner.isSignedIn() {
			t.Errorf("the owner shares the squatter's account: %d", a.status)
		}
		// Whoever knows the password may connect the two, if they mean it.
		if a := squatter.get("/login/oidc"); a.header.Get("Location") != "/account" {
			t.Errorf("a link connects an account: %s", a.header.Get("Location"))
		}
		squatter.post("/account/connect", nil)
		if a := squatter.get(squatter.leave("/login/oidc")); a.header.Get("Location") != "/account?done=connected" {
			t.Errorf("connecting answers %d %s", a.status, a.header.Get("Location"))
		}
		owner.get(owner.leave("/login/oidc"))
		if !owner.isSignedIn() {
			t.Error("the connected account is not signed in to")
		}
	})
	t.Run("AnswersCountOnceAndInTheirOwnBrowser", func(t *testing.T) {
		s := p.house(t, parlour.Rules{})
		p.is("1", "ana@example.org", true, "Ana")
		v := s.visitor()
		back := v.leave("/login/oidc")
		if a := s.visitor().get(back); a.status != http.StatusForbidden {
			t.Errorf("another browser is answered %d", a.status)
		}
		v.get(back)
		if a := s.guest().get(back); a.status != http.StatusForbidden {
			t.Errorf("an answer that was used is answered %d", a.status)
		}
		// A code of the thief's with the victim's own state: without the
		// verifier of the thief's session it is worth nothing.
		p.is("666", "thief@example.org", true, "Thief")
		thief, victim := s.visitor(), s.visitor()
		stolen, own := query(t, thief.leave("/login/oidc")), query(t, victim.leave("/login/oidc"))
		own.Set("code", stolen.Get("code"))
		if a := victim.get("/login/oidc/callback?" + own.Encode()); a.status != http.StatusForbidden || victim.isSignedIn() {
			t.Errorf("a planted code is answered %d", a.status)
		}
		own = query(t, victim.leave("/login/oidc"))
		own.Set("error", "access_denied")
		if a := victim.get("/login/oidc/callback?" + own.Encode()); a.status != http.StatusForbidden {
			t.Errorf("a refusal of the provider is answered %d", a.status)
		}
		own.Del("error")
		if a := victim.get("/login/oidc/callback?" + own.Encode()); a.status != http.StatusForbidden || victim.isSignedIn() {
			t.Errorf("an answer after that which was refused is answered %d", a.status)
		}
	})
	t.Run("ClosedHouseTakesNobodyNew", func(t *testing.T) {
		var house *parlour.House
		public, err := url.Parse(publicURL)
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, plan{options: func(o *handlers.Options) {
			house, o.PublicURL = o.House, public
			o.OIDC = &handlers.OIDC{Issuer: p.issuer, ClientID: "parlour", ClientSecret: "sesame"}
		}})
		admin := parlour.Identity{Kind: parlour.Member, ID: "padmin", Admin: true}
		err = house.ChangeSettings(t.Context(), admin, parlour.Settings{SignUp: parlour.SignUpClosed, CreateRooms: parlour.AdminsMakeRooms})
		if err != nil {
			t.Fatal(err)
		}
		p.is("9", "new@example.org", true, "New")
		v := s.visitor()
		if a := v.get(v.leave("/login/oidc")); a.status != http.StatusForbidden || v.isSignedIn() {
			t.Errorf("somebody new is answered %d", a.status)
		}
	})
}

func query(t *testing.T, path string) url.Values {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestProviderThatIsDownKeepsNobodyElseOut(t *testing.T) {
	s := open(t, plan{options: func(o *handlers.Options) {
		o.OIDC = &handlers.OIDC{Issuer: "http://127.0.0.1:1", ClientID: "parlour"}
	}})
	if a := s.visitor().get("/login/oidc"); a.status != http.StatusServiceUnavailable {
		t.Errorf("the way to a provider that is down answers %d", a.status)
	}
	if !s.member("Ana").isSignedIn() {
		t.Error("nobody can sign up")
	}
}
