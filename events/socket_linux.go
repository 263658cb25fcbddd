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
	fd     int
	conn   net.Conn // waits for the peer while the stream is being opened; nil after that
	reader *Reader
}

// ServeConn takes over a plain TCP connection and keeps its reader up to date
// until either side ends the stream. It returns once the reader is up to date.
// The connection is the hub's in any case. head is what the stream begins with:
// the response's status line and header, and perhaps more.
func (rd *Reader) ServeConn(ctx context.Context, conn net.Conn, head []byte) error {
	hub := rd.room.hub
	fd, err := ownDescriptor(conn, hub.opts.Stall)
	if err != nil {
		rd.Close()
		return errors.Join(err, conn.Close())
	}
	rd.socket = socket{fd: fd, conn: conn, reader: rd}
	if err := rd.attach(&rd.socket); err != nil {
		rd.Close()
		return err
	}
	if err := rd.begin(ctx, head); err != nil {
		rd.Close()
		return err
	}
	// From here on the poller tells of hang-ups; until now, writes did.
	if err := rd.socket.watch(); err != nil {
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
// And while the kernel takes more, a slow reader costs a write for each message,
// as if it kept up; then it costs one for half of this.
const maxUnsent = 16 << 10

// ownDescriptor is another descriptor for the connection's socket, which was
// told how patient it is with its peer.
func ownDescriptor(conn net.Conn, stall time.Duration) (fd int, err error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return 0, fmt.Errorf("taking over a %T: no descriptor", conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("taking over a connection: %w", err)
	}
	var dupErr error
	err = raw.Control(func(its uintptr) {
		// A peer that has vanished without a word: stop retrying after the
		// time that a silent peer gets. Best effort; the stall check remains.
		_ = unix.SetsockoptInt(int(its), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(stall.Milliseconds()))
		_ = unix.SetsockoptInt(int(its), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
		fd, dupErr = unix.FcntlInt(its, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err := errors.Join(err, dupErr); err != nil {
		return 0, fmt.Errorf("taking over a connection: %w", err)
	}
	return fd, nil
}

// watch leaves the socket to the pump and the poller.
func (t *socket) watch() error {
	rd := t.reader
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
	return rd.room.hub.poller.add(t)
}

func (t *socket) begin(b []byte) (int, error) {
	rd := t.reader
	rd.mu.Lock()
	defer rd.mu.Unlock()
	switch {
	case rd.closed:
		return 0, errEnded
	case len(b) == 0:
		return 0, nil
	}
	return t.writeNow(b)
}

func (t *socket) write(b []byte) error {
	stall := t.reader.room.hub.opts.Stall
	for len(b) > 0 {
		if err := t.conn.SetWriteDeadline(time.Now().Add(stall)); err != nil {
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
	if err != nil || len(b) == 0 || rd.stuck {
		return err
	}
	n, err := t.writeNow(b)
	if err != nil {
		return err
	}
	rd.place += int64(n)
	rd.within = n < len(b)
	if n == len(b) {
		return nil
	}
	if n > 0 {
		rd.stalled = time.Time{} // it has taken something
	}
	rd.getStuck()
	return rd.room.hub.poller.arm(t)
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
	t.reader.room.hub.poller.remove(t)
	if t.conn != nil { // its opener may be waiting in a write
		_ = t.conn.Close()
	}
	_ = unix.Close(t.fd)
}

// ready is called by the poller when the socket takes bytes again. The reader
// stays stuck until it has its turn.
func (t *socket) ready() {
	rm := t.reader.room
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.unstuck = append(rm.unstuck, t.reader)
	rm.wake()
}
