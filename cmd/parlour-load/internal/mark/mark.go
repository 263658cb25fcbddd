// Package mark puts the number and the time of a post into its text, so that
// whoever reads it back knows which post it was and how old it is.
package mark

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
)

// Run is one run of the tool. Its marks are told apart from those of runs
// before it, whose messages may still be in the rooms.
type Run struct {
	prefix []byte
	start  time.Time
}

// Mark is what a message's text carries.
type Mark struct {
	Post int           // number of the post in its run, from 0
	Sent time.Duration // after the start of the run
}

// NewRun begins a run now.
func NewRun() *Run {
	var id [4]byte
	rand.Read(id[:])
	return &Run{prefix: []byte("plq" + hex.EncodeToString(id[:]) + "x"), start: time.Now()}
}

// ID is short, random and made of letters and digits.
func (r *Run) ID() string { return string(r.prefix[3 : len(r.prefix)-1]) }

// Now is the time since the start of the run.
func (r *Run) Now() time.Duration { return time.Since(r.start) }

// Append adds a mark to b. A mark is letters and digits only, so that neither
// escaping nor what makes links and emphasis of text can change it.
func (r *Run) Append(b []byte, m Mark) []byte {
	b = append(b, r.prefix...)
	b = strconv.AppendUint(b, uint64(m.Post), 16)
	b = append(b, 'y')
	b = strconv.AppendUint(b, uint64(m.Sent), 16)
	return append(b, 'z')
}

// Next finds the first mark of the run in text. rest is what follows it.
func (r *Run) Next(text []byte) (m Mark, rest []byte, ok bool) {
	for {
		i := bytes.Index(text, r.prefix)
		if i < 0 {
			return m, nil, false
		}
		text = text[i+len(r.prefix):]
		post, after, okPost := hexUntil(text, 'y')
		if !okPost {
			continue
		}
		sent, after, okSent := hexUntil(after, 'z')
		if !okSent {
			continue
		}
		return Mark{Post: int(post), Sent: time.Duration(sent)}, after, true
	}
}

func hexUntil(text []byte, end byte) (n int64, rest []byte, ok bool) {
	for i, c := range text {
		var digit byte
		switch {
		case '0' <= c && c <= '9':
			digit = c - '0'
		case 'a' <= c && c <= 'f':
			digit = c - 'a' + 10
		case c == end && i > 0:
			return n, text[i+1:], true
		default:
			return 0, nil, false
		}
		if n > math.MaxInt64>>4 {
			return 0, nil, false
		}
		n = n<<4 | int64(digit)
	}
	return 0, nil, false
}

// Padding is n bytes of text in words, with no space at either end.
func Padding(n int) string {
	const words = "people talk and others listen while the evening goes on "
	if n <= 0 {
		return ""
	}
	b := []byte(strings.Repeat(words, n/len(words)+1)[:n])
	if b[n-1] == ' ' {
		b[n-1] = 'n'
	}
	return string(b)
}
