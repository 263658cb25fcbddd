package events

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// eventSource reads text/event-stream as the HTML Living Standard has it in
// "9.2.5 Parsing an event stream" and "9.2.6 Interpreting an event stream". It
// was written from there and shares nothing with what writes the frames.
type eventSource struct {
	r       *bufio.Reader
	begun   bool
	skipLF  bool   // the line before ended with CR: a LF belongs to it
	buffer  string // the last event ID buffer
	lastID  string // the last event ID string: what one comes back with
	retry   string
	started []string // fields that the standard does not know
}

// event is what would be dispatched.
type event struct {
	name string // "message" when the stream does not say
	data string
	id   string // lastEventId
}

func newEventSource(r io.Reader) *eventSource { return &eventSource{r: bufio.NewReader(r)} }

// next is the next event with data. A block that the stream ends within is
// discarded, as the standard demands.
func (s *eventSource) next() (event, error) {
	var e event
	var data strings.Builder
	for {
		line, err := s.line()
		if err != nil {
			return event{}, err
		}
		if line == "" {
			s.lastID = s.buffer
			if data.Len() == 0 {
				e = event{}
				continue // only its id counts
			}
			e.data = strings.TrimSuffix(data.String(), "\n")
			e.id = s.lastID
			if e.name == "" {
				e.name = "message"
			}
			return e, nil
		}
		field, value, _ := strings.Cut(line, ":")
		if field == "" {
			continue // a comment
		}
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			e.name = value
		case "data":
			data.WriteString(value + "\n")
		case "id":
			if !strings.Contains(value, "\x00") {
				s.buffer = value
			}
		case "retry":
			if strings.Trim(value, "0123456789") == "" {
				s.retry = value
			}
		default:
			s.started = append(s.started, field)
		}
	}
}

// line reads up to CR, LF or CRLF. It does not wait for what follows a CR.
func (s *eventSource) line() (string, error) {
	var line []byte
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) && len(line) > 0 {
				return "", io.ErrUnexpectedEOF
			}
			return "", err
		}
		skip := s.skipLF && b == '\n'
		s.skipLF = b == '\r'
		if skip {
			continue
		}
		if b != '\r' && b != '\n' {
			line = append(line, b)
			continue
		}
		if !s.begun {
			s.begun = true
			line = []byte(strings.TrimPrefix(string(line), "\uFEFF"))
		}
		// UTF-8 decode: what is not UTF-8 becomes U+FFFD.
		if !utf8.Valid(line) {
			return string([]rune(string(line))), nil
		}
		return string(line), nil
	}
}
