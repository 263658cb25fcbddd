package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestLanguageIsChosenByLinkAndKept(t *testing.T) {
	s := open(t, plan{})
	v := s.visitor()
	v.header.Set("Accept-Language", "es-MX,es;q=0.9,en;q=0.5")
	if a := v.get("/"); !strings.Contains(a.body, `lang="es"`) {
		t.Errorf("the browser's language is not spoken: %.100s", a.body)
	}
	a := v.get("/rooms/lobby/join?taken=&lang=ar&x=a+b%26")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/rooms/lobby/join?taken=&x=a+b%26" {
		t.Errorf("choosing leads to %q with %d", a.header.Get("Location"), a.status)
	}
	if a := v.get("/"); !strings.Contains(a.body, `lang="ar" dir="rtl"`) {
		t.Errorf("the choice is not kept: %.100s", a.body)
	}
	for _, chosen := range []string{"xx", "../../etc", "de-AT", strings.Repeat("de-", 5000), "\x00", "\xff"} {
		a := v.get("/?" + url.Values{"lang": {chosen}}.Encode())
		if c := a.cookie("parlour_lang"); a.status != http.StatusSeeOther || c == nil || len(c.Value) != 2 {
			t.Errorf("choosing %.20q answers %d and keeps %v", chosen, a.status, c)
		}
	}
	v.header.Set("Cookie", "parlour_lang="+strings.Repeat("x-", 1000))
	if a := v.get("/"); a.status != http.StatusOK || !strings.Contains(a.body, `lang="es"`) {
		t.Errorf("a strange choice is answered %d in %.100s", a.status, a.body)
	}
}

func TestLanguageOfAFormIsNoLink(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	a := v.post("/rooms/lobby/messages?lang=de", url.Values{"body": {"hello"}})
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/rooms/lobby#end" || len(s.messages()) != 1 {
		t.Errorf("answered %d to %q with %d messages", a.status, a.header.Get("Location"), len(s.messages()))
	}
}

// TestChoosingALanguageLeadsNowhereElse follows the redirects as browsers do,
// which take a backslash for a slash and drop tabs and line ends.
func TestChoosingALanguageLeadsNowhereElse(t *testing.T) {
	s := open(t, plan{})
	for _, target := range []string{
		"/", "//evil.example", "//evil.example/", "///evil.example", `/\evil.example`, `/\/evil.example`,
		"/%5Cevil.example", "/%5c%5cevil.example", "/%2Fevil.example", "/%2F%2Fevil.example", "/%2f%5cevil.example",
		"/%09/evil.example", "/%0a/evil.example", "/%0d%0a/evil.example", "/%0d%0aLocation:%20https://evil.example",
		"/.//evil.example", "/..//evil.example", "/x/..//evil.example", "/.%2F/evil.example", "/%2e%2e//evil.example",
		"/https://evil.example", "/@evil.example", "/:80@evil.example", "http://evil.example/", "https://evil.example//evil.example",
		"/%20//evil.example", "/%E2%80%8B//evil.example", "/%C2%A0//evil.example", "//evil.example/%2e%2e",
	} {
		w := httptest.NewRecorder()
		r, err := newRequest(http.MethodGet, target+"?lang=de")
		if err != nil {
			continue // no server would get that far
		}
		s.handler.ServeHTTP(w, r)
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther {
			t.Errorf("%s answers %d", target, w.Code)
			continue
		}
		seen := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(to)
		base, _ := url.Parse("https://chat.example/")
		if led, err := base.Parse(seen); err != nil || led.Host != "chat.example" || led.Scheme != "https" || led.Query().Has("lang") {
			t.Errorf("%s leads to %q, which is %v", target, to, led)
		}
	}
}

// newRequest is a request as a server would have read it, or why it would not.
func newRequest(method, target string) (r *http.Request, err error) {
	u, err := url.ParseRequestURI(target)
	if strings.HasPrefix(target, "//") && err == nil { // net/http takes this for a path
		u, err = url.ParseRequestURI("/x" + target)
		if err == nil {
			u.Path = strings.TrimPrefix(u.Path, "/x")
			u.RawPath = strings.TrimPrefix(u.RawPath, "/x")
		}
	}
	if err != nil {
		return nil, err
	}
	r = httptest.NewRequest(method, "/", nil)
	r.URL, r.RequestURI = u, target
	r.Host = "chat.example"
	return r, nil
}
