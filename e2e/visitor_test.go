package e2e

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// visitor is somebody without a browser: plain HTTP with cookies. It follows no
// redirects, so that tests see them.
type visitor struct {
	t       *testing.T
	program *program
	client  *http.Client
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func newVisitor(t *testing.T, program *program) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		ExpectContinueTimeout: patience,
		TLSClientConfig:       &tls.Config{InsecureSkipVerify: true}, // the test's own certificate, see encrypted
		ForceAttemptHTTP2:     true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t: t, program: program, client: &http.Client{
		Jar:       jar,
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// enters makes a visitor who is in the lobby under a name.
func enters(t *testing.T, program *program, name string) *visitor {
	t.Helper()
	v := newVisitor(t, program)
	got := v.post("/rooms/lobby/join", url.Values{"name": {name}})
	if got.status != http.StatusSeeOther || got.header.Get("Location") != "/rooms/lobby" {
		t.Fatalf("joining as %q was answered with %d to %q:\n%s", name, got.status, got.header.Get("Location"), got.body)
	}
	return v
}

// as changes a request before it is sent.
type as func(*http.Request)

func with(header, value string) as {
	return func(r *http.Request) { r.Header.Set(header, value) }
}

func (v *visitor) get(path string, changes ...as) answer {
	v.t.Helper()
	return v.must(v.try(v.t.Context(), "GET", path, nil, changes...))
}

func (v *visitor) post(path string, form url.Values, changes ...as) answer {
	v.t.Helper()
	changes = append([]as{with("Content-Type", "application/x-www-form-urlencoded")}, changes...)
	return v.must(v.try(v.t.Context(), "POST", path, strings.NewReader(form.Encode()), changes...))
}

// says posts to the lobby and requires that it is taken.
func (v *visitor) says(text string) {
	v.t.Helper()
	if got := v.post("/rooms/lobby/messages", url.Values{"body": {text}}); got.status != http.StatusSeeOther {
		v.t.Fatalf("saying %.60q was answered with %d:\n%s", text, got.status, got.body)
	}
}

func (v *visitor) must(got answer, err error) answer {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	return got
}

func (v *visitor) try(ctx context.Context, method, path string, body io.Reader, changes ...as) (answer, error) {
	resp, err := v.open(ctx, method, path, body, changes...)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}, err
}

// open sends a request and leaves its answer to be read.
func (v *visitor) open(ctx context.Context, method, path string, body io.Reader, changes ...as) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, v.program.url(path), body)
	if err != nil {
		return nil, err
	}
	for _, change := range changes {
		change(r)
	}
	return v.client.Do(r)
}
