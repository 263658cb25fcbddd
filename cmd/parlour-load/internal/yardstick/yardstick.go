// Package yardstick has two servers to compare with: the usual way in Go to
// send events to many readers, and the least that any server can do. Both know
// the addresses of Parlour that the load tool uses and keep nothing.
package yardstick

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
)

// A room that readers are in. Posts are told under its lock, in their order.
type room interface {
	// read answers a request for the room's stream, for as long as it lasts or
	// after it has taken the connection over.
	read(w http.ResponseWriter, r *http.Request)
	// tell sends an event to all readers.
	tell(event []byte)
}

// house serves rooms of one kind.
type house struct {
	open func() room // makes a room

	mu    sync.Mutex
	rooms map[string]*numbered // guarded by mu
}

// numbered is a room with its count of events.
type numbered struct {
	room
	mu  sync.Mutex
	seq int // guarded by mu
}

func newHouse(open func() room) http.Handler {
	h := &house{open: open, rooms: map[string]*numbered{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rooms/{room}/join", h.join)
	mux.HandleFunc("GET /rooms/{room}", h.page)
	mux.HandleFunc("GET /rooms/{room}/events", func(w http.ResponseWriter, r *http.Request) { h.room(r).read(w, r) })
	mux.HandleFunc("POST /rooms/{room}/messages", h.post)
	// What a profile of the heap with gc=1 does, and a profile of the goroutines.
	mux.HandleFunc("GET /collect", func(http.ResponseWriter, *http.Request) { runtime.GC() })
	mux.HandleFunc("GET /goroutines", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "goroutine profile: total %d\n", runtime.NumGoroutine())
	})
	return mux
}

func (h *house) room(r *http.Request) *numbered {
	h.mu.Lock()
	defer h.mu.Unlock()
	slug := r.PathValue("room")
	if h.rooms[slug] == nil {
		h.rooms[slug] = &numbered{room: h.open()}
	}
	return h.rooms[slug]
}

func (h *house) join(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "yardstick", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, strings.TrimSuffix(r.URL.Path, "/join"), http.StatusSeeOther)
}

func (h *house) page(w http.ResponseWriter, r *http.Request) {
	room := h.room(r)
	room.mu.Lock()
	seq := room.seq
	room.mu.Unlock()
	fmt.Fprintf(w, "%s/events?after=%d\n", r.URL.Path, seq)
}

func (h *house) post(w http.ResponseWriter, r *http.Request) {
	body := strings.NewReplacer("\r", "", "\n", "").Replace(r.PostFormValue("body"))
	room := h.room(r)
	room.mu.Lock()
	room.seq++
	room.tell(fmt.Appendf(nil, "id: %d\ndata: %s\n\n", room.seq, body))
	room.mu.Unlock()
	if r.Header.Get("HX-Request") == "" {
		http.Redirect(w, r, strings.TrimSuffix(r.URL.Path, "/messages"), http.StatusSeeOther)
	}
}

// serve serves a house on the address until ctx ends, over TLS if there are files
// of a certificate and its key. What is asked about the process itself is always
// answered without TLS, at the address that it logs as metrics.
func serve(ctx context.Context, listen, cert, key string, h http.Handler) error {
	server := &http.Server{Handler: h}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	served := make(chan error, 2)
	open := func(serve func(net.Listener) error) (net.Addr, error) {
		listener, err := net.Listen("tcp", listen)
		if err != nil {
			return nil, err
		}
		go func() { served <- serve(listener) }()
		return listener.Addr(), nil
	}
	plain, err := open(server.Serve)
	if err != nil {
		return err
	}
	address := "http://" + plain.String()
	if cert != "" {
		secure, err := open(func(l net.Listener) error { return server.ServeTLS(l, cert, key) })
		if err != nil {
			return err
		}
		address = "https://" + secure.String()
	}
	fmt.Fprintf(os.Stderr, "listening address=%s metrics=http://%s\n", address, plain)
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
