package crowd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"parlour/cmd/parlour-load/internal/mark"
)

// Crowd is a crowd whose streams are open. All of its methods are called from
// one goroutine, which does all the reading and writing.
type Crowd struct {
	plan   Plan
	run    *mark.Run
	family int
	peer   unix.Sockaddr
	local  bool // the server is on this machine, by IPv4

	poll    int // epoll
	timer   int // timerfd: wakes the thread for the next post that is due
	ready   [1024]unix.EpollEvent
	in      []byte // what is read lands here, one piece after the other
	scratch []byte // data lines are joined here
	now     time.Duration
	err     error // what ended the crowd

	readers []reader
	opening int // readers that are not open yet and are on their way
	open    int
	again   []comeback    // readers that were cut off, by time
	sipping time.Duration // since when slow readers take their turns
	sipped  int           // turns that they took since

	rooms   []told
	posts   []post
	first   int // the first post of the present talk
	posters []poster
	left    int64 // deliveries that are still to come
	tally   *Tally
	last    time.Duration // when a delivery last came
	current *reader       // whose events are being told
	onEvent func(e event)

	shown time.Duration // when progress was last told
}

// told is what was said in a room.
type told struct {
	posts   uint32 // in this run
	readers int32  // that count, those apart excluded
}

// What a ready descriptor is, in the second half of its epoll data.
const (
	isReader = iota
	isPoster
	isTimer
)

// opensAtOnce bounds the streams that are being opened at a time. A listener
// has room for only so many connections that were not accepted yet.
const opensAtOnce = 256

// perSource is how many streams have one source address. Linux gives about
// 28,000 ports to connections from one address to one server.
const perSource = 20_000

// Open opens all streams of a plan. The caller closes the crowd.
func Open(ctx context.Context, plan Plan) (*Crowd, error) {
	plan.InFlight = max(1, plan.InFlight)
	plan.Patience = cmp.Or(plan.Patience, 10*time.Second)
	if plan.InFlight > window {
		return nil, fmt.Errorf("at most %d posts may be in flight", window)
	}
	n := plan.Readers + plan.Stalled + plan.Slow
	if err := allowFiles(uint64(n + plan.InFlight + 64)); err != nil {
		return nil, err
	}
	c := &Crowd{
		plan: plan, run: mark.NewRun(), poll: -1, timer: -1, in: make([]byte, 64<<10),
		readers: make([]reader, n), rooms: make([]told, len(plan.Rooms)), posters: make([]poster, plan.InFlight),
	}
	c.onEvent = c.event
	discarded := newTally() // until somebody talks
	c.tally = &discarded
	for i := range c.posters {
		c.posters[i].fd = -1
	}
	for i := range c.readers {
		r := &c.readers[i]
		r.fd, r.room = -1, int32(i%len(plan.Rooms))
		switch {
		case i >= plan.Readers+plan.Stalled:
			r.pace = slow
		case i >= plan.Readers:
			r.pace = stalled
		default:
			c.rooms[r.room].readers++
		}
	}
	if err := c.prepare(); err != nil {
		c.Close()
		return nil, err
	}
	for next := 0; c.open < n; {
		for next < n && c.opening < opensAtOnce {
			c.dial(next)
			next++
		}
		if err := c.turn(ctx, 100*time.Millisecond); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

func (c *Crowd) prepare() error {
	address, err := net.ResolveTCPAddr("tcp", c.plan.Address)
	if err != nil {
		return err
	}
	if ip := address.IP.To4(); ip != nil {
		c.family, c.peer, c.local = unix.AF_INET, &unix.SockaddrInet4{Port: address.Port, Addr: [4]byte(ip)}, ip.IsLoopback()
	} else {
		c.family, c.peer = unix.AF_INET6, &unix.SockaddrInet6{Port: address.Port, Addr: [16]byte(address.IP.To16())}
	}
	if c.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	if c.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return fmt.Errorf("timer: %w", err)
	}
	return unix.EpollCtl(c.poll, unix.EPOLL_CTL_ADD, c.timer, &unix.EpollEvent{Events: unix.EPOLLIN, Pad: isTimer})
}

// Close ends all connections.
func (c *Crowd) Close() {
	for i := range c.readers {
		c.readers[i].close()
	}
	for i := range c.posters {
		c.posters[i].close()
	}
	for _, fd := range []int{c.timer, c.poll} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	c.timer, c.poll = -1, -1
}

// Idle reads for a while without posting anything.
func (c *Crowd) Idle(ctx context.Context, d time.Duration) error {
	for until := c.run.Now() + d; c.run.Now() < until; {
		if err := c.turn(ctx, min(until-c.run.Now(), 100*time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}

// turn takes what is ready, waiting for it for a time if nothing is.
func (c *Crowd) turn(ctx context.Context, wait time.Duration) error {
	if c.err != nil {
		return c.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.plan.Slow > 0 {
		wait = min(wait, 10*time.Millisecond)
		if c.thirsty() > 0 {
			wait = 0
		}
	}
	n, err := unix.EpollWait(c.poll, c.ready[:], int(max(0, wait).Milliseconds()))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("epoll: %w", err)
	}
	c.now = c.run.Now()
	for _, e := range c.ready[:max(0, n)] {
		switch e.Pad {
		case isReader:
			c.readerReady(int(e.Fd), e.Events)
		case isPoster:
			c.posterReady(int(e.Fd), e.Events)
		case isTimer:
			unix.Read(c.timer, c.in[:8]) // its only use was to end the wait
		}
	}
	c.comeBack()
	c.sipSlowly()
	if c.plan.Progress != nil && c.now-c.shown > 200*time.Millisecond {
		c.shown = c.now
		c.plan.Progress(Progress{Open: c.open, Readers: len(c.readers), Posts: len(c.posts), Deliveries: c.tally.Deliveries})
	}
	return c.err
}

// watch has the poller tell of a descriptor.
func (c *Crowd) watch(op, fd int, kind, index int32, events uint32) error {
	return unix.EpollCtl(c.poll, op, fd, &unix.EpollEvent{Events: events, Fd: index, Pad: kind})
}
