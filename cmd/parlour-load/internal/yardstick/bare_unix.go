//go:build unix

package yardstick

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Bare serves events at the price of one write(2) for each reader and event,
// and nothing else: a reader is a descriptor that Go's own network code no
// longer knows. Whoever does not take an event whole is let go.
func Bare(ctx context.Context, listen string) error {
	return serve(ctx, listen, "", "", newHouse(func() room { return &bare{} }))
}

type bare struct {
	mu      sync.Mutex
	readers []int // guarded by mu: descriptors
}

const bareHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

func (b *bare) read(w http.ResponseWriter, _ *http.Request) {
	reader, err := takeOver(w)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := unix.Write(reader, []byte(bareHead)); err != nil {
		unix.Close(reader)
		return
	}
	b.readers = append(b.readers, reader)
}

// takeOver answers a copy of the connection's descriptor. The connection itself
// is closed, which takes the descriptor out of Go's poller.
func takeOver(w http.ResponseWriter) (int, error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return 0, fmt.Errorf("take over the connection: %w", err)
	}
	defer conn.Close()
	kept, ok := conn.(syscall.Conn)
	if !ok {
		return 0, errors.New("the connection has no descriptor")
	}
	raw, err := kept.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("take over the connection: %w", err)
	}
	descriptor, errDup := -1, error(nil)
	if err := raw.Control(func(fd uintptr) { descriptor, errDup = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return 0, fmt.Errorf("take over the connection: %w", err)
	}
	return descriptor, errDup
}

func (b *bare) tell(event []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.readers[:0]
	for _, reader := range b.readers {
		if n, err := unix.Write(reader, event); err != nil || n < len(event) {
			unix.Close(reader)
			continue
		}
		kept = append(kept, reader)
	}
	b.readers = kept
}
