package handlers_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// serve asks the house without a network. Streams come over what is taken for
// HTTP/2, and end at once: a recorder knows no deadlines.
func (s *site) serve(r *http.Request, session string) *httptest.ResponseRecorder {
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "parlour", Value: session})
	}
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// FuzzPath holds that no address is a fault of ours, none leads away from the
// house, and each is answered by something that browsers take for what it is.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/rooms/lobby", "/rooms/lobby?before=3", "/rooms/lobby/events?after=1", "/rooms/lobby/live", "/rooms/lobby/messages?before=2",
		"/rooms/lobby/join?taken", "/rooms/lobby/people", "/rooms/lobby/compose", "/rooms/lobby/own.css?id=g1&day=20251121",
		"/hide.css?m=1", "/mentions?older=1.2.lobby", "/assets/app.css", "/?lang=de", "//evil.example/?lang=de", "/%5Cevil.example?lang=ar", "/rooms/%FF/join",
		"/rooms/lobby%2Fjoin", "/rooms/%25/join", "/rooms/lobby/events?after=-1", "/healthz", "/rooms/lobby;x", "/rooms/lobby?before=%00",
		"/favicon.ico", "/%00", "/rooms/../rooms/lobby", "/rooms/lobby?lang=de&lang=ar&%zz",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	s := open(f, plan{})
	v := s.guest()
	v.say("hello")
	session := v.session()
	f.Fuzz(func(t *testing.T, target string, isKnown bool) {
		r, err := newRequest(http.MethodGet, target)
		if err != nil {
			return
		}
		known := ""
		if isKnown {
			known = session
		}
		w := s.serve(r, known)
		if w.Code >= 500 {
			t.Fatalf("%q answers %d", target, w.Code)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Content-Security-Policy") == "" {
			t.Fatalf("%q answers %d without a policy: %v", target, w.Code, w.Header())
		}
		if to := w.Header().Get("Location"); to != "" {
			base, _ := url.Parse("https://chat.example/")
			led, err := base.Parse(strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(to))
			if err != nil || led.Host != "chat.example" || led.Scheme != "https" {
				t.Fatalf("%q leads to %q", target, to)
			}
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && !utf8.Valid(w.Body.Bytes()) {
			t.Fatalf("%q answers with broken UTF-8", target)
		}
		if n := s.faults.Load(); n > 0 {
			t.Fatalf("%q was a fault", target)
		}
	})
}

// FuzzForm holds that no form is a fault of ours, and that a text that was
// refused stands in the form again.
func FuzzForm(f *testing.F) {
	const urlencoded = "application/x-www-form-urlencoded"
	for _, seed := range []struct {
		contentType, body string
	}{
		{urlencoded, "body=hello&key=k"},
		{urlencoded, "body=&name="},
		{urlencoded, "body=%FF%FE&name=%E2%80%AEana"},
		{urlencoded, "body=%zz"},
		{urlencoded, "body=x;y&key=" + strings.Repeat("k", 65)},
		{urlencoded, "body=%3C/textarea%3E%3Cscript%3E&key=%FF"},
		{urlencoded, "name=%22%3E%3Cb%3E" + strings.Repeat("x", 40)},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\nhi\r\n--x--\r\n"},
		{"multipart/form-data; boundary=x", "--x"},
		{"multipart/form-data", ""},
		{"text/plain", "body=x"},
		{"", ""},
	} {
		for _, at := range []byte{0, 1, 2, 3} {
			f.Add(at, seed.contentType, []byte(seed.body), false)
			f.Add(at, seed.contentType, []byte(seed.body), true)
		}
	}
	s := open(f, plan{})
	session := s.guest().session()
	paths := []string{"/rooms/lobby/messages", "/rooms/lobby/compose", "/rooms/lobby/join", "/rooms/lobby/messages?x=%zz"}
	f.Fuzz(func(t *testing.T, at byte, contentType string, body []byte, byHTMX bool) {
		path := paths[int(at)%len(paths)]
		r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		if byHTMX {
			r.Header.Set("HX-Request", "true")
		}
		w := s.serve(r, session)
		switch w.Code {
		case 200, 303, 400, 409, 413, 422:
		default:
			t.Fatalf("%s of %q (%s) answers %d", path, body, contentType, w.Code)
		}
		if !utf8.Valid(w.Body.Bytes()) || strings.Contains(w.Body.String(), "<script>") {
			t.Fatalf("%s of %q answers with %q", path, body, w.Body)
		}
		if n := s.faults.Load(); n > 0 {
			t.Fatalf("%s of %q was a fault", path, body)
		}
		typed, err := url.ParseQuery(string(body))
		if w.Code != 422 || byHTMX || contentType != urlencoded || err != nil {
			return
		}
		field, want := textarea, typed.Get("body")
		if strings.HasSuffix(path, "/join") {
			field, want = nameField, typed.Get("name")
		}
		if got := kept(field, w.Body.String()); got != strings.ToValidUTF8(want, "\ufffd") {
			t.Fatalf("%q is given back as %q", want, got)
		}
	})
}
