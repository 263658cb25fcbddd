package crowd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sys/unix"

	"parlour/cmd/parlour-load/internal/mark"
	"parlour/cmd/parlour-load/internal/wire"
)

// post is one message.
type post struct {
	due     time.Duration
	id      uint64 // the number that the server gave it, once a reader has seen it
	left    int32  // readers that lack it
	room    int32
	ordinal uint32 // in its room, from 1
	refused bool
}

// poster is a connection that posts. It has at most one post under way.
type poster struct {
	fd       int // -1 when there is none
	post     int
	busy     bool // its post was not answered yet, or in a closed loop not delivered
	answered bool
	again    bool   // the request was sent again on a new connection
	request  []byte // the whole request
	unsent   []byte // the part that did not fit into the socket
	answer   wire.Answer
}

func (p *poster) close() {
	if p.fd >= 0 {
		unix.Close(p.fd)
	}
	p.fd = -1
}

// Talk posts as t says, and answers once every post was delivered or given up.
func (c *Crowd) Talk(ctx context.Context, t Talk) (Tally, error) {
	tally := newTally()
	c.tally = &tally
	c.left = 0
	c.first = len(c.posts)
	start := c.run.Now()
	c.now, c.last = start, start
	s := speech{Talk: t, start: start, padding: mark.Padding(t.Padding), posters: c.posters, patience: c.plan.Patience}
	if t.InFlight > 0 {
		s.posters = c.posters[:min(t.InFlight, len(c.posters))]
	}
	for {
		resting, err := c.speak(&s)
		if err != nil {
			return tally, err
		}
		if s.over && resting && (c.left <= 0 || c.now-c.last > c.plan.Patience) {
			break
		}
		wait := 100 * time.Millisecond
		if c.plan.Spin {
			wait = 0
		}
		if err := c.turn(ctx, wait); err != nil {
			return tally, err
		}
	}
	for _, p := range c.posts[c.first:] {
		if !p.refused {
			tally.Posts++
			tally.Lost += int64(p.left)
		}
	}
	tally.Unsent = s.unsent
	tally.Seconds = (c.last - start).Seconds()
	return tally, nil
}

// speech is a talk that goes on.
type speech struct {
	Talk
	posters  []poster
	start    time.Duration
	patience time.Duration
	padding  string
	over     bool // nothing more will be posted
	unsent   int
}

// speak makes the posts that are to be made now, and tells whether no
// connection is busy.
func (c *Crowd) speak(s *speech) (resting bool, err error) {
	c.finish(s)
	sent := len(c.posts) - c.first
	resting = true
	for i := range s.posters {
		p := &s.posters[i]
		if p.busy {
			resting = false
			continue
		}
		due, wait := s.next(c.now, sent)
		if s.over || wait {
			continue
		}
		resting = false
		sent++
		if err := c.post(i, s, due); err != nil {
			return false, fmt.Errorf("post: %w", err)
		}
	}
	if s.Rate > 0 && !s.over && !c.plan.Spin {
		due, wait := s.next(c.now, sent)
		if wait {
			return false, c.wakeAt(due)
		}
	}
	return resting, nil
}

// next tells when the next post is due, and whether that is still to come.
func (s *speech) next(now time.Duration, sent int) (due time.Duration, wait bool) {
	due = now
	if s.Rate > 0 {
		due = s.start + time.Duration(float64(sent)/s.Rate*float64(time.Second))
	}
	if s.Posts > 0 && sent >= s.Posts || s.Duration > 0 && due >= s.start+s.Duration {
		s.over = true
	}
	// Posts that no connection was free for are made late and counted from when
	// they were due, but not for ever.
	if !s.over && s.Rate > 0 && s.Duration > 0 && now > s.start+s.Duration+s.patience {
		s.over = true
		s.unsent = int(s.Rate*s.Duration.Seconds()) - sent
	}
	return due, due > now
}

// finish frees the connections whose posts are done.
func (c *Crowd) finish(s *speech) {
	for i := range s.posters {
		p := &s.posters[i]
		if !p.busy {
			continue
		}
		waited := c.now - c.posts[p.post].due
		if !p.answered {
			if waited > 3*c.plan.Patience {
				c.refuse(p, "no answer")
				p.close()
			}
			continue
		}
		if s.Rate > 0 || c.posts[p.post].left == 0 || c.posts[p.post].refused || waited > c.plan.Patience {
			p.busy = false
		}
	}
}

// wakeAt ends the wait for what is ready at a time.
func (c *Crowd) wakeAt(at time.Duration) error {
	wait := max(at-c.run.Now(), time.Microsecond)
	return unix.TimerfdSettime(c.timer, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}, nil)
}

// post sends the next message on a connection.
func (c *Crowd) post(i int, s *speech, due time.Duration) error {
	n := len(c.posts)
	at := n % len(c.plan.Rooms)
	room, told := c.plan.Rooms[at], &c.rooms[at]
	told.posts++
	c.posts = append(c.posts, post{due: due, left: told.readers, room: int32(at), ordinal: told.posts})
	c.left += int64(told.readers)

	body := c.run.Append(nil, mark.Mark{Post: n, Sent: due})
	if s.padding != "" {
		body = append(append(body, ' '), s.padding...)
	}
	form := url.Values{"body": {string(body)}, "key": {fmt.Sprintf("%s-%d", c.run.ID(), n)}}.Encode()
	htmx := "HX-Request: true\r\n"
	if c.plan.Plain {
		htmx = ""
	}
	p := &c.posters[i]
	p.post, p.busy, p.answered, p.again = n, true, false, false
	p.request = fmt.Appendf(p.request[:0], "POST %s/messages HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nSec-Fetch-Site: same-origin\r\n%s"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		room.Path, c.plan.Address, room.Sessions[n/len(c.plan.Rooms)%len(room.Sessions)].Cookie, htmx, len(form), form)
	if p.fd < 0 {
		return c.dialPoster(i)
	}
	return c.send(i)
}

// dialPoster connects and sends the poster's request. It waits for the
// connection: posters are few, and a server that does not answer here would not
// answer the post.
func (c *Crowd) dialPoster(i int) error {
	p := &c.posters[i]
	p.answer = wire.Answer{}
	fd, err := unix.Socket(c.family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	p.fd = fd
	if err := unix.Connect(fd, c.peer); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	if err := c.watch(unix.EPOLL_CTL_ADD, fd, isPoster, int32(i), unix.EPOLLIN|unix.EPOLLRDHUP); err != nil {
		return err
	}
	return c.send(i)
}

func (c *Crowd) send(i int) error {
	p := &c.posters[i]
	p.unsent = p.request
	return c.sendRest(i)
}

func (c *Crowd) sendRest(i int) error {
	p := &c.posters[i]
	n, err := unix.Write(p.fd, p.unsent)
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		n = 0
	case err != nil:
		return c.posterGone(i)
	}
	p.unsent = p.unsent[n:]
	events := uint32(unix.EPOLLIN | unix.EPOLLRDHUP)
	if len(p.unsent) > 0 {
		events |= unix.EPOLLOUT
	} else if n == len(p.request) {
		return nil // the usual case: all at once, and the poller need not know
	}
	return c.watch(unix.EPOLL_CTL_MOD, p.fd, isPoster, int32(i), events)
}

func (c *Crowd) posterReady(i int, events uint32) {
	p := &c.posters[i]
	if p.fd < 0 {
		return
	}
	if events&unix.EPOLLOUT != 0 && len(p.unsent) > 0 {
		if err := c.sendRest(i); err != nil {
			c.err = err
			return
		}
	}
	n, err := unix.Read(p.fd, c.in)
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		return
	case err != nil || n == 0:
		if n == 0 && p.busy && !p.answered && p.answer.UntilClose() {
			c.answered(p)
			p.close()
		} else if err := c.posterGone(i); err != nil {
			c.err = err
		}
		return
	}
	c.now = c.run.Now()
	done, err := p.answer.Feed(c.in[:n], nil)
	switch {
	case err != nil || !p.busy || p.answered:
		if err == nil {
			err = errors.New("the server answered what it was not asked")
		}
		c.err = err
	case done:
		c.answered(p)
		if p.answer.Head.Close {
			p.close()
		}
	}
}

func (c *Crowd) answered(p *poster) {
	if status := p.answer.Head.Status; status >= 400 {
		c.refuse(p, fmt.Sprintf("status %d", status))
		return
	}
	p.answered = true
	record(c.tally.Acknowledged, c.now-c.posts[p.post].due)
}

// refuse notes that a post was not taken: nobody is expected to get it.
func (c *Crowd) refuse(p *poster, why string) {
	p.answered = true
	post := &c.posts[p.post]
	post.refused = true
	c.left -= int64(post.left)
	c.tally.Refused++
	if c.tally.Reason == "" {
		c.tally.Reason = why
	}
}

// posterGone deals with a connection that the server has closed. What was under
// way is sent once more, as browsers do: its key keeps it one message.
func (c *Crowd) posterGone(i int) error {
	p := &c.posters[i]
	p.close()
	if !p.busy || p.answered {
		return nil
	}
	if p.again {
		c.refuse(p, "the connection ended before the answer")
		return nil
	}
	p.again = true
	return c.dialPoster(i)
}
