package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"parlour/assets"
	"parlour/views"
)

// component is a templ component.
type component interface {
	Render(ctx context.Context, w io.Writer) error
}

// page answers with a whole page or a fragment, rendered before the status is
// set, so that a page is never half an error.
func (s *server) page(w http.ResponseWriter, r *http.Request, status int, build func(views.Page) component) error {
	p := s.pageOf(r)
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy(p.Nonce, frameAncestors(r)))
	return write(w, r, status, build(p))
}

func write(w http.ResponseWriter, r *http.Request, status int, c component) error {
	var content bytes.Buffer
	if err := c.Render(r.Context(), &content); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(content.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(content.Bytes()) // who is gone needs no answer
	return nil
}

// pageOf is what each page shows of the request that it answers.
func (s *server) pageOf(r *http.Request) views.Page {
	return views.Page{
		Locale:    s.locale(r),
		Nonce:     rand.Text(),
		Asset:     assets.Path,
		Me:        s.identity(r),
		URL:       r.URL.RequestURI(),
		Now:       time.Now(),
		RequestID: middleware.GetReqID(r.Context()),
	}
}

// isHTMX tells whether htmx asks, and so takes partials.
func isHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }
