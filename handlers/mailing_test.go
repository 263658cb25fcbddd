package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parlour"
	"parlour/handlers"
)

// mailbox is everybody's.
type mailbox struct{ letters []parlour.Letter }

func (m *mailbox) Send(_ context.Context, letter parlour.Letter) error {
	m.letters = append(m.letters, letter)
	return nil
}

func (m *mailbox) last(t *testing.T, kind parlour.LetterKind) parlour.Letter {
	t.Helper()
	if len(m.letters) == 0 {
		t.Fatal("no letter was sent")
	}
	letter := m.letters[len(m.letters)-1]
	if letter.Kind != kind {
		t.Fatalf("the letter is %+v", letter)
	}
	return letter
}

// token is what a letter or a link leads with.
func token(t *testing.T, path string) string {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil || u.Query().Get("token") == "" {
		t.Fatalf("%q has no token (%v)", path, err)
	}
	return u.Query().Get("token")
}

func TestSigningUpByMailDoesNotTellWhoHasAnAccount(t *testing.T) {
	box := &mailbox{}
	s := open(t, plan{rules: parlour.Rules{Mailer: box}})
	v := s.visitor()
	form := func(name string) url.Values {
		return url.Values{"email": {"ana@example.org"}, "password": {password}, "name": {name}}
	}
	first := v.post("/signup", form("Ana"))
	if first.status != http.StatusOK || v.isSignedIn() {
		t.Fatalf("signing up answers %d before the letter is answered", first.status)
	}
	letter := box.last(t, parlour.LetterVerify)
	if a := v.get(letter.Path); a.status != http.StatusOK || !strings.Contains(a.body, `value="Ana"`) {
		t.Fatalf("the letter leads to %d: %s", a.status, a.body)
	}
	confirm := url.Values{"token": {token(t, letter.Path)}, "name": {"Ana"}, "password": {"of the owner"}}
	if a := s.visitor().post("/signup/confirm", confirm); a.status != http.StatusForbidden {
		t.Errorf("whoever owns the address confirms a stranger's password: %d", a.status)
	}
	confirm.Set("password", password)
	if a := v.post("/signup/confirm", confirm); a.status != http.StatusSeeOther || !v.isSignedIn() {
		t.Errorf("confirming answers %d: %s", a.status, a.body)
	}
	if a := s.visitor().post("/signup/confirm", confirm); a.status != http.StatusGone {
		t.Errorf("confirming again answers %d", a.status)
	}
	second := s.visitor().post("/signup", form("Bea"))
	strip := func(a answer) string { return random.ReplaceAllString(a.body, "") }
	if second.status != first.status || strip(second) != strip(first) {
		t.Errorf("an address with an account is answered %d\n%s\none without %d\n%s", second.status, second.body, first.status, first.body)
	}
	if box.last(t, parlour.LetterKnown).To != "ana@example.org" {
		t.Error("the owner of the account was not told")
	}
}

// A guest who confirms in another browser is a member; what is left of the guest
// in the first one must not act as them.
func TestGuestsSessionIsNobodysOnceTheGuestIsAMember(t *testing.T) {
	box := &mailbox{}
	s := open(t, plan{rules: parlour.Rules{Mailer: box}})
	desk, phone := s.visitor(), s.visitor()
	desk.post("/rooms/lobby/join", url.Values{"name": {"Ana"}})
	desk.say("soon a member")
	desk.post("/signup", url.Values{"email": {"ana@example.org"}, "password": {password}, "name": {"Ana"}})
	phone.post("/signup/confirm", url.Values{
		"token": {token(t, box.last(t, parlour.LetterVerify).Path)}, "name": {"Ana"}, "password": {password},
	})
	if !phone.isSignedIn() {
		t.Fatal("the phone is not signed in")
	}
	if a := desk.post("/rooms/lobby/messages", url.Values{"body": {"still me"}}); a.status != http.StatusUnauthorized {
		t.Errorf("what was a guest's session is answered %d", a.status)
	}
	phone.get("/rooms/lobby")
	phone.say("here I am")
	said := s.messages()
	if said[0].Author.ID != said[len(said)-1].Author.ID {
		t.Error("the member is somebody else than the guest was")
	}
}

func TestForgottenPasswordTellsNothingAndIsSetOnce(t *testing.T) {
	box := &mailbox{}
	s := open(t, plan{rules: parlour.Rules{Mailer: box}})
	v := s.visitor()
	v.post("/signup", url.Values{"email": {"ana@example.org"}, "password": {password}, "name": {"Ana"}})
	v.post("/signup/confirm", url.Values{
		"token": {token(t, box.last(t, parlour.LetterVerify).Path)}, "name": {"Ana"}, "password": {password},
	})
	v.get("/rooms/lobby")
	ended := v.watch()
	sent := len(box.letters)
	ask := func(email string) string {
		a := s.visitor().post("/forgot", url.Values{"email": {email}})
		return strings.ReplaceAll(random.ReplaceAllString(http.StatusText(a.status)+a.body, ""), email, "EMAIL")
	}
	if known, unknown := ask("ana@example.org"), ask("bea@example.org"); known != unknown {
		t.Errorf("a member is answered\n%s\nand nobody\n%s", known, unknown)
	}
	if len(box.letters) != sent+1 {
		t.Fatalf("%d letters were sent", len(box.letters)-sent)
	}
	letter := box.last(t, parlour.LetterReset)
	other := s.visitor()
	for range 2 { // following the link does nothing yet
		if a := other.get(letter.Path); a.status != http.StatusOK {
			t.Fatalf("the letter leads to %d", a.status)
		}
	}
	set := url.Values{"token": {token(t, letter.Path)}, "password": {"short"}}
	if a := other.post("/reset", set); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a short password is answered %d", a.status)
	}
	set.Set("password", "quite another one")
	if a := other.post("/reset", set); a.status != http.StatusSeeOther || !other.isSignedIn() {
		t.Errorf("setting it answers %d", a.status)
	}
	wantEnded(t, "the stream of who knew the old password", ended)
	if v.isSignedIn() {
		t.Error("the old session is good still")
	}
	if a := s.visitor().post("/reset", set); a.status != http.StatusGone {
		t.Errorf("the link works again: %d", a.status)
	}
}

func TestFirstAdminSignsUpByTheLinkOnce(t *testing.T) {
	var house *parlour.House
	s := open(t, plan{options: func(o *handlers.Options) { house = o.House }})
	path, err := house.SetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := house.SetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := s.visitor()
	if a := v.get(path); a.status != http.StatusOK {
		t.Fatalf("the link answers %d", a.status)
	}
	form := url.Values{"token": {token(t, path)}, "email": {"ana@example.org"}, "password": {password}, "name": {"Ana"}}
	if a := v.post("/setup", form); a.status != http.StatusSeeOther || !v.isSignedIn() {
		t.Fatalf("setting up answers %d: %s", a.status, a.body)
	}
	if a, err := s.store.AccountByEmail(t.Context(), "ana@example.org"); err != nil || !a.Admin {
		t.Errorf("the first member is %+v (%v)", a, err)
	}
	form.Set("email", "mallory@example.org")
	form.Set("name", "Mallory")
	if a := s.visitor().post("/setup", form); a.status != http.StatusGone {
		t.Errorf("the link works again: %d", a.status)
	}
	form.Set("token", token(t, second))
	if a := s.visitor().post("/setup", form); a.status != http.StatusGone {
		t.Errorf("a second link makes a second admin: %d", a.status)
	}
	if path, err := house.SetUpLink(t.Context()); err != nil || path != "" {
		t.Errorf("a house with an admin offers %q (%v)", path, err)
	}
	if a := s.visitor().get("/setup?token=guess"); a.status != http.StatusGone {
		t.Errorf("a guessed token is answered %d", a.status)
	}
}

func TestSettingsSayWhoMaySignUp(t *testing.T) {
	var house *parlour.House
	s := open(t, plan{options: func(o *handlers.Options) { house = o.House }})
	admin := parlour.Identity{Kind: parlour.Member, ID: "padmin", Admin: true}
	set := func(rule parlour.SignUpRule) {
		t.Helper()
		err := house.ChangeSettings(t.Context(), admin, parlour.Settings{SignUp: rule, CreateRooms: parlour.AdminsMakeRooms})
		if err != nil {
			t.Fatal(err)
		}
	}
	form := url.Values{"email": {"ana@example.org"}, "password": {password}, "name": {"Ana"}}
	for _, rule := range []parlour.SignUpRule{parlour.SignUpClosed, parlour.SignUpInvited} {
		set(rule)
		if a := s.visitor().get("/signup"); a.status != http.StatusForbidden || strings.Contains(a.body, `name="password"`) {
			t.Errorf("with %s the form is answered %d", rule, a.status)
		}
		if a := s.visitor().post("/signup", form); a.status != http.StatusForbidden {
			t.Errorf("with %s signing up answers %d", rule, a.status)
		}
	}
	form.Set("invite", "guess")
	if a := s.visitor().post("/signup", form); a.status != http.StatusGone {
		t.Errorf("a guessed invitation is answered %d", a.status)
	}
	by := parlour.Identity{Kind: parlour.Guest, ID: "pguest"}
	if err := house.ChangeSettings(t.Context(), by, parlour.Settings{}); parlour.KindOf(err) != parlour.NotFound {
		t.Errorf("a guest who changes the settings is answered %v", err)
	}
}
