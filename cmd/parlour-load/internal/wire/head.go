// Package wire reads what an HTTP/1.1 server sends, as bytes that arrive in any
// pieces: the head of an answer, a body in chunks, of a length or up to the end
// of the connection, and the events of a stream. It opens no connection and
// keeps no buffer beyond the piece that is not complete yet, so that one thread
// can read for many thousand streams.
package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// maxHead bounds the head of an answer, and each line of a chunk's framing.
const maxHead = 64 << 10

// ErrEnd is told by a stream whose last chunk has come.
var ErrEnd = errors.New("the stream has ended")

// Head is what matters of the head of an answer.
type Head struct {
	Status  int
	Type    string // Content-Type, as sent
	Length  int64  // Content-Length, or -1
	Chunked bool   // Transfer-Encoding: chunked
	Close   bool   // the server ends the connection after this answer
}

// ParseHead reads the head at the start of b. rest is what follows it. While
// the head is not complete, rest is nil and so is the error.
func ParseHead(b []byte) (h Head, rest []byte, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > maxHead {
			return h, nil, fmt.Errorf("the head of the answer is longer than %d bytes", maxHead)
		}
		return h, nil, nil
	}
	lines, rest := b[:end+2], b[end+4:]
	line, lines, _ := bytes.Cut(lines, []byte("\r\n"))
	version, status, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(status, []byte(" "))
	h.Status, err = strconv.Atoi(string(code))
	if err != nil || h.Status < 100 || !bytes.HasPrefix(version, []byte("HTTP/1.")) {
		return h, nil, fmt.Errorf("not an answer in HTTP/1.1: %.40q", line)
	}
	h.Length = -1
	h.Close = string(version) == "HTTP/1.0"
	for len(lines) > 0 {
		line, lines, _ = bytes.Cut(lines, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(":"))
		if err := h.field(string(bytes.ToLower(name)), string(bytes.TrimSpace(value))); err != nil {
			return h, nil, err
		}
	}
	if h.Status == 204 || h.Status == 304 || h.Status < 200 {
		h.Length, h.Chunked = 0, false // RFC 9112 §6.3: these have no body
	}
	return h, rest, nil
}

func (h *Head) field(name, value string) error {
	switch name {
	case "content-type":
		h.Type = value
	case "content-length":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("not a Content-Length: %.40q", value)
		}
		h.Length = n
	case "transfer-encoding":
		switch {
		case equalFold(value, "chunked"):
			h.Chunked = true
		case equalFold(value, "identity"):
		default:
			return fmt.Errorf("an unknown Transfer-Encoding: %.40q", value)
		}
	case "connection":
		h.Close = h.Close || equalFold(value, "close")
	}
	return nil
}

func equalFold(a, b string) bool { return len(a) == len(b) && bytes.EqualFold([]byte(a), []byte(b)) }
