package main

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

const (
	// handshakeTime is how long shaking hands may take.
	handshakeTime = 10 * time.Second
	// mostHandshakes is how many may be under way. Silent ones cost 7 KiB each. A processor
	// has seen to so many of a herd that all speak before handshakePatience is over.
	mostHandshakes = 2048
	// handshakePatience is what each is granted of handshakeTime while there are as many.
	handshakePatience = 2 * time.Second
)

// handshakes is a listener whose connections have shaken hands for TLS, each in a
// goroutine of its own that ends with that. In net/http it would be the one that the
// connection keeps: shaking hands needs 16 KiB of stack, and what waits there
// afterwards stands on too much of it for Go to take the rest back.
//
// A peer that says nothing holds nobody up. When too many are under way, whoever has
// been at it for longest gives way.
type handshakes struct {
	net.Listener
	config   *tls.Config
	time     time.Duration // see handshakeTime
	patience time.Duration // see handshakePatience

	results chan handshake
	places  chan struct{} // has one for each that is under way
	life    context.Context
	end     context.CancelFunc

	mu       sync.Mutex
	underWay list.List // guarded by mu: of attempt, in the order that they began in
}

// handshake is what came of one, or of accepting its connection.
type handshake struct {
	conn *tls.Conn
	err  error
}

// attempt is a handshake that is under way.
type attempt struct {
	since time.Time
	end   context.CancelFunc
}

// shakeHands takes the listener over.
func shakeHands(l net.Listener, config *tls.Config) net.Listener {
	h := newHandshakes(l, config, mostHandshakes)
	go h.acceptAll()
	return h
}

func newHandshakes(l net.Listener, config *tls.Config, most int) *handshakes {
	h := &handshakes{
		Listener: l, config: config, time: handshakeTime, patience: handshakePatience,
		results: make(chan handshake), places: make(chan struct{}, most),
	}
	h.life, h.end = context.WithCancel(context.Background())
	return h
}

// Accept answers the next connection that has shaken hands or failed to. Asking the
// latter to shake hands again fails in the same way, so net/http can tell its log and
// whoever spoke plain HTTP.
func (h *handshakes) Accept() (net.Conn, error) {
	select {
	case done := <-h.results:
		if done.err != nil {
			return nil, done.err
		}
		return done.conn, nil
	case <-h.life.Done():
		return nil, net.ErrClosed
	}
}

// Close ends the handshakes that are under way, too.
func (h *handshakes) Close() error {
	h.end()
	return h.Listener.Close()
}

func (h *handshakes) acceptAll() {
	for h.makeRoom() {
		conn, err := h.Listener.Accept()
		if err != nil {
			<-h.places
			h.give(handshake{err: err}) // net/http decides whether to go on, and when
			continue
		}
		ctx, end := context.WithTimeout(h.life, h.time)
		h.mu.Lock()
		place := h.underWay.PushBack(attempt{time.Now(), end})
		h.mu.Unlock()
		go func() {
			defer end()
			h.shake(ctx, tls.Server(conn, h.config), place)
		}()
	}
}

func (h *handshakes) shake(ctx context.Context, conn *tls.Conn, place *list.Element) {
	_ = conn.HandshakeContext(ctx) // see Accept
	h.mu.Lock()
	h.underWay.Remove(place)
	h.mu.Unlock()
	<-h.places
	if !h.give(handshake{conn: conn}) {
		_ = conn.Close()
	}
}

// give is false when nobody wants it any more.
func (h *handshakes) give(done handshake) bool {
	select {
	case h.results <- done:
		return true
	case <-h.life.Done():
		return false
	}
}

// makeRoom waits until one more may be under way. It is false when there will be none.
func (h *handshakes) makeRoom() bool {
	for {
		select {
		case h.places <- struct{}{}:
			return h.life.Err() == nil
		default: // nobody is let go where there is room
		}
		select {
		case h.places <- struct{}{}:
			return h.life.Err() == nil
		case <-time.After(h.hasten()):
		case <-h.life.Done():
			return false
		}
	}
}

// hasten ends the oldest handshake if it has had its time, and answers when to look again.
func (h *handshakes) hasten() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	oldest := h.underWay.Front()
	if oldest == nil {
		return h.patience
	}
	a := oldest.Value.(attempt)
	if left := h.patience - time.Since(a.since); left > 0 {
		return left
	}
	h.underWay.Remove(oldest)
	a.end()
	return h.patience
}
