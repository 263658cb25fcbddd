package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

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
	p.RequestID = w.Header().Get(requestIDHeader)
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy(p.Nonce, frameAncestors(r)))
	return write(w, r, status, build(p))
}

// Header values of every page, shared like those of securityHeaders.
var (
	asHTML      = []string{"text/html; charset=utf-8"}
	neverStored = []string{"no-store"}
)

// buffers have grown to the size of pages. Those that have grown beyond
// largestKept bytes, for a rare page, are not kept.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const largestKept = 256 << 10

func borrow() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

func bringBack(b *bytes.Buffer) {
	if b.Cap() <= largestKept {
		b.Reset()
		buffers.Put(b)
	}
}

// tellsLength is up to how many bytes net/http tells the length of an answer by
// itself.
const tellsLength = 2048

func write(w http.ResponseWriter, r *http.Request, status int, c component) error {
	content := borrow()
	defer bringBack(content)
	if err := c.Render(r.Context(), content); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	h := w.Header()
	h["Content-Type"] = asHTML
	h["Cache-Control"] = neverStored
	if content.Len() > tellsLength {
		h.Set("Content-Length", strconv.Itoa(content.Len()))
	}
	w.WriteHeader(status)
	_, _ = w.Write(content.Bytes()) // who is gone needs no answer
	return nil
}

// pageOf is what each page shows of the request that it answers.
func (s *server) pageOf(r *http.Request) views.Page {
	return views.Page{
		Locale: s.locale(r),
		Nonce:  rand.Text(),
		Asset:  assets.Path,
		Me:     s.identity(r),
		URL:    r.URL.RequestURI(),
		Now:    time.Now(),
		House:  s.renderer.zone,
	}
}

// isHTMX tells whether htmx asks, and so takes partials. The field is HX-Request;
// this is how net/http spells it.
func isHTMX(r *http.Request) bool { return r.Header.Get("Hx-Request") == "true" }
