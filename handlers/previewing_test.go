package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parlour"
)

func TestPreviewShowsTheTextAndSaysNothing(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	form := url.Values{"body": {"*soft* ||hidden||"}, "key": {"k"}}
	byHTMX := v.post("/rooms/lobby/preview", form, "HX-Request", "true")
	if byHTMX.status != http.StatusOK || !strings.Contains(byHTMX.body, `<hx-partial hx-target="#preview"`) || !strings.Contains(byHTMX.body, "<em>soft</em>") {
		t.Errorf("htmx is answered %d: %s", byHTMX.status, byHTMX.body)
	}
	page := v.post("/rooms/lobby/preview", form)
	if page.status != http.StatusOK || !strings.Contains(page.body, "<em>soft</em>") || kept(textarea, page.body) != form.Get("body") {
		t.Errorf("the page is answered %d: %s", page.status, page.body)
	}
	if said := s.messages(); len(said) > 0 {
		t.Errorf("said all the same: %+v", said)
	}
	// and what is sent from there is said once, and is the same
	a := v.post("/rooms/lobby/messages", url.Values{"body": form["body"], "key": {"k"}, "previewed": {"1"}})
	if said := s.messages(); a.status != http.StatusSeeOther || len(said) != 1 || said[0].Body != form.Get("body") {
		t.Errorf("answered %d; said %+v", a.status, said)
	}
}

func TestPreviewIsRefusedAsAPostIs(t *testing.T) {
	s := open(t, plan{})
	long := strings.Repeat("é", parlour.MaxBody+1)
	for name, c := range map[string]struct {
		who          func() *visitor
		body, reason string
		status       int
	}{
		"nobody":  {s.visitor, "*x*", "Please choose a name first.", http.StatusUnauthorized},
		"left":    {s.outsider, "*x*", "You are not in this room any more.", http.StatusForbidden},
		"empty":   {s.guest, " ", "The message is empty.", http.StatusUnprocessableEntity},
		"long":    {s.guest, long, "at most 4000", http.StatusUnprocessableEntity},
		"command": {s.guest, "/nick Bob", "Commands cannot be given here.", http.StatusUnprocessableEntity},
	} {
		for _, fields := range [][]string{nil, {"HX-Request", "true"}} {
			a := c.who().post("/rooms/lobby/preview", url.Values{"body": {c.body}}, fields...)
			if a.status != c.status || !strings.Contains(html.UnescapeString(a.body), c.reason) {
				t.Errorf("%s %q is answered %d without %q:\n%.600s", name, fields, a.status, c.reason, a.body)
			}
			if got := kept(textarea, a.body); fields == nil && got != c.body {
				t.Errorf("%s: gave %.40q back as %.40q", name, c.body, got)
			}
		}
	}
}

// Without scripts the room's own composer is not to be seen, so who comes from a
// preview is given the text back on such a page.
func TestTextThatIsRefusedAfterAPreviewIsGivenBackBesideNoRoom(t *testing.T) {
	s := open(t, plan{})
	a := s.guest().post("/rooms/lobby/messages", url.Values{"body": {"/me "}, "previewed": {"1"}})
	if a.status != http.StatusUnprocessableEntity || kept(textarea, a.body) != "/me " || strings.Contains(a.body, "noscript") {
		t.Errorf("answered %d: %s", a.status, a.body)
	}
}
