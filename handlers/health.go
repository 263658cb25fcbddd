package handlers

import (
	"log/slog"
	"net/http"
	"time"

	"parlour/assets"
)

// health tells that the process serves.
func (s *server) health(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readiness tells whether requests should come here.
func (s *server) readiness(w http.ResponseWriter, r *http.Request) {
	if err := s.ready(r.Context()); err != nil {
		s.log.Warn("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
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
