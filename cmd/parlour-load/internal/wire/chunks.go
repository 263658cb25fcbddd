package wire

import "fmt"

// chunks takes the framing of the chunked coding (RFC 9112 §7.1) off a body.
// The zero value stands before the first chunk.
type chunks struct {
	at   chunkPlace
	left int64 // of the chunk's data, or what its size has come to so far
	seen int   // bytes of the present framing line, to bound it
}

type chunkPlace uint8

const (
	inSize      chunkPlace = iota // the hexadecimal digits
	inExtension                   // what may follow them on the line
	inData
	afterData   // the line end behind the data
	inTrailer   // a trailer line that has text
	startOfLine // the start of a trailer line: an empty one ends the body
	ended
)

// strip moves the data in p to its front and answers it. more is what stands
// behind the last chunk, if that has come.
func (c *chunks) strip(p []byte) (data, more []byte, err error) {
	n := 0
	for i := 0; i < len(p); {
		if c.at == inData {
			k := int(min(c.left, int64(len(p)-i)))
			n += copy(p[n:], p[i:i+k])
			i += k
			if c.left -= int64(k); c.left == 0 {
				c.at = afterData
			}
			continue
		}
		if c.at == ended {
			return p[:n], p[i:], nil
		}
		if err := c.framing(p[i]); err != nil {
			return p[:n], nil, err
		}
		i++
	}
	return p[:n], nil, nil
}

// framing takes one byte that is not data.
func (c *chunks) framing(b byte) error {
	if c.seen++; c.seen > maxHead {
		return fmt.Errorf("a line of the chunked coding is longer than %d bytes", maxHead)
	}
	switch c.at {
	case inSize:
		if digit, ok := hex(b); ok {
			if c.left > 1<<40 {
				return fmt.Errorf("a chunk of more than %d bytes", c.left)
			}
			c.left = c.left<<4 | int64(digit)
			return nil
		}
		if c.seen == 1 {
			return fmt.Errorf("not the size of a chunk: %q", b)
		}
		c.at = inExtension
		fallthrough
	case inExtension:
		if b == '\n' {
			c.seen = 0
			c.at = inData
			if c.left == 0 {
				c.at = startOfLine
			}
		}
	case afterData:
		if b == '\n' {
			c.seen = 0
			c.at = inSize
		} else if b != '\r' {
			return fmt.Errorf("%q where a chunk should end", b)
		}
	case startOfLine:
		switch b {
		case '\r':
		case '\n':
			c.at = ended
		default:
			c.at = inTrailer
		}
	case inTrailer:
		if b == '\n' {
			c.at = startOfLine
		}
	}
	return nil
}

func hex(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b && b <= 'f':
		return b - 'a' + 10, true
	case 'A' <= b && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
