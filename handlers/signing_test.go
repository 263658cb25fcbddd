package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"parlour"
)

const password = "correct horse battery"

// member is a visitor who has signed up, as NAME@example.org.
func (s *site) member(name string) *visitor {
	s.t.Helper()
	v := s.visitor()
	v.signUp(name)
	return v
}

func (v *visitor) signUp(name string) {
	v.t.Helper()
	a := v.post("/signup", url.Values{"email": {name + "@example.org"}, "password": {password}, "name": {name}})
	if a.status != http.StatusSeeOther {
		v.t.Fatalf("signing up answers %d: %s", a.status, a.body)
	}
}

func (v *visitor) signIn(name, password string) answer {
	v.t.Helper()
	return v.post("/login", url.Values{"email": {name + "@example.org"}, "password": {password}})
}

// isSignedIn tells whether the account is open to the visitor.
func (v *visitor) isSignedIn() bool { v.t.Helper(); return v.get("/account").status == http.StatusOK }

// watch opens the lobby's stream; the channel is closed when it has ended.
func (v *visitor) watch() <-chan struct{} {
	v.t.Helper()
	return ended(v.streamOf("/rooms/lobby/events"))
}

func wantEnded(t *testing.T, what string, ended <-chan struct{}) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Errorf("%s goes on", what)
	}
}

func wantOpen(t *testing.T, what string, ended <-chan struct{}) {
	t.Helper()
	select {
	case <-ended:
		t.Errorf("%s has ended", what)
	default:
	}
}

func TestGuestWhoSignsUpKeepsNameMessagesAndPlace(t *testing.T) {
	s := open(t, plan{})
	v := s.visitor()
	if a := v.post("/rooms/lobby/join", url.Values{"name": {"Ana"}}); a.status != http.StatusSeeOther {
		t.Fatalf("joining answers %d", a.status)
	}
	v.say("as a guest")
	v.signUp("Ana")
	if a := v.get("/rooms/lobby"); a.status != http.StatusOK {
		t.Fatalf("the room answers a new member with %d", a.status)
	}
	v.say("as a member")
	said := s.messages()
	before, after := said[0].Author, said[len(said)-1].Author
	if before.ID != after.ID || after.Name != "Ana" {
		t.Errorf("the guest was %+v, the member is %+v", before, after)
	}
	if !before.Guest || after.Guest {
		t.Errorf("guest is %v before and %v after", before.Guest, after.Guest)
	}
	page := v.get("/rooms/lobby").body
	if n := strings.Count(page, `class="mark-guest"`); n != 1 {
		t.Errorf("%d entries of the room are marked as a guest's", n)
	}
}

func TestRefusedSignUpKeepsWhatWasTypedButThePassword(t *testing.T) {
	s := open(t, plan{})
	s.member("Ana")
	for _, c := range []struct {
		name, email, password, called string
		status                        int
		field                         string
	}{
		{"no e-mail address", "ana", password, "Bea", http.StatusUnprocessableEntity, "email"},
		{"two lines", "b@example.org\nBcc: x@example.org", password, "Bea", http.StatusUnprocessableEntity, "email"},
		{"known address", "ANA@example.org", password, "Bea", http.StatusConflict, "email"},
		{"short password", "bea@example.org", "tiny word", "Bea", http.StatusUnprocessableEntity, "password"},
		{"long password", "bea@example.org", strings.Repeat("x", 201), "Bea", http.StatusUnprocessableEntity, "password"},
		{"no name", "bea@example.org", password, " ", http.StatusUnprocessableEntity, "name"},
		{"a member's name", "bea@example.org", password, "ANA", http.StatusConflict, "name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := s.visitor()
			a := v.post("/signup", url.Values{"email": {c.email}, "password": {c.password}, "name": {c.called}})
			if a.status != c.status {
				t.Fatalf("answers %d", a.status)
			}
			if !strings.Contains(a.body, `aria-describedby="up-`+c.field+`-why`) {
				t.Errorf("nothing stands beside the field %s:\n%s", c.field, a.body)
			}
			if c.field != "name" && !strings.Contains(a.body, `value="Bea"`) {
				t.Error("the name that was typed is gone")
			}
			if strings.Contains(a.body, c.password) {
				t.Error("the page has the password in it")
			}
			if v.isSignedIn() {
				t.Error("and is signed in")
			}
		})
	}
}

func TestSigningInIsWorthNothingToWhoKnewTheTokenBefore(t *testing.T) {
	s := open(t, plan{})
	s.member("Ana")
	victim := s.guest()
	planted := victim.session()
	thief := s.visitor()
	thief.header.Set("Cookie", "parlour="+planted)
	if a := victim.signIn("Ana", password); a.status != http.StatusSeeOther {
		t.Fatalf("signing in answers %d", a.status)
	}
	if victim.session() == planted {
		t.Error("the session keeps its token")
	}
	if thief.isSignedIn() {
		t.Error("the old token opens the account")
	}
	if a := thief.get("/rooms/lobby"); a.status == http.StatusOK {
		t.Error("the old token is still the guest's")
	}
}

func TestGuestWhoSignsInLeavesTheGuestsPlaces(t *testing.T) {
	s := open(t, plan{})
	s.member("Ana")
	v := s.guest()
	ended := v.watch()
	if a := v.signIn("Ana", password); a.status != http.StatusSeeOther {
		t.Fatalf("signing in answers %d", a.status)
	}
	wantEnded(t, "the guest's stream", ended)
	if a := v.get("/rooms/lobby"); a.status != http.StatusOK {
		t.Fatalf("the member is answered %d", a.status)
	}
	v.say("hello")
	said := s.messages()
	if m := said[len(said)-1]; m.Author.Name != "Ana" || m.Author.Guest {
		t.Errorf("it was said by %+v", m.Author)
	}
}

var random = regexp.MustCompile(`nonce="[^"]*"|token" value="[^"]*"`)

func TestSigningInDoesNotTellWhoHasAnAccount(t *testing.T) {
	s := open(t, plan{})
	s.member("Ana")
	ask := func(name string) (int, string) {
		a := s.visitor().signIn(name, "not the password")
		return a.status, strings.ReplaceAll(random.ReplaceAllString(a.body, ""), name, "NAME")
	}
	knownStatus, known := ask("Ana")
	unknownStatus, unknown := ask("Bea")
	if knownStatus != unknownStatus || known != unknown {
		t.Errorf("a member is answered %d\n%s\nand nobody %d\n%s", knownStatus, known, unknownStatus, unknown)
	}
	if knownStatus != http.StatusForbidden || !strings.Contains(known, `value="NAME@example.org"`) {
		t.Errorf("the answer is %d, and what was typed is gone:\n%s", knownStatus, known)
	}
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	s := open(t, plan{})
	s.member("Ana")
	for next, want := range map[string]string{
		"/rooms/lobby?before=3": "/rooms/lobby?before=3",
		"/account":              "/account",
		"":                      "/",
		"https://evil.example":  "/",
		"//evil.example":        "/",
		"///evil.example":       "/evil.example",
		`/\evil.example`:        "/evil.example",
		`\\evil.example`:        "/",
		"/\t/evil.example":      "/",
		"javascript:alert(1)":   "/",
		"evil.example":          "/",
	} {
		a := s.visitor().post("/login", url.Values{
			"email": {"Ana@example.org"}, "password": {password}, "next": {next},
		})
		if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
		form := s.visitor().get("/login?next=" + url.QueryEscape(next)).body
		if !strings.Contains(form, `name="next" value="`+want+`"`) {
			t.Errorf("the form for next=%q does not lead to %q:\n%s", next, want, form)
		}
	}
}

func TestGuessingIsSlow(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{Limits: true}})
	s.member("Ana")
	s.member("Bea")
	var a answer
	for n := 0; a.status != http.StatusTooManyRequests; n++ {
		if n > 20 {
			t.Fatal("passwords can be tried for ever")
		}
		a = s.visitor().signIn("Ana", "guess "+strconv.Itoa(n))
	}
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || wait < 1 || !strings.Contains(a.body, "second") {
		t.Errorf("it is not told how long to wait (%v)", err)
	}
	if a := s.visitor().signIn("ANA", password); a.status != http.StatusTooManyRequests {
		t.Errorf("the right password is answered %d among the guesses", a.status)
	}
	if a := s.visitor().signIn("Bea", password); a.status != http.StatusSeeOther {
		t.Errorf("somebody else is answered %d", a.status)
	}
}

func TestCrowdSignsUpAtOnce(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{Limits: true}})
	for n := range 15 {
		s.member("Ana" + strconv.Itoa(n))
	}
}

func TestNobodyWaitsWhoKnowsThePassword(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{Limits: true}})
	s.member("Ana")
	for range 15 {
		if a := s.visitor().signIn("Ana", password); a.status != http.StatusSeeOther {
			t.Fatalf("signing in answers %d", a.status)
		}
	}
}

func TestSigningOutEndsTheSessionAndItsStreamsAtOnce(t *testing.T) {
	s := open(t, plan{})
	here, there := s.member("Ana"), s.visitor()
	there.signIn("Ana", password)
	here.get("/rooms/lobby")
	hereEnded, thereEnded := here.watch(), there.watch()
	token := here.session()
	if a := here.post("/logout", nil); a.status != http.StatusSeeOther {
		t.Fatalf("signing out answers %d", a.status)
	}
	wantEnded(t, "the stream of the session", hereEnded)
	wantOpen(t, "the stream of the other session", thereEnded)
	thief := s.visitor()
	thief.header.Set("Cookie", "parlour="+token)
	if thief.isSignedIn() || here.isSignedIn() {
		t.Error("the token is good after signing out")
	}
	if !there.isSignedIn() {
		t.Error("the other session ended too")
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	s := open(t, plan{})
	here := s.visitor()
	here.header.Set("User-Agent", "Browser of <Ana>")
	here.signUp("Ana")
	phone, tablet := s.visitor(), s.visitor()
	for agent, v := range map[string]*visitor{"Phone/1": phone, "Tablet/1": tablet} {
		v.header.Set("User-Agent", agent)
		v.signIn("Ana", password)
		v.get("/rooms/lobby")
	}
	page := here.get("/account").body
	for _, agent := range []string{"Browser of &lt;Ana&gt;", "Phone/1", "Tablet/1"} {
		if strings.Count(page, agent) != 1 {
			t.Errorf("%s stands %d times on the page", agent, strings.Count(page, agent))
		}
	}
	row := regexp.MustCompile(`(?s)Phone/1.*?name="session" value="([^"]+)"`).FindStringSubmatch(page)
	if row == nil {
		t.Fatalf("the phone's session cannot be ended:\n%s", page)
	}
	stranger := s.member("Bea")
	stranger.post("/account/sessions", url.Values{"session": {row[1]}})
	if !phone.isSignedIn() {
		t.Error("a stranger has ended the session")
	}
	phoneEnded, tabletEnded := phone.watch(), tablet.watch()
	here.post("/account/sessions", url.Values{"session": {row[1]}})
	wantEnded(t, "the phone's stream", phoneEnded)
	if phone.isSignedIn() || !tablet.isSignedIn() {
		t.Error("another session was ended than the one that was meant")
	}
	here.post("/account/sessions", nil)
	wantEnded(t, "the tablet's stream", tabletEnded)
	if tablet.isSignedIn() || !here.isSignedIn() {
		t.Error("ending all others ended another set")
	}
}

func TestNewPasswordEndsAllOtherSessions(t *testing.T) {
	s := open(t, plan{})
	here, there := s.member("Ana"), s.visitor()
	there.signIn("Ana", password)
	there.get("/rooms/lobby")
	ended, token := there.watch(), here.session()
	a := here.post("/account/password", url.Values{"old": {"wrong"}, "password": {"another password"}})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `password-old-why`) {
		t.Errorf("a wrong old password is answered %d", a.status)
	}
	wantOpen(t, "the stream before the change", ended)
	if a := here.post("/account/password", url.Values{"old": {password}, "password": {"another password"}}); a.status != http.StatusSeeOther {
		t.Fatalf("changing answers %d: %s", a.status, a.body)
	}
	wantEnded(t, "the other session's stream", ended)
	if there.isSignedIn() || !here.isSignedIn() {
		t.Error("another session ended than the others")
	}
	if here.session() == token {
		t.Error("the token is the same as before")
	}
	if s.visitor().signIn("Ana", password).status != http.StatusForbidden {
		t.Error("the old password is good still")
	}
	if s.visitor().signIn("Ana", "another password").status != http.StatusSeeOther {
		t.Error("the new password is not")
	}
}

func TestMembersNameIsNobodyElses(t *testing.T) {
	s := open(t, plan{})
	s.member("Ana")
	a := s.visitor().post("/rooms/lobby/join", url.Values{"name": {"ANA"}})
	if a.status != http.StatusConflict {
		t.Errorf("a guest with a member's name is answered %d", a.status)
	}
	guest := s.visitor()
	guest.post("/rooms/lobby/join", url.Values{"name": {"Аna"}}) // the first letter is Cyrillic
	guest.say("trust me")
	page := guest.get("/rooms/lobby").body
	if !strings.Contains(page, `class="mark-alike"`) {
		t.Errorf("a name that looks like a member's is not marked:\n%s", page)
	}
	bea := s.member("Bea")
	if a := bea.post("/account/name", url.Values{"name": {"Ana"}}); a.status != http.StatusConflict || !strings.Contains(a.body, `value="Ana"`) {
		t.Errorf("another member who takes the name is answered %d", a.status)
	}
	if a := bea.post("/account/name", url.Values{"name": {"Beatrix"}}); a.status != http.StatusSeeOther {
		t.Errorf("a free name is answered %d", a.status)
	}
	if !strings.Contains(bea.get("/account").body, "Beatrix") {
		t.Error("the name was not changed")
	}
}

func TestZoneAndLanguageOfTheAccountCount(t *testing.T) {
	s := open(t, plan{})
	v := s.member("Ana")
	v.get("/rooms/lobby")
	v.say("what time is it?")
	if a := v.post("/account/preferences", url.Values{"zone": {"Mars/Olympus"}}); a.status != http.StatusUnprocessableEntity ||
		!strings.Contains(a.body, "Mars/Olympus") {
		t.Errorf("a zone that is none is answered %d", a.status)
	}
	if a := v.post("/account/preferences", url.Values{"zone": {"Asia/Kolkata"}, "lang": {"de"}}); a.status != http.StatusSeeOther {
		t.Fatalf("answers %d", a.status)
	}
	if page := v.get("/rooms/lobby").body; !strings.Contains(page, " IST\"") || !strings.Contains(page, `lang="de"`) {
		t.Errorf("the room is not in German or not in Indian time:\n%s", page)
	}
	if page := s.guest().get("/rooms/lobby").body; strings.Contains(page, " IST\"") {
		t.Error("a guest is told Indian time")
	}
}
