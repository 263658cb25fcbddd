package events

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// poller waits for the sockets that were taken over: for a full one to take
// bytes again, and for any to hang up. It is one epoll instance, which itself
// waits in Go's own poller: no thread is blocked in it, and closing it wakes it.
type poller struct {
	file *os.File
	fd   int

	mu      sync.Mutex // guards all below
	sockets []polled   // by descriptor
	age     int32      // tells a socket from an earlier one with the same descriptor
}

// polled is one that is watched; the zero value is none.
type polled struct {
	socket *socket
	age    int32
}

// hungUp is what the kernel tells when the peer is gone; HUP and ERR come unasked.
const hungUp = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making an epoll instance: %w", err)
	}
	// os.NewFile gives a descriptor to Go's poller when it is non-blocking.
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("making the epoll instance non-blocking: %w", errors.Join(err, unix.Close(fd)))
	}
	return &poller{file: os.NewFile(uintptr(fd), "epoll"), fd: fd}, nil
}

// add begins to watch a socket. Its reader's mutex is held.
func (p *poller) add(t *socket) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.sockets) <= t.fd {
		p.sockets = append(p.sockets, polled{})
	}
	p.age++
	p.sockets[t.fd] = polled{socket: t, age: p.age}
	events := uint32(unix.EPOLLRDHUP)
	if t.reader.stuck { // it filled up before it was watched
		events |= unix.EPOLLOUT
	}
	return p.control(unix.EPOLL_CTL_ADD, t.fd, events)
}

// arm asks to be told once when the socket takes bytes again. The reader's
// mutex is held. A socket that is not watched yet is armed by add.
func (p *poller) arm(t *socket) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.has(t) {
		return nil
	}
	return p.control(unix.EPOLL_CTL_MOD, t.fd, unix.EPOLLRDHUP|unix.EPOLLOUT)
}

// remove stops watching. It must be called before the socket is closed: from
// then on the descriptor may be another's.
func (p *poller) remove(t *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.has(t) {
		return
	}
	_ = p.control(unix.EPOLL_CTL_DEL, t.fd, 0)
	p.sockets[t.fd] = polled{}
}

// has tells whether the socket is watched. The caller holds mu.
func (p *poller) has(t *socket) bool { return t.fd < len(p.sockets) && p.sockets[t.fd].socket == t }

// control is epoll_ctl. The caller holds mu.
func (p *poller) control(op, fd int, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(fd), Pad: p.sockets[fd].age}
	if err := unix.EpollCtl(p.fd, op, fd, &event); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

// run serves what the kernel tells until the poller is closed.
func (p *poller) run() {
	raw, err := p.file.SyscallConn()
	if err != nil {
		return // closed already
	}
	events := make([]unix.EpollEvent, 128) // a round: more come with the next
	for {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			n, _ = unix.EpollWait(int(fd), events, 0)
			return n > 0
		})
		if err != nil {
			return
		}
		for _, event := range events[:n] {
			p.serve(event)
		}
	}
}

func (p *poller) serve(event unix.EpollEvent) {
	p.mu.Lock()
	s := p.sockets[event.Fd]
	if s.socket == nil || s.age != event.Pad { // it was closed while this event waited
		p.mu.Unlock()
		return
	}
	if event.Events&hungUp == 0 {
		// Once is enough: armed anew when it is full again.
		_ = p.control(unix.EPOLL_CTL_MOD, int(event.Fd), unix.EPOLLRDHUP)
	}
	p.mu.Unlock()
	if event.Events&hungUp != 0 {
		s.socket.reader.Close()
		return
	}
	s.socket.ready()
}

func (p *poller) close() { _ = p.file.Close() }
