package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"parlour/assets"
)

// health tells that the process serves.
func (s *server) health(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readyWait is how long the database has for an answer: balancers commonly wait for
// two seconds, and are to hear what is amiss.
const readyWait = 1500 * time.Millisecond

// readiness tells whether requests should come here, and what is amiss. Without
// the bus a house of several nodes is slower and no less right, so requests may
// come; without its database it can do nothing.
func (s *server) readiness(w http.ResponseWriter, r *http.Request) {
	status, verdict, database := http.StatusOK, "ready", "ok"
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	err := s.ready(ctx)
	if err != nil {
		status, verdict, database = http.StatusServiceUnavailable, "not ready", "away"
	}
	if r.Context().Err() == nil { // else nobody knows
		s.logReadiness(err)
	}
	if s.stopping() {
		status, verdict = http.StatusServiceUnavailable, "stopping"
	}
	plain(w, status, fmt.Sprintf("%s\ndatabase: %s\nbus: %s\n", verdict, database, s.hub.BusState()))
}

// logReadiness tells the log when it changes: balancers ask all the time.
func (s *server) logReadiness(err error) {
	switch was := s.unready.Swap(err != nil); {
	case err != nil && !was:
		s.log.Warn("not ready", "error", err)
	case err == nil && was:
		s.log.Info("ready again")
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// favicon is for those who ask without having read a page. The address it leads
// to holds for this version of the icon only.
func (s *server) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, assets.Path("icon.svg"), http.StatusFound)
}

// logRequests tells of each request once it is answered, for those who look.
func (s *server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.log.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		next.ServeHTTP(w, r)
		s.log.Debug("request", "method", r.Method, "path", r.URL.Path, "took", time.Since(start),
			"from", s.addr(r))
	})
}
