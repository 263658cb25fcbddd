// Package bus is events.Bus over NATS: plain subjects, at most once, nothing
// kept. It brings bytes and does not look into them.
package bus

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"parlour/events"
)

// Options say where the bus is. URL is needed.
type Options struct {
	// URL is one or more addresses of NATS servers, with commas between them;
	// nats://, tls:// or ws://, with user:password@ or token@.
	URL string
	// Credentials is a file with the user's JWT and key (NATS 2); empty is none.
	Credentials string
	// House keeps houses that share the servers apart: one word of a subject.
	House string
	Log   *slog.Logger // default: slog.Default()
}

const (
	// maxQueue is how many messages may wait to be sent: about what the busiest
	// node says in a second.
	maxQueue = 4096
	// maxInbox is how many may wait for their handlers, which are quick.
	maxInbox = 16384
	// confirmWait is how long Subscribe waits for the server to know.
	confirmWait = 500 * time.Millisecond
	// flushWait is how long a server may take to know of all subscriptions
	// before a new connection counts.
	flushWait = 2 * time.Second
	// pingEvery and pingsMissed bound how long a server that went silent
	// without a word is taken for being there.
	pingEvery   = time.Second
	pingsMissed = 2
)

// NATS is a node's connection to the other nodes.
type NATS struct {
	conn    *nats.Conn
	node    string
	prefix  string
	log     *slog.Logger
	queue   chan message
	inbox   chan *nats.Msg
	done    chan struct{}  // closed by Close
	loops   sync.WaitGroup // send and receive
	changed chan struct{}  // something is to be told of the state

	sent, received, dropped atomic.Uint64
	sentBytes               atomic.Uint64

	mu       sync.Mutex // guards all below
	handlers map[*nats.Subscription]func([]byte)
	tells    []func(bool)
	isClosed bool
}

var _ events.Bus = (*NATS)(nil)

type message struct {
	subject string
	payload []byte
}

// Connect connects to the bus. It does not wait for a server to be there: it
// goes on trying until Close. An error means that the options make no sense.
func Connect(o Options) (*NATS, error) {
	if o.House == "" || strings.ContainsAny(o.House, ".*> \t\r\n") {
		return nil, fmt.Errorf("bus: the house %q is no word of a subject", o.House)
	}
	b := &NATS{
		node: strings.ToLower(rand.Text()[:12]), prefix: "parlour." + o.House + ".",
		log:   cmp.Or(o.Log, slog.Default()),
		queue: make(chan message, maxQueue), inbox: make(chan *nats.Msg, maxInbox),
		done: make(chan struct{}), changed: make(chan struct{}, 1),
		handlers: make(map[*nats.Subscription]func([]byte)),
	}
	options := []nats.Option{
		nats.Name("parlour " + b.node), nats.NoEcho(),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.Timeout(2 * time.Second), nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 500*time.Millisecond),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsMissed),
		// A server that takes nothing must not hold the sender up for long.
		nats.FlusherTimeout(2 * time.Second),
		nats.ConnectHandler(func(*nats.Conn) { b.note() }),
		nats.ReconnectHandler(func(*nats.Conn) { b.note() }),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { b.note() }),
		nats.ErrorHandler(b.trouble),
	}
	if o.Credentials != "" {
		options = append(options, nats.UserCredentials(o.Credentials))
	}
	var err error
	if b.conn, err = nats.Connect(o.URL, options...); err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	b.loops.Go(b.send)
	b.loops.Go(b.receive)
	b.loops.Go(b.tell)
	return b, nil
}

// Node implements events.Bus.
func (b *NATS) Node() string { return b.node }

// Connected implements events.Bus.
func (b *NATS) Connected() bool { return b.conn.IsConnected() }

// Publish implements events.Bus. A message that finds the queue full is lost.
func (b *NATS) Publish(subject string, payload []byte) {
	select {
	case b.queue <- message{subject, payload}:
	default:
		b.dropped.Add(1)
	}
}

// send brings what is queued to the server. The queue stands between because
// the connection makes its users wait while a slow server takes its bytes.
func (b *NATS) send() {
	for {
		select {
		case <-b.done:
			return
		case m := <-b.queue:
			// The connection would keep messages until it is back. They would
			// be old by then: everybody looks in the store.
			if !b.conn.IsConnected() {
				b.dropped.Add(1)
				continue
			}
			if err := b.conn.Publish(b.prefix+m.subject, m.payload); err != nil {
				b.dropped.Add(1)
				b.log.Debug("a message to the other nodes is lost", "subject", m.subject, "error", err)
				continue
			}
			b.sent.Add(1)
			b.sentBytes.Add(uint64(len(m.payload)))
		}
	}
}

// receive brings what comes to its handlers: one goroutine for all of them, so
// that thousands of rooms do not cost as many, and what one node said in order
// is heard in order.
func (b *NATS) receive() {
	for {
		select {
		case <-b.done:
			return
		case m := <-b.inbox:
			b.received.Add(1)
			b.mu.Lock()
			handle := b.handlers[m.Sub]
			b.mu.Unlock()
			if handle != nil {
				handle(m.Data)
			}
		}
	}
}

// Subscribe implements events.Bus.
func (b *NATS) Subscribe(subject string, handle func([]byte)) (cancel func()) {
	b.mu.Lock()
	if b.isClosed {
		b.mu.Unlock()
		return func() {}
	}
	sub, err := b.conn.ChanSubscribe(b.prefix+subject, b.inbox)
	if err != nil {
		b.mu.Unlock()
		b.log.Error("the bus takes no subscription", "subject", subject, "error", err)
		return func() {}
	}
	b.handlers[sub] = handle
	b.mu.Unlock()
	if b.conn.IsConnected() { // else it is made known when the connection is
		if err := b.conn.FlushTimeout(confirmWait); err != nil {
			b.note()
		}
	}
	return func() {
		b.mu.Lock()
		delete(b.handlers, sub)
		b.mu.Unlock()
		_ = sub.Unsubscribe() // the connection is closed: so is the subscription
	}
}

// OnState implements events.Bus. The present state is told too.
func (b *NATS) OnState(tell func(bool)) {
	b.mu.Lock()
	b.tells = append(b.tells, tell)
	b.mu.Unlock()
	b.note()
}

// note has the state told.
func (b *NATS) note() {
	select {
	case b.changed <- struct{}{}:
	default: // it is about to be told
	}
}

// tell tells of states one after the other. What comes and goes in between is
// told as one: back is all that matters then.
func (b *NATS) tell() {
	for {
		select {
		case <-b.done:
			return
		case <-b.changed:
		}
		connected := b.Connected()
		if connected && b.conn.FlushTimeout(flushWait) != nil {
			connected = false
			b.note() // the server does not answer: ask again, until the connection is given up
		}
		b.mu.Lock()
		tells := b.tells
		b.mu.Unlock()
		for _, tell := range tells {
			tell(connected)
		}
	}
}

// trouble is told by the connection, from a goroutine of its own.
func (b *NATS) trouble(_ *nats.Conn, _ *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrSlowConsumer) {
		b.log.Warn("messages of other nodes came faster than this one takes them, and some are lost")
		b.note()
		return
	}
	b.log.Warn("trouble with the bus", "error", err)
}

// Stats counts messages since the start.
type Stats struct {
	Sent, SentBytes uint64 // payloads only
	Received        uint64
	Dropped         uint64 // not sent: the bus was away, or behind
	Subscriptions   int
}

// Stats counts messages.
func (b *NATS) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{
		Sent: b.sent.Load(), SentBytes: b.sentBytes.Load(), Received: b.received.Load(), Dropped: b.dropped.Load(),
		Subscriptions: len(b.handlers),
	}
}

// Close says what is still to be said, and leaves the bus.
func (b *NATS) Close() {
	b.mu.Lock()
	wasClosed := b.isClosed
	b.isClosed = true
	b.mu.Unlock()
	if wasClosed {
		return
	}
	for limit := time.Now().Add(confirmWait); len(b.queue) > 0 && b.Connected() && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	close(b.done)
	if b.Connected() {
		_ = b.conn.FlushTimeout(confirmWait) // what is lost now is found in the store
	}
	b.conn.Close()
	b.loops.Wait()
}
