package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"

	"parlour/cmd/parlour-load/internal/wire"
)

// told is what a stream told, as text, so that runs can be compared.
type told struct {
	events []string
	err    error
}

// feed gives a stream the bytes in the pieces that end at cuts.
func feed(b []byte, cuts ...int) told {
	var s wire.Stream
	var scratch []byte
	var out told
	from := 0
	for _, to := range append(cuts, len(b)) {
		piece := bytes.Clone(b[from:to])
		from = to
		out.err = s.Feed(piece, &scratch, func(e wire.Event) {
			out.events = append(out.events, fmt.Sprintf("%s|%s|%s", e.ID, e.Type, e.Data))
		})
		if out.err != nil {
			break
		}
	}
	return out
}

func chunked(t *testing.T, body string, sizes ...int) string {
	t.Helper()
	var b strings.Builder
	w := httputil.NewChunkedWriter(&b)
	for i := 0; len(body) > 0; i++ {
		n := min(sizes[i%len(sizes)], len(body))
		if _, err := io.WriteString(w, body[:n]); err != nil {
			t.Fatal(err)
		}
		body = body[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\r\n"
}

const (
	plainHead   = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
	chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-type: text/event-stream; charset=utf-8\r\n\r\n"
)

var streams = []struct {
	name, body string
	want       []string
}{
	{"nothing but comments", ": ok\n\n: still here\n\n", nil},
	{"an id alone moves the cursor", "id: 7\n\n", []string{"7||"}},
	{"several lines", "id: 8\nevent: reset\ndata: one\ndata:  two\ndata\n\ndata:x\n\n", []string{"8|reset|one\n two\n", "||x"}},
	{"CR and CRLF end lines too", "id: 1\r\ndata: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d\r\n\n", []string{"1||a", "||b", "||c", "||d"}},
	{"unknown fields and a type without data", "retry: 5\nevent: lost\n\nnonsense\ndata: e\n\n", []string{"||e"}},
	{"an id with NUL is none", "id: a\x00b\ndata: f\n\n", []string{"||f"}},
	{"an event cut off at the end is not told", "data: g\n\ndata: h\n", []string{"||g"}},
}

func TestStreamIsTheSameInWhateverPiecesItComes(t *testing.T) {
	for _, test := range streams {
		t.Run(test.name, func(t *testing.T) {
			for _, form := range []struct{ name, bytes, end string }{
				{"plain", plainHead + test.body, ""},
				{"one chunk", chunkedHead + chunked(t, test.body, len(test.body)), "end"},
				{"small chunks", chunkedHead + chunked(t, test.body, 1, 3, 2), "end"},
			} {
				b := []byte(form.bytes)
				check := func(cuts ...int) {
					t.Helper()
					got := feed(b, cuts...)
					if !slices.Equal(got.events, test.want) {
						t.Fatalf("%s cut at %v: told %q, want %q", form.name, cuts, got.events, test.want)
					}
					if ended := errors.Is(got.err, wire.ErrEnd); ended != (form.end != "") || !ended && got.err != nil {
						t.Fatalf("%s cut at %v: %v", form.name, cuts, got.err)
					}
				}
				check()
				for i := range b {
					check(i)
					check(i, min(i+1, len(b)), min(i+2, len(b)))
				}
				every := make([]int, len(b))
				for i := range every {
					every[i] = i
				}
				check(every...)
			}
		})
	}
}

func TestSizeOfAnEventIsItsBytesWithoutChunks(t *testing.T) {
	const event = "id: 3\ndata: hello\n\n"
	var s wire.Stream
	var scratch []byte
	var sizes []int
	if err := s.Feed([]byte(chunkedHead+chunked(t, event+event, 5)), &scratch, func(e wire.Event) { sizes = append(sizes, e.Size) }); !errors.Is(err, wire.ErrEnd) {
		t.Fatal(err)
	}
	if want := []int{len(event), len(event)}; !slices.Equal(sizes, want) {
		t.Fatalf("sizes %v, want %v", sizes, want)
	}
}

func TestWhatIsNoEventStreamIsRefused(t *testing.T) {
	for name, b := range map[string]string{
		"a page":                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>",
		"a refusal":                 "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/event-stream\r\n\r\n",
		"another tongue":            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
		"no chunk size":             chunkedHead + "zz\r\n",
		"a huge chunk":              chunkedHead + "ffffffffffffffff\r\n",
		"an endless head":           "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70<<10),
		"a wrong length":            "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
		"another coding":            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"data after a chunk's data": chunkedHead + "1\r\nab\r\n",
	} {
		if got := feed([]byte(b)); got.err == nil || errors.Is(got.err, wire.ErrEnd) {
			t.Errorf("%s: error %v", name, got.err)
		}
	}
}

func FuzzStreamIsTheSameInTwoPieces(f *testing.F) {
	for _, s := range streams {
		f.Add([]byte(s.body), 5, false)
		f.Add([]byte(s.body), 9, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, cut int, raw bool) {
		b := append([]byte(plainHead), body...)
		if raw { // the framing of chunks, too, is anything
			b = append([]byte(chunkedHead), body...)
		}
		cut = max(0, min(cut, len(b)))
		whole, parts := feed(b), feed(b, cut)
		if !slices.Equal(whole.events, parts.events) || fmt.Sprint(whole.err) != fmt.Sprint(parts.err) {
			t.Fatalf("cut at %d: told %q (%v), whole %q (%v)", cut, parts.events, parts.err, whole.events, whole.err)
		}
	})
}
