package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parlour"
)

var (
	draftField = regexp.MustCompile(`<input[^>]*\sname="draft" value="([^"]*)"`)
	keyField   = regexp.MustCompile(`<input[^>]*\sname="key" value="([^"]*)"`)
)

// types has a draft kept as the room's page does.
func (v *visitor) types(body, key string, more ...string) answer {
	v.t.Helper()
	form := url.Values{"body": {body}, "key": {key}, "draft": {key}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return v.post("/rooms/lobby/draft", form, "HX-Request", "true")
}

// finds requires that what was typed stands in the composer, wherever it is
// opened, and goes with it when it is sent.
func (v *visitor) finds(body string) (key string) {
	v.t.Helper()
	for _, path := range []string{"/rooms/lobby", "/rooms/lobby/compose"} {
		page := v.want(path, v.get(path), http.StatusOK).body
		if got := kept(textarea, page); got != body {
			v.t.Errorf("%s has %q in its composer, want %q", path, got, body)
		}
		key = kept(keyField, page)
		if got := kept(draftField, page); (got != "") != (body != "") || got != "" && got != key {
			v.t.Errorf("%s goes with %q, and its key is %q", path, got, key)
		}
	}
	return key
}

func TestDraftIsFoundAgainUntilItIsSent(t *testing.T) {
	s := open(t, plan{})
	v, other := s.guest(), s.guest()
	session := v.session()
	a := v.want("typing", v.types("half a <poem>", "k1"), http.StatusNoContent)
	if a.body != "" || a.header.Get("Set-Cookie") != "" || v.session() != session {
		t.Errorf("who types is answered %q, and the session is kept anew", a.body)
	}
	key := v.finds("half a <poem>")
	other.finds("")
	v.want("sending", v.post("/rooms/lobby/messages", url.Values{"body": {"half a <poem>"}, "key": {"other"}, "draft": {key}}, "HX-Request", "true"), http.StatusOK)
	v.finds("")
	v.want("a late draft", v.types("half a <poem>", key), http.StatusNoContent)
	v.finds("")

	v.types("/nick Nora the", "k2")
	v.want("a command", v.post("/rooms/lobby/messages", url.Values{"body": {"/nick Nora the First"}, "draft": {"k2"}}, "HX-Request", "true"), http.StatusOK)
	v.finds("")
	v.types("kept", "k3")
	v.want("what was refused", v.post("/rooms/lobby/messages", url.Values{"body": {"/dance"}, "draft": {"k3"}}, "HX-Request", "true"), http.StatusUnprocessableEntity)
	v.want("another tab", v.post("/rooms/lobby/messages", url.Values{"body": {"something else"}, "key": {"k4"}}), http.StatusSeeOther)
	v.finds("kept")
	v.want("emptying", v.types("", "k3"), http.StatusNoContent)
	v.finds("")
	v.types("kept", "k5")
	v.want("nobody's draft", s.visitor().types("typed", "k"), http.StatusUnauthorized)
	if a := v.types(strings.Repeat("é", parlour.MaxBody+1), "k5"); a.status != http.StatusUnprocessableEntity || a.body != "" {
		t.Errorf("a draft that is too long is answered %d, %q", a.status, a.body)
	}
	v.finds("kept")
}

func TestDraftWaitsForItsWriterOnEveryDevice(t *testing.T) {
	s := open(t, plan{})
	desk := s.member("Mia")
	desk.want("coming in", desk.get("/rooms/lobby"), http.StatusOK)
	desk.say("which one?")
	desk.types("on my way ho", "k1", "reply", "1")
	phone := s.visitor()
	phone.header = desk.header.Clone()
	phone.want("signing in", phone.signIn("Mia", password), http.StatusSeeOther)
	key := phone.finds("on my way ho")
	if page := phone.get("/rooms/lobby").body; !strings.Contains(page, `name="reply" value="1"`) {
		t.Error("the draft has forgotten what it answers")
	}
	phone.want("sending", phone.post("/rooms/lobby/messages", url.Values{"body": {"on my way home"}, "draft": {key}}), http.StatusSeeOther)
	desk.finds("")
}

func TestGuestWhoSignsInTakesTheirDraftAlong(t *testing.T) {
	s := open(t, plan{})
	s.member("Mia")
	v := s.guest()
	v.types("as a guest", "k1")
	v.want("signing in", v.signIn("Mia", password), http.StatusSeeOther)
	v.finds("as a guest")
	v.want("signing out", v.post("/logout", nil), http.StatusSeeOther)
	v.want("coming as a guest", v.post("/rooms/lobby/join", url.Values{"name": {"Nora"}}), http.StatusSeeOther)
	v.finds("")
}

func TestDraftIsKeptByAButtonWithoutScript(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	keep := func(body string) answer {
		return v.post("/rooms/lobby/draft", url.Values{"body": {body}, "key": {"k"}, "draft": {""}})
	}
	a := v.want("keeping", keep("half a poem"), http.StatusSeeOther)
	if to := a.header.Get("Location"); to != "/rooms/lobby/compose?kept#ta" {
		t.Errorf("the button leads to %q", to)
	}
	if page := v.get("/rooms/lobby/compose?kept").body; kept(textarea, page) != "half a poem" || !strings.Contains(page, "Your draft is kept") {
		t.Errorf("the frame shows\n%s", page)
	}
	key := v.finds("half a poem")
	long := strings.Repeat("é", parlour.MaxBody+1)
	a = v.want("a long draft", keep(long), http.StatusUnprocessableEntity)
	if kept(textarea, a.body) != long || !strings.Contains(a.body, `action="/rooms/lobby/compose"`) {
		t.Error("a draft that is too long is not given back in its frame")
	}
	a = v.want("a preview", v.post("/rooms/lobby/preview", url.Values{"body": {"half a poem"}, "draft": {key}}), http.StatusOK)
	if kept(draftField, a.body) == "" {
		t.Error("a preview forgets that its text is kept")
	}
	v.want("sending", v.post("/rooms/lobby/compose", url.Values{"body": {"half a poem"}, "draft": {kept(draftField, a.body)}}), http.StatusSeeOther)
	v.finds("")
}
