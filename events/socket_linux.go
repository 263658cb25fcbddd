package events

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socket is the transport over a plain connection that was taken over from
// net/http. Its stream costs no goroutine and no buffer: the pump hands the
// kernel the log's own bytes, and a socket that is full waits in the poller.
//
// Nor does it cost Go's own connection, which is more than half a kilobyte: it
// has a descriptor of its own for the same socket, and gives up the connection
// when the stream is open. The descriptor is used and closed only while the
// reader's mutex is held, so that it never is another's.
type socket struct {
	conn   net.Conn // waits for the peer while the stream is being opened; nil after that
	stall  time.Duration
	poller *poller
	fd     int
	armed  bool // waits to take bytes again; guarded by the reader's mutex
}

// ServeConn takes over a plain TCP connection and keeps its reader up to date
// until either side ends the stream. It returns once the reader is up to date.
// The connection is the hub's in any case. head is what the stream begins with:
// the response's status line and header, and perhaps more.
func (rd *Reader) ServeConn(ctx context.Context, conn net.Conn, head []byte) error {
	hub := rd.room.hub
	t, err := newSocket(hub.poller, conn, hub.opts.Stall)
	if err != nil {
		rd.Close()
		return errors.Join(err, conn.Close())
	}
	if err := rd.attach(t); err != nil {
		rd.Close()
		return err
	}
	if err := rd.begin(ctx, head); err != nil {
		rd.Close()
		return err
	}
	// From here on the poller tells of hang-ups; until now, writes did.
	if err := t.watch(rd); err != nil {
		rd.Close()
		return err
	}
	return nil
}

// TakesConns tells whether ServeConn works here.
func (h *Hub) TakesConns() bool { return true }

// maxUnsent is how much the kernel keeps of what a peer does not take. Without
// it that is megabytes for each peer that is slow, and on the way to a proxy on
// the same machine at once; what is beyond it stays in the log, which all share.
const maxUnsent = 64 << 10

func newSocket(p *poller, conn net.Conn, stall time.Duration) (*socket, error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("taking over a %T: no descriptor", conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("taking over a connection: %w", err)
	}
	t := &socket{conn: conn, stall: stall, poller: p}
	var dupErr error
	err = raw.Control(func(fd uintptr) {
		// A peer that has vanished without a word: stop retrying after the
		// time that a silent peer gets. Best effort; the stall check remains.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(stall.Milliseconds()))
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
		t.fd, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err := errors.Join(err, dupErr); err != nil {
		return nil, fmt.Errorf("taking over a connection: %w", err)
	}
	return t, nil
}

// watch leaves the socket to the pump and the poller.
func (t *socket) watch(rd *Reader) error {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.closed {
		return errEnded
	}
	conn := t.conn
	t.conn = nil
	if err := conn.Close(); err != nil {
		return err
	}
	return t.poller.add(rd, t)
}

func (t *socket) write(b []byte) error {
	for len(b) > 0 {
		if err := t.conn.SetWriteDeadline(time.Now().Add(t.stall)); err != nil {
			return err
		}
		n, err := t.conn.Write(b)
		b = b[n:]
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err // a slow peer may take as long as it likes, if it only takes something
		}
	}
	return nil
}

func (t *socket) push(rd *Reader, v view) error {
	b, err := v.from(rd.place, rd.floor)
	if err != nil || len(b) == 0 || t.armed {
		return err
	}
	n, err := t.writeNow(b)
	if err != nil {
		return err
	}
	rd.place += int64(n)
	rd.within = n < len(b)
	if n == len(b) {
		rd.stalled = time.Time{}
		return nil
	}
	if n > 0 || rd.stalled.IsZero() {
		rd.stalled = time.Now()
	}
	t.armed = true
	return t.poller.arm(t)
}

// writeNow hands the kernel what it takes without waiting, perhaps nothing: the
// descriptor is non-blocking, as all of Go's are.
func (t *socket) writeNow(b []byte) (int, error) {
	for {
		n, err := unix.Write(t.fd, b)
		switch err { //nolint:errorlint // a bare errno
		case nil:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, fmt.Errorf("write: %w", err)
		}
	}
}

func (t *socket) last(b []byte) { _, _ = t.writeNow(b) }

func (t *socket) close() {
	t.poller.remove(t)
	if t.conn != nil { // its opener may be waiting in a write
		_ = t.conn.Close()
	}
	_ = unix.Close(t.fd)
}

// ready is called by the poller when the socket takes bytes again.
func (t *socket) ready(rd *Reader) {
	rd.mu.Lock()
	t.armed = false
	rd.mu.Unlock()
	rd.room.mu.Lock()
	defer rd.room.mu.Unlock()
	rd.room.unstuck = append(rd.room.unstuck, rd)
	rd.room.wake()
}
