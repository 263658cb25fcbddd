package crowd_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// careless is a chat server that makes the mistakes that it is told to. Its
// log never forgets, and its readers are cursors.
type careless struct {
	mu      sync.Mutex
	changed chan struct{} // guarded by mu: closed and replaced when the log grows
	log     []string      // guarded by mu: the bodies
	keys    map[string]bool
	opened  int // guarded by mu: streams so far

	// send says which numbers the stream that was opened as the n-th gets when
	// it is the turn of a number, or that the stream ends there.
	send   func(stream, seq int) (seqs []int, end bool)
	refuse func(seq int) bool
}

func (s *careless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/join"):
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s" + r.PostFormValue("name")[len("guest "):]})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case r.Header.Get("Cookie") == "":
		http.Error(w, "who are you?", http.StatusForbidden)
	case strings.HasSuffix(r.URL.Path, "/messages"):
		s.post(w, r)
	case strings.HasSuffix(r.URL.Path, "/events"):
		s.stream(w, r)
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprintf(w, `<div hx-sse:connect="%s/events?after=%d"></div>`, r.URL.Path, len(s.log))
	}
}

func (s *careless) post(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil && s.refuse(len(s.log)+1) {
		s.refuse = nil
		http.Error(w, "no", http.StatusUnprocessableEntity)
		return
	}
	if s.keys[r.PostFormValue("key")] {
		return
	}
	s.keys[r.PostFormValue("key")] = true
	s.log = append(s.log, r.PostFormValue("body"))
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *careless) stream(w http.ResponseWriter, r *http.Request) {
	after := 0
	fmt.Sscan(r.FormValue("after"), &after)
	fmt.Sscan(r.Header.Get("Last-Event-ID"), &after)
	s.mu.Lock()
	stream := s.opened
	s.opened++
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	http.NewResponseController(w).Flush()
	for {
		s.mu.Lock()
		log, changed := s.log, s.changed
		s.mu.Unlock()
		for ; after < len(log); after++ {
			seqs, end := s.send(stream, after+1)
			if end {
				return
			}
			for _, seq := range seqs {
				if seq <= len(log) {
					fmt.Fprintf(w, "id: %d\ndata: <p>\ndata: %s</p>\n\n", seq, log[seq-1])
				}
			}
		}
		http.NewResponseController(w).Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func honest(_, seq int) ([]int, bool) { return []int{seq}, false }
