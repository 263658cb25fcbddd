package handlers

import (
	"net/http"
	"net/netip"
	"net/url"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"

	"parlour/assets"
)

func (s *server) routes(public *url.URL, trusted []netip.Prefix) http.Handler {
	r := chi.NewRouter()
	r.Use(clientAddr(trusted))
	r.Use(s.logRequests)
	r.Use(securityHeaders)
	r.Use(middleware.GetHead)
	r.Use(s.refuseCrossOrigin(public))
	r.Use(s.chooseLanguage)
	r.NotFound(s.handle(s.noSuchPage))
	r.MethodNotAllowed(s.handle(s.noSuchMethod))

	r.Get("/healthz", s.health)
	r.Get("/readyz", s.readiness)
	r.Method(http.MethodGet, "/assets/*", assets.Handler())
	r.Method(http.MethodHead, "/assets/*", assets.Handler())
	r.Get("/favicon.ico", s.favicon)
	r.Get("/hide.css", s.handle(s.hideCSS))
	r.Get("/rooms/{room}/own.css", s.handle(s.ownCSS))

	// Streams stand outside of the session middleware, which would store an old
	// session over a newer one, and outside of compression.
	r.Get("/rooms/{room}/events", s.handle(s.streamEvents))
	r.Get("/rooms/{room}/live", s.handle(s.streamDocument))

	r.Group(func(r chi.Router) {
		r.Use(compress())
		r.Use(s.loadSession)
		r.Get("/", s.handle(s.lobby))
		r.Get("/rooms/{room}", s.handle(s.room))
		r.Get("/rooms/{room}/join", s.handle(s.door))
		r.Post("/rooms/{room}/join", s.handle(s.join))
		r.Post("/rooms/{room}/leave", s.handle(s.leave))
		r.Get("/rooms/{room}/messages", s.handle(s.older))
		r.Post("/rooms/{room}/messages", s.handle(s.say))
		r.Get("/rooms/{room}/compose", s.handle(s.compose))
		r.Post("/rooms/{room}/compose", s.handle(s.say))
		r.Get("/rooms/{room}/people", s.handle(s.people))
	})
	return r
}

// compress makes pages smaller; what is shorter than a packet stays as it is.
func compress() func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1400), gzhttp.CompressionLevel(5))
	if err != nil {
		panic(err) // the options above are constants
	}
	return func(next http.Handler) http.Handler { return wrap(next) }
}
