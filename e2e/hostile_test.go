package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestHugeBodyIsRefusedUnread(t *testing.T) {
	t.Parallel()
	house := start(t)
	v := enters(t, house, "Mallory")
	const size = 100 << 20
	for name, length := range map[string]int64{"announced": size, "in chunks": -1} {
		for _, path := range []string{"/rooms/lobby/messages", "/rooms/lobby/join"} {
			body := &counted{r: io.LimitReader(io.MultiReader(strings.NewReader("body="), zeros{}), size)}
			got, err := v.try(t.Context(), "POST", path, body,
				with("Content-Type", "application/x-www-form-urlencoded"),
				func(r *http.Request) { r.ContentLength = length })
			// The program may close the connection while the body is still being
			// sent; then the client may see that before it sees the answer.
			if err == nil && got.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s body to %s: answered with %d", name, path, got.status)
			}
			if n := body.n.Load(); n > size/4 { // most of it lies in the sockets' buffers
				t.Errorf("%s body to %s: %d bytes of it were taken", name, path, n)
			}
		}
	}
	// A client that listens while it sends sees the answer in any case.
	if status := halfSent(t, house); status != http.StatusRequestEntityTooLarge {
		t.Errorf("half of a large body was answered with %d", status)
	}
	v.says("the house still stands")
}

// halfSent sends two megabytes of a form that is said to have a hundred, and tells
// the status of the answer.
func halfSent(t *testing.T, house *program) int {
	t.Helper()
	conn, err := net.Dial("tcp", house.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() {
		// The program stops reading at some point, so an error is expected.
		_, _ = io.WriteString(conn, "POST /rooms/lobby/join HTTP/1.1\r\nHost: localhost\r\n"+
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 104857600\r\n\r\nname=")
		_, _ = io.CopyN(conn, zeros{}, 2<<20)
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// counted counts what is read. A client may go on reading a body after it has
// the answer, so that happens beside the test.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func TestDeceptiveNamesAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	house := start(t)
	for name, typed := range map[string]string{
		"direction overrides": "\u202e\u202d\u202eanA",
		"only invisible":      "\u200b\u2060",
		"control characters":  "A\x00na\x1b[31m",
		"broken UTF-8":        "An\xff\xfea",
		"empty":               "   ",
		"too long":            strings.Repeat("a", 41),
	} {
		v := newVisitor(t, house)
		got := v.post("/rooms/lobby/join", url.Values{"name": {typed}})
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("a name of %s was answered with %d", name, got.status)
		}
		if !strings.Contains(got.body, `role="alert"`) {
			t.Errorf("the answer to a name of %s gives no reason", name)
		}
	}
}

func TestTextThatIsNoMessageIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	house := start(t)
	v := enters(t, house, "Mallory")
	for name, typed := range map[string]string{
		"broken UTF-8": "caf\xe9",
		"empty":        "",
		"only spaces":  " \n\t ",
		"invisible":    "\u200b",
		"too long":     strings.Repeat("é", 4001),
	} {
		for client, header := range map[string]string{"htmx": "true", "a form": ""} {
			got := v.post("/rooms/lobby/messages", url.Values{"body": {typed}}, with("HX-Request", header))
			if got.status != http.StatusUnprocessableEntity {
				t.Errorf("%s from %s was answered with %d", name, client, got.status)
			}
			if !strings.Contains(got.body, "cerr") {
				t.Errorf("the answer to %s from %s gives no reason:\n%s", name, client, got.body)
			}
		}
	}
	if got := v.post("/rooms/lobby/messages", url.Values{"body": {strings.Repeat("é", 4000)}}); got.status != http.StatusSeeOther {
		t.Errorf("4,000 characters were answered with %d", got.status)
	}
	if got := v.post("/rooms/lobby/messages", url.Values{"body": {"a"}, "key": {strings.Repeat("k", 65)}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a key of 65 characters was answered with %d", got.status)
	}
}

func TestCursorsThatAreNoneGetAClearAnswer(t *testing.T) {
	t.Parallel()
	house := start(t)
	v := enters(t, house, "Mallory")
	v.says("something")
	for _, cursor := range []string{"-1", "+1", "1" + strings.Repeat("0", 30), "text", "1 2", "0x10", "１２"} {
		if got := v.get("/rooms/lobby/events", with("Last-Event-ID", cursor)); got.status != http.StatusBadRequest || got.body == "" {
			t.Errorf("Last-Event-ID %q was answered with %d %q", cursor, got.status, got.body)
		}
		for _, path := range []string{"/rooms/lobby/events?after=", "/rooms/lobby/messages?before=", "/rooms/lobby?before="} {
			if got := v.get(path + url.QueryEscape(cursor)); got.status != http.StatusBadRequest || got.body == "" {
				t.Errorf("%s%s was answered with %d", path, cursor, got.status)
			}
		}
	}
}

// A cursor ahead of the room happens when the store was restored from a backup:
// the reader gets the room as it is now.
func TestCursorAheadOfTheRoomStartsAfresh(t *testing.T) {
	t.Parallel()
	house := start(t)
	v := enters(t, house, "Ana")
	v.says("as it is now")
	s := v.listens("/rooms/lobby/events", with("Last-Event-ID", "9000000000000000000"))
	first := s.next(func(e event) bool { return strings.Contains(e.data, "as it is now") })
	if !strings.Contains(first.data, `hx-target="#history"`) {
		t.Errorf("the event does not replace the list:\n%s", first.data)
	}
	if first.id == "" || len(first.id) > 10 {
		t.Errorf("the event leaves the reader at %q", first.id)
	}
}

func TestOtherSitesCannotPostWithOurCookies(t *testing.T) {
	t.Parallel()
	house := start(t)
	v := enters(t, house, "Ana")
	for name, changes := range map[string][]as{
		"a modern browser": {with("Sec-Fetch-Site", "cross-site"), with("Origin", "https://evil.example")},
		"an older browser": {with("Origin", "https://evil.example")},
		"a sandbox":        {with("Origin", "null")},
	} {
		for path, form := range map[string]url.Values{
			"/rooms/lobby/messages": {"body": {"forged"}},
			"/rooms/lobby/join":     {"name": {"Forged"}},
			"/rooms/lobby/leave":    {},
		} {
			if got := v.post(path, form, changes...); got.status != http.StatusForbidden {
				t.Errorf("a post to %s from another site by %s was answered with %d", path, name, got.status)
			}
		}
	}
	v.says("my own")
	if got := v.get("/rooms/lobby"); strings.Contains(strings.ToLower(got.body), "forged") {
		t.Error("another site has spoken")
	}
}

func TestSameKeyAndTextAreOneMessage(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off")
	v := enters(t, house, "Ana")
	other := enters(t, house, "Bob")
	post := func(v *visitor, body, key string) {
		if got := v.post("/rooms/lobby/messages", url.Values{"body": {body}, "key": {key}}); got.status != http.StatusSeeOther {
			t.Errorf("%q was answered with %d", body, got.status)
		}
	}
	done := make(chan struct{})
	for range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			post(v, "the same", "k1")
		}()
	}
	for range 8 {
		<-done
	}
	post(v, "the same", "k1")
	post(v, "changed", "k1")  // a kept key with another text is another message
	post(v, "the same", "k2") // and so is the same text said again
	post(other, "the same", "k1")
	page := v.get("/rooms/lobby").body
	if n := strings.Count(page, "the same</"); n != 3 {
		t.Errorf("it was said %d times, want 3", n)
	}
	if n := strings.Count(page, "changed</"); n != 1 {
		t.Errorf("the changed text is there %d times", n)
	}
}

func TestStreamSaysAtOnceThatItIsOpen(t *testing.T) {
	t.Parallel()
	house := start(t)
	v := enters(t, house, "Ana")
	s := v.listens("/rooms/lobby/events")
	for name, want := range map[string]string{
		"Content-Type":      "text/event-stream",
		"X-Accel-Buffering": "no",
	} {
		if got := s.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := s.header.Get("Cache-Control"); !strings.Contains(got, "no-transform") {
		t.Errorf("Cache-Control is %q", got)
	}
	v.says("one\rtwo\r\ndata: three\nid: 999\n\nevent: bye")
	e := s.next(func(e event) bool { return strings.Contains(e.data, "two") })
	if e.id == "999" || !strings.Contains(e.data, "data: three") || !strings.Contains(e.data, "event: bye") {
		t.Errorf("a text with line ends became the event %+v", e)
	}
}

func TestPagesCarryTheirSecurityHeaders(t *testing.T) {
	t.Parallel()
	house := start(t)
	v := enters(t, house, "Ana")
	for _, path := range []string{"/", "/rooms/lobby", "/rooms/lobby/join", "/rooms/lobby/people", "/rooms/lobby/compose", "/nowhere"} {
		got := v.get(path)
		policy := got.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy lacks %s: %s", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is unsafe: %s", path, policy)
		}
		if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers are missing: %v", path, got.header)
		}
		for _, c := range got.header.Values("Set-Cookie") {
			t.Errorf("%s sets a cookie again: %s", path, c)
		}
	}
	entering := newVisitor(t, house).post("/rooms/lobby/join", url.Values{"name": {"Bob"}})
	cookie := entering.header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") || strings.Contains(cookie, "Secure") {
		t.Errorf("over plain HTTP the session's cookie is %q", cookie)
	}
	secure := start(t, "--public-url", "https://chat.example")
	entering = newVisitor(t, secure).post("/rooms/lobby/join", url.Values{"name": {"Bob"}})
	if cookie := entering.header.Get("Set-Cookie"); !strings.Contains(cookie, "Secure") {
		t.Errorf("for an https address the session's cookie is %q", cookie)
	}
}
