package handlers

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"parlour"
	"parlour/db"
)

// BenchmarkSession is what a request's session costs: finding it in the store
// and reading who it is. BenchmarkPost contains it.
func BenchmarkSession(b *testing.B) {
	store, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "parlour.db"), db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	s := &server{
		sessions: newSessions(store.Sessions(), nil),
		house:    parlour.NewHouse(store, nil, parlour.Rules{}), // nobody is connected
	}

	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	var failed error
	s.loadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		failed = s.remember(w, r, parlour.Identity{Kind: parlour.Guest, ID: "g0123456789ab", Name: "Ana"})
	})).ServeHTTP(w, r)
	if failed != nil {
		b.Fatal(failed)
	}
	r.AddCookie(w.Result().Cookies()[0])

	var by parlour.Identity
	load := s.loadSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { by = s.identity(r) }))
	header := make(http.Header)
	b.ReportAllocs()
	for b.Loop() {
		clear(header)
		load.ServeHTTP(headerOnly(header), r)
		if by.Name != "Ana" {
			b.Fatalf("loaded %+v", by)
		}
	}
}

// headerOnly is the ResponseWriter of a handler that writes nothing.
type headerOnly http.Header

func (h headerOnly) Header() http.Header       { return http.Header(h) }
func (headerOnly) WriteHeader(int)             {}
func (headerOnly) Write(b []byte) (int, error) { return len(b), nil }
