package handlers_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
)

// sink is a ResponseWriter that costs next to nothing and keeps the status.
type sink struct {
	header http.Header
	status int
	size   int
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) { s.status = status }

func (s *sink) Write(b []byte) (int, error) {
	s.size += len(b)
	return len(b), nil
}

// SetWriteDeadline and Flush are what streams need.
func (s *sink) SetWriteDeadline(time.Time) error { return nil }

func (s *sink) Flush() {}

// bench asks the house again and again for the same, without a network.
func bench(b *testing.B, s *site, want int, request func() *http.Request) {
	b.Helper()
	session := "parlour=" + s.guest().session()
	b.ReportAllocs()
	for b.Loop() {
		r := request()
		r.Header["Cookie"] = []string{session}
		w := sink{header: make(http.Header)}
		s.handler.ServeHTTP(&w, r)
		if w.status != want {
			b.Fatalf("answered %d", w.status)
		}
	}
}

// asBrowser is a request with the header fields that browsers send.
func asBrowser(method, path string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, path, body)
	r.Header["Accept"] = []string{"text/html,application/xhtml+xml"}
	r.Header["Accept-Language"] = []string{"de-DE,de;q=0.9,en;q=0.8"}
	r.Header["User-Agent"] = []string{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"}
	return r
}

// BenchmarkPost is a message by htmx, from the request to the answer, made
// durable by the real store: BenchmarkSession is the part that is the session's.
func BenchmarkPost(b *testing.B) {
	s := open(b, plan{})
	i := 0
	bench(b, s, http.StatusOK, func() *http.Request {
		i++
		form := url.Values{"body": {"The quick brown fox jumps over the lazy dog."}, "key": {fmt.Sprint("k", i)}}
		r := asBrowser(http.MethodPost, "/rooms/lobby/messages", strings.NewReader(form.Encode()))
		r.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
		r.Header["Hx-Request"] = []string{"true"}
		return r
	})
}

// BenchmarkRequest is the request of BenchmarkPost as it is made by the test
// and no server, and the place of its answer, to be taken off.
func BenchmarkRequest(b *testing.B) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		form := url.Values{"body": {"The quick brown fox jumps over the lazy dog."}, "key": {fmt.Sprint("k", i)}}
		r := asBrowser(http.MethodPost, "/rooms/lobby/messages", strings.NewReader(form.Encode()))
		r.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
		r.Header["Hx-Request"] = []string{"true"}
		r.Header["Cookie"] = []string{"parlour=x"}
		asked, answered = r, &sink{header: make(http.Header)}
	}
}

var (
	asked    *http.Request
	answered http.ResponseWriter
)

// BenchmarkRoomPage is the page of a quiet room with 50 messages, uncompressed.
func BenchmarkRoomPage(b *testing.B) {
	s := open(b, plan{})
	v := s.guest()
	for i := range parlour.PageSize {
		v.say(fmt.Sprintf("Message %d: the quick brown fox jumps over the lazy dog.", i))
	}
	bench(b, s, http.StatusOK, func() *http.Request { return asBrowser(http.MethodGet, "/rooms/lobby", nil) })
}

// BenchmarkCompressedRoomPage is the same as browsers ask for it.
func BenchmarkCompressedRoomPage(b *testing.B) {
	s := open(b, plan{})
	v := s.guest()
	for i := range parlour.PageSize {
		v.say(fmt.Sprintf("Message %d: the quick brown fox jumps over the lazy dog.", i))
	}
	bench(b, s, http.StatusOK, func() *http.Request {
		r := asBrowser(http.MethodGet, "/rooms/lobby", nil)
		r.Header["Accept-Encoding"] = []string{"gzip, deflate, br, zstd"}
		return r
	})
}

// BenchmarkOpenRoom is the page of a room with so many messages, of which 50 stand
// on it: read from the store, because something has happened in the room since the
// last time, or from memory.
func BenchmarkOpenRoom(b *testing.B) {
	for _, messages := range []int{0, parlour.PageSize, 50_000} {
		s := open(b, plan{})
		room := s.lobby().ID
		post := func() parlour.Seq {
			m, _, err := s.store.Post(b.Context(), parlour.NewMessage{
				Room: room, Kind: parlour.KindMessage, Author: parlour.Author{ID: "p1", Name: "Ana"},
				Body: "The quick brown fox jumps over the lazy dog.", At: time.Now(),
			})
			if err != nil {
				b.Error(err)
			}
			return m.Seq
		}
		var talking sync.WaitGroup
		for i := range 256 { // they share their commits
			talking.Go(func() {
				for n := i; n < messages; n += 256 {
					post()
				}
			})
		}
		talking.Wait()
		for _, from := range []string{"store", "memory"} {
			b.Run(fmt.Sprintf("messages=%d/from=%s", messages, from), func(b *testing.B) {
				bench(b, s, http.StatusOK, func() *http.Request {
					if from == "store" {
						b.StopTimer()
						if _, err := s.store.Delete(b.Context(), room, post(), parlour.NoStub, time.Now()); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
					return asBrowser(http.MethodGet, "/rooms/lobby", nil)
				})
			})
		}
	}
}

// BenchmarkResume is a reader coming back who lacks five messages, over a real
// connection, up to the last of them.
func BenchmarkResume(b *testing.B) {
	s := open(b, plan{})
	v := s.guest()
	for range 20 {
		v.say("hello")
	}
	b.ReportAllocs()
	for b.Loop() {
		r := v.request(b.Context(), http.MethodGet, "/rooms/lobby/events?after=1", nil, "Last-Event-ID", "15")
		response, err := v.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		lines := bufio.NewReader(response.Body)
		for {
			line, err := lines.ReadSlice('\n')
			if err != nil {
				b.Fatal(err)
			}
			if bytes.Equal(line, []byte("id: 20\n")) {
				break
			}
		}
		_ = response.Body.Close()
	}
}
