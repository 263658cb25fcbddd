package yardstick

import (
	"context"
	"net/http"
	"sync"
)

// Usual serves events as most Go programs do: each reader has a goroutine that
// waits for its channel, writes and flushes. With a certificate and its key it
// does so over TLS and HTTP/2.
func Usual(ctx context.Context, listen, cert, key string) error {
	return serve(ctx, listen, cert, key, newHouse(func() room { return &usual{readers: map[chan []byte]struct{}{}} }))
}

type usual struct {
	mu      sync.Mutex
	readers map[chan []byte]struct{} // guarded by mu
}

// backlog is how many events may wait for a reader before it is let go. It is
// more than the load tool has in flight, so a reader that reads is never.
const backlog = 64

func (u *usual) read(w http.ResponseWriter, r *http.Request) {
	events := make(chan []byte, backlog)
	u.mu.Lock()
	u.readers[events] = struct{}{}
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		delete(u.readers, events)
		u.mu.Unlock()
	}()
	stream := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	if stream.Flush() != nil {
		return
	}
	for {
		select {
		case event, ok := <-events:
			if !ok {
				return
			}
			if _, err := w.Write(event); err != nil || stream.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (u *usual) tell(event []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for events := range u.readers {
		select {
		case events <- event:
		default:
			delete(u.readers, events)
			close(events)
		}
	}
}
