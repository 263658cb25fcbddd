package handlers_test

import (
	"bytes"
	"errors"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
)

var (
	textarea  = regexp.MustCompile(`(?s)<textarea[^>]*>(.*?)</textarea>`)
	nameField = regexp.MustCompile(`<input[^>]*\sname="name"[^>]*\svalue="([^"]*)"`)
)

// kept is the text that a page gives back in its field, or a mark that it has
// no such field.
func kept(field *regexp.Regexp, page string) string {
	m := field.FindStringSubmatch(page)
	if m == nil {
		return "(no field)"
	}
	return html.UnescapeString(m[1])
}

// says are the three ways in which a composer posts.
var says = map[string]struct {
	path   string
	fields []string
	isForm bool
	thanks int
	to     string
}{
	"htmx":       {path: "/rooms/lobby/messages", fields: []string{"HX-Request", "true"}, thanks: http.StatusOK},
	"plain form": {path: "/rooms/lobby/messages", isForm: true, thanks: http.StatusSeeOther, to: "/rooms/lobby#end"},
	"frame":      {path: "/rooms/lobby/compose", isForm: true, thanks: http.StatusSeeOther, to: "/rooms/lobby/compose#ta"},
}

func TestSayingIsThankedInTheSendersWay(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	for name, way := range says {
		a := v.post(way.path, url.Values{"body": {"by " + name}, "key": {name}}, way.fields...)
		if a.status != way.thanks || a.header.Get("Location") != way.to {
			t.Errorf("%s is answered %d and sent to %q", name, a.status, a.header.Get("Location"))
		}
		if newest := s.messages(); newest[len(newest)-1].Body != "by "+name {
			t.Errorf("%s: the newest message is %+v", name, newest[len(newest)-1])
		}
		if way.isForm {
			continue
		}
		if !strings.Contains(a.body, `hx-target="#cerr"`) || !strings.Contains(a.body, `hx-target="#key"`) {
			t.Errorf("htmx is answered with no fresh composer: %s", a.body)
		}
		if outside := regexp.MustCompile(`(?s)<hx-partial.*?</hx-partial>`).ReplaceAllString(a.body, ""); strings.TrimSpace(outside) != "" {
			t.Errorf("htmx is answered with more than partials: %q", outside)
		}
	}
}

// TestRefusedTextIsGivenBack refuses in every way what is posted in every way.
func TestRefusedTextIsGivenBack(t *testing.T) {
	const typed = "  <b>half</b> a \"poem\"\n& more"
	var store *failing
	s := open(t, plan{
		troubled: true,
		over:     func(kept parlour.Store) parlour.Store { store = &failing{Store: kept}; return store },
	})
	tooOften := parlour.Errorf(parlour.TooMany, "flood", "too often")
	tooOften.RetryAfter = 1500 * time.Millisecond
	usual := url.Values{"body": {typed}, "key": {"k"}}
	for name, c := range map[string]struct {
		who    func() *visitor
		form   url.Values
		err    error
		fields []string
		status int
		reason string
	}{
		"nobody":        {who: s.visitor, form: usual, status: http.StatusUnauthorized, reason: "Please choose a name first."},
		"left":          {who: s.outsider, form: usual, status: http.StatusForbidden, reason: "You are not in this room any more."},
		"broken key":    {who: s.guest, form: url.Values{"body": {typed}, "key": {"\xff"}}, status: http.StatusUnprocessableEntity, reason: "The form sent something"},
		"long key":      {who: s.guest, form: url.Values{"body": {typed}, "key": {strings.Repeat("k", 65)}}, status: http.StatusUnprocessableEntity, reason: "The form sent something"},
		"too often":     {who: s.guest, form: usual, err: tooOften, status: http.StatusTooManyRequests, reason: "Try again in 2 seconds."},
		"busy store":    {who: s.guest, form: usual, err: parlour.Errorf(parlour.Unavailable, "store.unavailable", "disk full"), status: http.StatusServiceUnavailable, reason: "cannot write anything down"},
		"fault of ours": {who: s.guest, form: usual, err: errors.New("secret detail"), status: http.StatusInternalServerError, reason: "Something went wrong on our side."},
	} {
		for how, way := range says {
			t.Run(name+"/"+how, func(t *testing.T) {
				v := c.who()
				store.fail(c.err)
				defer store.fail(nil)
				a := v.post(way.path, c.form, append(way.fields, c.fields...)...)
				if a.status != c.status || !strings.Contains(html.UnescapeString(a.body), c.reason) {
					t.Errorf("answered %d without %q:\n%s", a.status, c.reason, a.body)
				}
				if way.isForm {
					if got := kept(textarea, a.body); got != typed {
						t.Errorf("gave back %q", got)
					}
				} else if !strings.Contains(a.body, `<hx-partial hx-target="#cerr"`) {
					t.Errorf("the reason stands nowhere: %s", a.body)
				}
				wait := ""
				if c.status == http.StatusTooManyRequests {
					wait = "2"
				}
				if got := a.header.Get("Retry-After"); got != wait {
					t.Errorf("Retry-After is %q, want %q", got, wait)
				}
				if strings.Contains(a.body, "secret") || strings.Contains(a.body, "disk full") {
					t.Error("told what is nobody's business")
				}
			})
		}
	}
}

func TestRefusedWordsAreGivenBack(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	for _, c := range []struct {
		body, shown, reason string
		status              int
	}{
		{"", "", "The message is empty.", http.StatusUnprocessableEntity},
		{" \u200b\n", " \u200b\n", "The message is empty.", http.StatusUnprocessableEntity},
		{"/me ", "/me ", "Say what you do", http.StatusUnprocessableEntity},
		{strings.Repeat("é", parlour.MaxBody+1), strings.Repeat("é", parlour.MaxBody+1), "at most 4000", http.StatusUnprocessableEntity},
		{"broken \xff\xfe text", "broken \ufffd text", "could not be read", http.StatusUnprocessableEntity},
	} {
		for how, way := range says {
			a := v.post(way.path, url.Values{"body": {c.body}}, way.fields...)
			if a.status != c.status || !strings.Contains(strings.ReplaceAll(html.UnescapeString(a.body), "4,000", "4000"), c.reason) {
				t.Errorf("%s of %.20q answers %d without %q", how, c.body, a.status, c.reason)
			}
			if got := kept(textarea, a.body); way.isForm && got != c.shown {
				t.Errorf("%s gives %.40q back as %.40q", how, c.body, got)
			}
		}
	}
	if said := s.messages(); len(said) > 0 {
		t.Errorf("said all the same: %+v", said)
	}
}

func TestTextIsGivenBackWhenEvenTheRoomCannotBeRead(t *testing.T) {
	var store *failing
	s := open(t, plan{over: func(kept parlour.Store) parlour.Store { store = &failing{Store: kept}; return store }})
	v := s.guest()
	store.fail(parlour.Errorf(parlour.Unavailable, "store.unavailable", "disk full")) // and so no page of messages
	a := v.post("/rooms/lobby/messages", url.Values{"body": {"a poem"}})
	if got := kept(textarea, a.body); a.status != http.StatusServiceUnavailable || got != "a poem" {
		t.Errorf("answered %d and gave back %q", a.status, got)
	}
}

func TestSameKeyAndTextAreOneMessageHoweverTheyCome(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	for _, way := range says {
		for range 2 {
			v.post(way.path, url.Values{"body": {"once"}, "key": {"k"}}, way.fields...)
		}
	}
	if said := s.messages(); len(said) != 1 {
		t.Errorf("one message became %d", len(said))
	}
}

func TestFormsOfEitherEncodingAreRead(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key, value := range map[string]string{"body": "in parts", "key": "k"} {
		if err := form.WriteField(key, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	a := v.ask(v.request(t.Context(), http.MethodPost, "/rooms/lobby/messages", &body, "Content-Type", form.FormDataContentType()))
	if said := s.messages(); a.status != http.StatusSeeOther || len(said) != 1 || said[0].Body != "in parts" {
		t.Errorf("answered %d; said %+v", a.status, said)
	}
}

func TestFormThatCannotBeReadIsMalformed(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	for _, c := range []struct{ contentType, body string }{
		{"application/x-www-form-urlencoded", "body=poem&key=%zz"},
		{"application/x-www-form-urlencoded", "body=poem&a;b=c"},
		{"application/x-www-form-urlencoded; charset=utf-8", "body=poem&a;b=c"},
		{"multipart/form-data; boundary=x", "no part at all"},
		{"multipart/form-data", "--x"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\nno end"},
	} {
		for _, path := range []string{"/rooms/lobby/messages", "/rooms/lobby/compose"} {
			a := v.ask(v.request(t.Context(), http.MethodPost, path, strings.NewReader(c.body), "Content-Type", c.contentType))
			if a.status != http.StatusBadRequest || !strings.Contains(a.body, "We could not read the form") {
				t.Errorf("%s of %q answers %d", path, c.body, a.status)
			}
			if got := kept(textarea, a.body); got != "poem" && got != "" {
				t.Errorf("%s of %q gives back %q", path, c.body, got)
			}
		}
	}
	for _, contentType := range []string{"application/json", "text/plain", "", "nonsense;;;"} {
		a := v.ask(v.request(t.Context(), http.MethodPost, "/rooms/lobby/messages", strings.NewReader(`{"body":"x"}`), "Content-Type", contentType))
		if a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
			t.Errorf("a form of type %q answers %d", contentType, a.status)
		}
	}
	if said := s.messages(); len(said) > 0 {
		t.Errorf("said all the same: %+v", said)
	}
}

// endless is a form with as much text as anybody takes.
type endless struct{ taken *atomic.Int64 }

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	e.taken.Add(int64(len(b)))
	return len(b), nil
}

func TestHugeFormIsCutShort(t *testing.T) {
	const huge = 100 << 20
	s := open(t, plan{})
	for name, c := range map[string]struct {
		path, contentType, start string
		fields                   []string
		chunked                  bool
	}{
		"message":              {path: "/rooms/lobby/messages", start: "body="},
		"message of no length": {path: "/rooms/lobby/messages", start: "body=", chunked: true},
		"message by htmx":      {path: "/rooms/lobby/messages", start: "body=", fields: []string{"HX-Request", "true"}},
		"message in a frame":   {path: "/rooms/lobby/compose", start: "body="},
		"name":                 {path: "/rooms/lobby/join", start: "name="},
		"message of a charset": {
			path: "/rooms/lobby/messages", contentType: "application/x-www-form-urlencoded; charset=utf-8", start: "body=",
		},
		"parts": {
			path: "/rooms/lobby/messages", contentType: "multipart/form-data; boundary=x",
			start: "--x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n",
		},
		"file": {
			path: "/rooms/lobby/messages", contentType: "multipart/form-data; boundary=x",
			start: "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := s.guest()
			var taken atomic.Int64
			body := io.LimitReader(io.MultiReader(strings.NewReader(c.start), endless{&taken}), huge)
			r := v.request(t.Context(), http.MethodPost, c.path, body, c.fields...)
			if !c.chunked {
				r.ContentLength = huge
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if c.contentType != "" {
				r.Header.Set("Content-Type", c.contentType)
			}
			a := v.ask(r)
			if a.status != http.StatusRequestEntityTooLarge || !strings.Contains(a.body, "more than fits into a form") {
				t.Errorf("answered %d: %.300s", a.status, a.body)
			}
			if n := taken.Load(); n > huge/4 { // most of it lies in the sockets' buffers
				t.Errorf("%d bytes were sent before the answer", n)
			}
		})
	}
	if said := s.messages(); len(said) > 0 {
		t.Errorf("said all the same: %+v", said)
	}
}
