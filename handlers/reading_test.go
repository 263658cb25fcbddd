package handlers_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what has to come: far longer than it
// takes, because the machines that run tests are shared.
const patience = time.Minute

// stream is an open stream, read event by event.
type stream struct {
	t        testing.TB
	response *http.Response
	lines    *bufio.Reader
}

// event is what a block of a stream says; a heartbeat says nothing.
type event struct {
	id, name, retry, data string
	ended                 bool // there was no event any more
}

// stream opens a stream, which closes at the end of the test.
func (v *visitor) stream(path string, fields ...string) *stream {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	response, err := v.Do(v.request(ctx, http.MethodGet, path, nil, fields...))
	if err != nil {
		cancel()
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() {
		cancel()
		_ = response.Body.Close()
	})
	return &stream{t: v.t, response: response, lines: bufio.NewReader(response.Body)}
}

func (s *stream) next() (e event) {
	s.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			if s.response.Request.Context().Err() != nil {
				s.t.Fatal("nothing came")
			}
			return event{ended: true}
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "":
			if value == "" && !strings.HasPrefix(line, ":") { // the empty line, which ends the event
				return e
			}
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "retry":
			e.retry = value
		case "data":
			e.data += value + "\n"
		default:
			s.t.Fatalf("the stream has the line %q", line)
		}
	}
}

// change is the next event that has a number; the hello is none.
func (s *stream) change() event {
	s.t.Helper()
	for {
		if e := s.next(); e.ended || e.id != "" && e.name == "" {
			return e
		}
	}
}

// transports are the ways in which a stream can come.
var transports = map[string]func(*httptest.Server){
	"HTTP/1.1":          nil,
	"HTTP/1.1 over TLS": func(s *httptest.Server) { s.StartTLS() },
	"HTTP/2":            func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
}

// onEachTransport runs a test over all of them.
func onEachTransport(t *testing.T, p plan, test func(t *testing.T, s *site)) {
	t.Helper()
	for name, serve := range transports {
		t.Run(name, func(t *testing.T) {
			p := p
			configure := p.serve
			p.serve = func(server *httptest.Server) {
				if configure != nil {
					configure(server)
				}
				if serve == nil {
					server.Start()
				} else {
					serve(server)
				}
			}
			test(t, open(t, p))
		})
	}
}
