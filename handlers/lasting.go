package handlers

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// lasting keeps streams whose connection cannot be taken over from net/http, once
// their handler has begun them and everything around it has returned. A stream
// needs its goroutine until it ends, and the stack of that is most of what a quiet
// reader costs. Go takes a half of it back with each collection while no more
// than a fourth is in use: so what waits here has little beneath it.
type lasting struct {
	chi.Router
	server *server
}

// ServeHTTP handles a request, and what is still to be done for it when all
// handlers have returned.
func (l *lasting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest := l.begin(w, r); rest != nil {
		l.server.logEnd(r, rest())
	}
}

func (l *lasting) begin(w http.ResponseWriter, r *http.Request) func() error {
	if r.Method != http.MethodGet || r.ProtoMajor == 1 && r.TLS == nil && l.server.hub.TakesConns() {
		l.Router.ServeHTTP(w, r)
		return nil
	}
	rest := new(func() error) // for streams alone, and not on every request's heap
	l.Router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), restKey{}, rest)))
	return *rest
}

func (s *server) logEnd(r *http.Request, err error) {
	if err != nil {
		s.log.Debug("stream ended", "path", r.URL.Path, "error", err)
	}
}

type restKey struct{}

// restOf is where a handler leaves what is to be done once it has returned; nil
// when the connection is to be taken over.
func restOf(r *http.Request) *func() error {
	rest, _ := r.Context().Value(restKey{}).(*func() error)
	return rest
}
