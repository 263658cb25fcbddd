package events

import (
	"bytes"
	"strconv"

	"parlour"
)

// AppendFrame appends one event of a text/event-stream (HTML Living Standard,
// server-sent events). An id of 0 and an empty name leave their fields out. The
// name must be a constant of ours.
//
// CR, LF and CRLF each end a line of the stream, so each of them in data begins
// a new data field; the reader gets them back as LF. No data can begin a field
// of another kind or end the event.
func AppendFrame(dst []byte, id parlour.Seq, name string, data []byte) []byte {
	if id > 0 {
		dst = append(dst, "id: "...)
		dst = strconv.AppendInt(dst, int64(id), 10)
		dst = append(dst, '\n')
	}
	if name != "" {
		dst = append(dst, "event: "...)
		dst = append(dst, name...)
		dst = append(dst, '\n')
	}
	for len(data) > 0 {
		line := data
		if end := bytes.IndexAny(data, "\r\n"); end >= 0 {
			line = data[:end]
			rest := data[end+1:]
			if data[end] == '\r' && len(rest) > 0 && rest[0] == '\n' {
				rest = rest[1:]
			}
			data = rest
		} else {
			data = nil
		}
		dst = append(dst, "data: "...)
		dst = append(dst, line...)
		dst = append(dst, '\n')
	}
	return append(dst, '\n')
}

// appendHello opens a stream at a cursor. The retry field counts only in an
// event that also has data, and browsers come back after it, spread a little
// by themselves.
func appendHello(dst []byte, cursor parlour.Seq) []byte {
	dst = append(dst, "retry: 1500\n"...)
	return AppendFrame(dst, cursor, "hello", []byte(cursor.String()))
}

// frame appends content under the feed's format.
func (f Feed) frame(dst []byte, id parlour.Seq, content []byte) []byte {
	if f.Format == Document {
		return append(dst, content...)
	}
	return AppendFrame(dst, id, "", content)
}

// heartbeat is what a quiet feed is sent so that nobody between takes the
// connection for dead. Readers ignore it.
func (f Feed) heartbeat() []byte {
	if f.Format == Document {
		return []byte("<!-- -->\n")
	}
	return []byte(":\n\n")
}
