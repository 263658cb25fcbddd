package wire_test

import (
	"bytes"
	"testing"

	"parlour/cmd/parlour-load/internal/wire"
)

func TestAnswersFollowOneAnother(t *testing.T) {
	answers := []struct {
		bytes, body string
		status      int
	}{
		{"HTTP/1.1 303 See Other\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "", 303},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "abc0123456789", 200},
		{"HTTP/1.1 204 No Content\r\n\r\n", "", 204},
		{"HTTP/1.1 422 Unprocessable Content\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", "no", 422},
	}
	for size := 1; size < 60; size++ {
		var a wire.Answer
		for _, want := range answers {
			var body []byte
			done := false
			for rest := []byte(want.bytes); len(rest) > 0; {
				if done {
					t.Fatalf("pieces of %d: complete with %q to come", size, rest)
				}
				n := min(size, len(rest))
				var err error
				done, err = a.Feed(bytes.Clone(rest[:n]), func(b []byte) { body = append(body, b...) })
				if err != nil {
					t.Fatalf("pieces of %d: %v", size, err)
				}
				rest = rest[n:]
			}
			if !done || a.Head.Status != want.status || string(body) != want.body || a.Size != int64(len(body)) {
				t.Fatalf("pieces of %d: done %v, %+v, body %q; want %d %q", size, done, a.Head, body, want.status, want.body)
			}
		}
		if !a.Head.Close {
			t.Fatal("Connection: close was not seen")
		}
	}
}

func TestAnswerUntilTheEndOfTheConnection(t *testing.T) {
	var a wire.Answer
	done, err := a.Feed([]byte("HTTP/1.0 200 OK\r\n\r\nas long as it lasts"), nil)
	if done || err != nil || !a.UntilClose() || a.Size != 19 {
		t.Fatalf("done %v, error %v, until close %v, size %d", done, err, a.UntilClose(), a.Size)
	}
}

func TestUnaskedBytesAreRefused(t *testing.T) {
	var a wire.Answer
	if _, err := a.Feed([]byte("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n"), nil); err == nil {
		t.Fatal("bytes behind the answer were taken")
	}
}
