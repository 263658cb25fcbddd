package wire

import (
	"bytes"
	"fmt"
)

// maxEvent bounds an event. It is far above what a chat sends in one, so a
// stream that reaches it is not one.
const maxEvent = 16 << 20

// Event is one event of a stream (HTML Living Standard, server-sent events).
// Its slices are valid only until the function that is given it returns.
type Event struct {
	ID   []byte // of this event, nil when it has none
	Type []byte // nil for "message"
	Data []byte // its data lines, joined by LF
	Size int    // bytes on the wire, without the framing of chunks
}

// Stream reads an answer that is an event stream. The zero value is ready for
// the first byte of the head. It holds memory only for what is not complete.
type Stream struct {
	Head   Head // valid once Opened
	Opened bool // the head was read

	chunks chunks
	skipLF bool   // the last byte was a CR that ended a line: an LF belongs to it
	rest   []byte // of a head or an event that is not complete
}

// Feed takes the next bytes of the connection and calls event for each event
// that they complete. p is used as scratch space. It is ErrEnd when the body
// has ended by its framing, and an error when the bytes are no event stream:
// after that the Stream is of no use. *scratch is reused to join data lines; it
// may be shared by all streams of a thread.
func (s *Stream) Feed(p []byte, scratch *[]byte, event func(Event)) error {
	if !s.Opened {
		if len(s.rest) > 0 {
			s.rest = append(s.rest, p...)
			p = s.rest
		}
		head, body, err := ParseHead(p)
		if err != nil {
			return err
		}
		if body == nil {
			s.rest = append(s.rest[:0:0], p...)
			return nil
		}
		s.Head, s.Opened, s.rest = head, true, nil
		if head.Status != 200 {
			return fmt.Errorf("the stream was answered with status %d", head.Status)
		}
		if mediaType, _, _ := bytes.Cut([]byte(head.Type), []byte(";")); !bytes.EqualFold(bytes.TrimSpace(mediaType), []byte("text/event-stream")) {
			return fmt.Errorf("the answer is %q, not an event stream", head.Type)
		}
		p = body
	}
	var broken error // what came before is told all the same
	if s.Head.Chunked {
		p, _, broken = s.chunks.strip(p)
	}
	if err := s.events(p, scratch, event); err != nil {
		return err
	}
	if broken != nil {
		return broken
	}
	if s.chunks.at == ended {
		return ErrEnd
	}
	return nil
}

func (s *Stream) events(p []byte, scratch *[]byte, event func(Event)) error {
	if len(p) == 0 {
		return nil
	}
	if s.skipLF && p[0] == '\n' {
		p = p[1:]
	}
	s.skipLF = false
	if len(s.rest) > 0 {
		s.rest = append(s.rest, p...)
		p = s.rest
	}
	for len(p) > 0 {
		n, endsInCR := one(p, scratch, event)
		if n == 0 {
			break
		}
		p = p[n:]
		if endsInCR {
			if len(p) == 0 {
				s.skipLF = true
			} else if p[0] == '\n' {
				p = p[1:]
			}
		}
	}
	switch {
	case len(p) > maxEvent:
		return fmt.Errorf("an event of more than %d bytes", maxEvent)
	case len(p) == 0:
		s.rest = nil
	default:
		s.rest = append(s.rest[:0:0], p...)
	}
	return nil
}

// one reads the event at the start of p and answers how many bytes it has up to
// and with its empty line, without an LF that follows a CR at the very end.
// n is 0 when the event is not complete.
func one(p []byte, scratch *[]byte, event func(Event)) (n int, endsInCR bool) {
	e := Event{Data: (*scratch)[:0]}
	hasData := false
	for n < len(p) {
		line, next, cr := cutLine(p[n:])
		if next == 0 {
			return 0, false
		}
		n += next
		if len(line) == 0 {
			*scratch = e.Data
			if hasData {
				e.Data = e.Data[:len(e.Data)-1]
			} else {
				e.Type = nil
			}
			e.Size = n
			if hasData || e.ID != nil {
				event(e)
			}
			return n, cr
		}
		// A CR at the end of a line that is not empty never ends the event, so
		// its LF is there, or the whole event is read again once it is.
		if cr && n < len(p) && p[n] == '\n' {
			n++
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "data":
			hasData = true
			e.Data = append(append(e.Data, value...), '\n')
		case "id":
			if bytes.IndexByte(value, 0) < 0 {
				e.ID = value
			}
		case "event":
			e.Type = value
		}
	}
	return 0, false
}

// cutLine answers the line at the start of p and how many bytes it has with its
// end, or 0 when the end is not there. Of CRLF only the CR is taken, and cr is
// true, because the LF may not have arrived.
func cutLine(p []byte) (line []byte, next int, cr bool) {
	lf := bytes.IndexByte(p, '\n')
	within := p
	if lf >= 0 {
		within = p[:lf]
	}
	if i := bytes.IndexByte(within, '\r'); i >= 0 {
		return p[:i], i + 1, true
	}
	if lf < 0 {
		return nil, 0, false
	}
	return p[:lf], lf + 1, false
}
