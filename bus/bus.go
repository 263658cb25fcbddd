// Package bus is events.Bus over NATS: plain subjects, at most once, nothing
// kept. It brings bytes and does not look into them.
package bus

import (
	"cmp"
	"crypto/rand"
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

	mu        sync.Mutex // guards all below
	handlers  map[*nats.Subscription]func([]byte)
	tells     []func(bool)
	complaint string // the last that was logged since the bus was there
	isClosed  bool
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
		// It never gives up, not even when it is refused: whoever runs the bus
		// may set that right.
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.Timeout(2 * time.Second), nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 500*time.Millisecond),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsMissed),
		// A server that takes nothing must not hold the sender up for long.
		nats.FlusherTimeout(2 * time.Second),
		nats.ConnectHandler(func(*nats.Conn) { b.note() }),
		nats.ReconnectHandler(func(*nats.Conn) { b.note() }),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { b.note() }),
		nats.ErrorHandler(b.trouble),
		nats.ReconnectErrHandler(func(c *nats.Conn, err error) { b.trouble(c, nil, err) }),
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
