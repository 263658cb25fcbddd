package bus

import (
	"errors"

	"github.com/nats-io/nats.go"
)

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
		if connected {
			b.complaint = ""
		}
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
	b.mu.Lock()
	isNew := b.complaint != err.Error()
	b.complaint = err.Error()
	b.mu.Unlock()
	if isNew { // each try to connect may end with the same
		b.log.Warn("trouble with the bus", "error", err)
	}
}
