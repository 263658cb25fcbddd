package crowd

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"parlour/cmd/parlour-load/internal/wire"
)

type event = wire.Event

// reader is one open stream.
type reader struct {
	fd      int // -1 when there is none
	room    int32
	state   readerState
	pace    pace
	resumed bool  // it was cut off and came back
	failed  uint8 // attempts in a row that did not open
	cursor  uint64
	seen    seen
	stream  wire.Stream
}

type readerState uint8

const (
	away    readerState = iota
	dialing             // waits until the connection stands
	asking              // waits for the head of the answer
	reading
)

type pace uint8

const (
	steady pace = iota
	slow
	stalled
)

// backAfter is how long a reader that was cut off stays away, as htmx does.
const backAfter = 500 * time.Millisecond

// tries is how often a stream that never opened is asked for.
const tries = 5

type comeback struct {
	at     time.Duration
	reader int
}

func (r *reader) close() {
	if r.fd >= 0 {
		unix.Close(r.fd)
	}
	r.fd, r.state = -1, away
}

// read is where the reader's figures go.
func (c *Crowd) read(r *reader) *Read {
	if r.pace != steady {
		return &c.tally.Apart
	}
	return &c.tally.Read
}

func (c *Crowd) dial(i int) {
	r := &c.readers[i]
	r.stream = wire.Stream{}
	r.state = dialing
	c.opening++
	if err := c.connect(i); err != nil {
		c.gone(i, fmt.Errorf("connect: %w", err))
	}
}

func (c *Crowd) connect(i int) (err error) {
	r := &c.readers[i]
	r.fd, err = unix.Socket(c.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if r.pace != steady { // a small window, so that the server soon notices
		if err := unix.SetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096); err != nil {
			return err
		}
	}
	if c.local && len(c.readers) > perSource {
		// Without this option a port would be taken for the address alone.
		if err := unix.SetsockoptInt(r.fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return err
		}
		source := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + i/perSource)}}
		if err := unix.Bind(r.fd, source); err != nil {
			return err
		}
	}
	if err := unix.Connect(r.fd, c.peer); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return err
	}
	return c.watch(unix.EPOLL_CTL_ADD, r.fd, isReader, int32(i), unix.EPOLLOUT|unix.EPOLLET)
}

func (c *Crowd) readerReady(i int, events uint32) {
	r := &c.readers[i]
	switch {
	case r.state == away: // it was closed since the poller told of it
	case r.state == dialing:
		if err := c.ask(i); err != nil {
			c.gone(i, fmt.Errorf("ask for the stream: %w", err))
		}
	case r.state == reading && r.pace != steady:
		c.gone(i, errors.New("hung up"))
	default:
		c.drain(i, events)
	}
}

func (c *Crowd) ask(i int) error {
	r := &c.readers[i]
	if code, err := unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil {
		return err
	} else if code != 0 {
		return unix.Errno(code)
	}
	room := c.plan.Rooms[r.room]
	session := room.Sessions[i/len(c.plan.Rooms)%len(room.Sessions)]
	request := fmt.Appendf(c.scratch[:0], "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nAccept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n",
		room.Events, c.plan.Address, session.Cookie)
	if r.resumed {
		request = fmt.Appendf(request, "Last-Event-ID: %d\r\n", r.cursor)
	}
	request = append(request, "\r\n"...)
	if n, err := unix.Write(r.fd, request); err != nil {
		return err
	} else if n < len(request) {
		return errors.New("the request did not fit into the socket")
	}
	r.state = asking
	return c.watch(unix.EPOLL_CTL_MOD, r.fd, isReader, int32(i), unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLET)
}

// drain reads until the socket is empty. The poller tells only of what is new
// (EPOLLET), so nothing may be left in it. A read that does not fill the buffer
// has emptied it, unless the end of the stream was announced too.
func (c *Crowd) drain(i int, events uint32) {
	r := &c.readers[i]
	ending := events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
	for {
		n, err := c.take(i, len(c.in))
		switch {
		case errors.Is(err, unix.EAGAIN):
			return
		case err != nil:
			c.gone(i, err)
			return
		case r.state == reading && r.pace != steady:
			// From now on only its ticks read. The poller still tells of a
			// connection that was reset.
			if err := c.watch(unix.EPOLL_CTL_MOD, r.fd, isReader, int32(i), 0); err != nil {
				c.gone(i, err)
			}
			return
		case n < len(c.in) && !ending:
			return
		}
	}
}

// take reads once, at most limit bytes.
func (c *Crowd) take(i, limit int) (int, error) {
	r := &c.readers[i]
	n, err := unix.Read(r.fd, c.in[:limit])
	if errors.Is(err, unix.EINTR) {
		err = unix.EAGAIN // the caller comes again: the socket is as ready as before
	}
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, errors.New("the server ended the stream")
	}
	c.now = c.run.Now()
	got := c.read(r)
	got.Bytes += int64(n)
	got.Reads++
	c.current = r
	if err := r.stream.Feed(c.in[:n], &c.scratch, c.onEvent); err != nil {
		return n, err
	}
	if r.state == asking && r.stream.Opened {
		r.state, r.failed = reading, 0
		c.opening--
		c.open++
	}
	return n, nil
}

// gone closes a reader's connection and has it come back later.
func (c *Crowd) gone(i int, why error) {
	r := &c.readers[i]
	switch r.state {
	case reading:
		c.open--
		c.read(r).Cut++
	default:
		c.opening--
		if r.failed++; r.failed == tries {
			c.err = fmt.Errorf("a reader could not open its stream in %d attempts: %w", tries, why)
		}
	}
	r.resumed = r.resumed || r.state == reading
	r.close()
	c.again = append(c.again, comeback{c.run.Now() + backAfter, i})
}

func (c *Crowd) comeBack() {
	for len(c.again) > 0 && c.again[0].at <= c.now && c.opening < opensAtOnce {
		c.dial(c.again[0].reader)
		c.again = c.again[1:]
	}
}

// sips is how many times a second each slow reader reads.
const sips = 2

// sipsAtOnce is how many slow readers read before the others are looked after
// again: what these got would count as late by all that the thread does meanwhile.
const sipsAtOnce = 8

// sipSlowly lets some of the slow readers read whose turn has come, and the next of
// them after whatever is ready for the others. They take turns all the time.
func (c *Crowd) sipSlowly() {
	first := len(c.readers) - c.plan.Slow
	for range min(c.thirsty(), sipsAtOnce) {
		i := first + c.sipped%c.plan.Slow
		c.sipped++
		if c.readers[i].state != reading {
			continue
		}
		if _, err := c.take(i, min(c.sip(i), len(c.in))); err != nil && !errors.Is(err, unix.EAGAIN) {
			c.gone(i, err)
		}
	}
}

// sip is how much a slow reader reads at a time: as much as the plan says for all of
// them together, and each up to a quarter more or less. At one pace they would all
// fall behind, and come back, at the same moment, which readers elsewhere do not.
func (c *Crowd) sip(i int) int { return max(1, c.plan.SlowRate*(15+i%11)/20/sips) }

// thirsty is how many turns of slow readers are due.
func (c *Crowd) thirsty() int {
	if c.plan.Slow == 0 {
		return 0
	}
	due := int(float64(c.plan.Slow) * sips * (c.now - c.sipping).Seconds())
	if due-c.sipped > c.plan.Slow { // the thread was held up for longer than a round
		c.sipping, c.sipped, due = c.now, 0, 0
	}
	return due - c.sipped
}

// event notes what an event brought to the current reader.
func (c *Crowd) event(e event) {
	r := c.current
	got := c.read(r)
	id, numbered := number(e.ID)
	marks, fresh := 0, 0
	last := -1
	for text := e.Data; ; {
		m, rest, ok := c.run.Next(text)
		if !ok {
			break
		}
		text = rest
		if m.Post == last || m.Post >= len(c.posts) {
			continue // a page may say the same text twice
		}
		last = m.Post
		marks++
		if c.delivered(r, got, m.Post) {
			fresh++
		}
	}
	if marks == 1 {
		got.Events++
		got.EventBytes += int64(e.Size)
		if numbered && !r.resumed {
			p := &c.posts[last]
			if p.id == 0 {
				p.id = id
			} else if p.id != id {
				got.Disordered++
			}
		}
	}
	if !numbered {
		return
	}
	if id > r.cursor {
		r.cursor = id
	} else if fresh > 0 {
		got.Disordered++
	}
}

// delivered notes that a reader got a post, and tells whether it is the first time.
func (c *Crowd) delivered(r *reader, got *Read, n int) bool {
	p := &c.posts[n]
	if p.room != r.room {
		got.Disordered++
		return false
	}
	if !r.seen.first(p.ordinal) {
		got.Duplicates++
		return false
	}
	if r.pace == steady && n < c.first {
		return true // a talk before this one has given it up
	}
	got.Deliveries++
	record(got.Latency, c.now-p.due)
	if r.pace != steady || p.refused {
		return true
	}
	c.last = c.now
	c.left--
	if p.left--; p.left == 0 {
		record(c.tally.Complete, c.now-p.due)
	}
	return true
}

// number reads an id, which is a decimal number in a stream of Parlour's.
func number(id []byte) (n uint64, ok bool) {
	if len(id) == 0 || len(id) > 19 {
		return 0, false
	}
	for _, c := range id {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
