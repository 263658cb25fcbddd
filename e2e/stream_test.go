package e2e

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// stream is an open stream of changes.
type stream struct {
	t      *testing.T
	header http.Header
	events chan event // closed when the stream has ended
	err    error      // how it ended, nil for a clean end; read it after events is closed
	close  context.CancelFunc
}

// event is one event of a stream, by the rules of the HTML Living Standard,
// server-sent events. It is a parser of its own so that it shares no mistake
// with the program.
type event struct {
	id, name, data string
}

// listens opens a stream, as htmx does.
func (v *visitor) listens(path string, changes ...as) *stream {
	v.t.Helper()
	ctx, cancel := context.WithCancel(v.t.Context())
	v.t.Cleanup(cancel)
	changes = append([]as{with("HX-Request", "true"), with("Accept", "text/event-stream")}, changes...)
	resp, err := v.open(ctx, "GET", path, nil, changes...)
	if err != nil {
		v.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		v.t.Fatalf("the stream was answered with %s", resp.Status)
	}
	s := &stream{t: v.t, header: resp.Header, events: make(chan event, 10_000), close: cancel}
	go s.read(resp.Body)
	return s
}

func (s *stream) read(body io.ReadCloser) {
	defer close(s.events)
	defer body.Close()
	lines := bufio.NewReader(body)
	var e event
	var data []string
	lastID := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			if err != io.EOF {
				s.err = err
			}
			return
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" {
			if data != nil || e.name != "" {
				e.id, e.data = lastID, strings.Join(data, "\n")
				s.events <- e
			}
			e, data = event{}, nil
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			lastID = value
		case "event":
			e.name = value
		case "data":
			data = append(data, value)
		}
	}
}

// next is the next event of which something is so.
func (s *stream) next(isSo func(event) bool) event {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case e, isOpen := <-s.events:
			if !isOpen {
				s.t.Fatalf("the stream has ended: %v", s.err)
			}
			if isSo(e) {
				return e
			}
		case <-timeout:
			s.t.Fatal("the event did not come")
		}
	}
}

// end waits for the end of the stream, and tells whether it was a clean one.
func (s *stream) end() error {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case _, isOpen := <-s.events:
			if !isOpen {
				return s.err
			}
		case <-timeout:
			s.t.Fatal("the stream did not end")
		}
	}
}
