package events

import (
	"bytes"
	"context"
	"net/netip"
	"sync"
	"time"

	"parlour"
)

// Subscription is what a reader asks for, and as whom.
type Subscription struct {
	Room   int64
	Slug   string // the room's part of the address
	Feed   Feed
	Person parlour.Author
	Kind   parlour.IdentityKind
	Addr   netip.Addr
	// Session names the session that the stream depends on, so that the stream
	// can be ended with it.
	Session string
	// Until is when that session ends by itself; zero is never.
	Until time.Time
	// After is the reader's cursor; negative is the room's head.
	After parlour.Seq
	// Floor is where the room's history begins for the reader: it is told
	// nothing of messages that were posted up to it. 0 is the beginning.
	Floor parlour.Seq
}

func (s *Subscription) streamKeys() (person, address string) {
	return "p" + s.Person.ID, "a" + s.Addr.String()
}

// Reader is one open stream: a cursor and a connection.
type Reader struct {
	// What a walk over all readers touches stands together and first, in the 64
	// bytes of a cache line: with thousands of them each line that has to be
	// fetched from memory counts.
	log *feedLog

	mu        sync.Mutex  // guards all down to stalled, and who writes to the connection
	transport transport   // nil until the stream is served
	place     int64       // in the log: all before it was sent; until the reader is live, its opener's alone
	floor     parlour.Seq // sub.Floor
	live      bool        // the pump may push
	closed    bool
	within    bool      // its place may be within a frame
	stuck     bool      // bytes wait until the peer takes some, and then for the reader's turn
	socket    socket    // the transport, if it is one
	stalled   time.Time // since when a stuck reader takes nothing; else zero

	sub   Subscription
	room  *room
	until time.Time // when it has to come back

	index   int  // in room.readers, guarded by the room's mutex
	counted bool // its person counts as present, guarded by the room's mutex
	// absence is how long the person had no stream before this one.
	absence time.Duration
}

// transport is how bytes reach one reader.
type transport interface {
	// write sends the beginning of a stream; it may wait, with a deadline.
	write(b []byte) error
	// begin sends as much of the beginning as the peer takes at once.
	begin(b []byte) (int, error)
	// push brings the reader from its place to the end of the view without
	// waiting, or arranges for that. The reader's mutex is held.
	push(rd *Reader, v view) error
	// last sends some last bytes if that can be done without waiting. The
	// reader stands between two frames.
	last(b []byte)
	// close ends the connection; it is called once, after last.
	close()
}

// errEnded means that the stream was ended while it was being opened.
var errEnded = parlour.Errorf(parlour.Unavailable, "stream.ended", "the stream was ended while it was being opened")

// Open makes a reader known to the hub and then asks authorize whether it may
// read. In this order a right that is withdrawn at this very moment is either
// seen by authorize or ends the stream. An error is a refusal, and there is no
// reader; otherwise it must be served or closed.
func (h *Hub) Open(ctx context.Context, sub Subscription, authorize func(context.Context) error) (*Reader, error) {
	rm := h.enter(sub.Room)
	if err := h.admit(&sub); err != nil {
		h.leave(rm)
		return nil, err
	}
	rd := &Reader{sub: sub, floor: sub.Floor, room: rm, until: time.Now().Add(h.spreadAge())}
	if !sub.Until.IsZero() && sub.Until.Before(rd.until) {
		rd.until = sub.Until
	}
	rm.add(rd)
	if err := rd.prove(ctx, authorize); err != nil {
		rd.Close()
		return nil, err
	}
	return rd, nil
}

// prove looks whether a reader that is known to the hub may be.
func (rd *Reader) prove(ctx context.Context, authorize func(context.Context) error) error {
	if rd.room.hub.isClosed() { // Drain may have listed the readers already
		return ErrShutdown
	}
	if err := authorize(ctx); err != nil {
		return err
	}
	if err := rd.room.begin(ctx); err != nil {
		return err
	}
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.closed {
		return errEnded
	}
	rd.room.count(rd) // not before: whoever may not read is not present
	return nil
}

// attach gives the reader its connection. It is errEnded when the stream was
// ended before.
func (rd *Reader) attach(t transport) error {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.closed {
		t.close()
		return errEnded
	}
	rd.transport = t
	return nil
}

// push brings the reader up to the view, if it is live.
func (rd *Reader) push(v view) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	rd.pushLocked(v)
}

// resume brings a reader that was stuck up to the view.
func (rd *Reader) resume(v view) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.closed {
		return
	}
	rd.stuck = false
	rd.pushLocked(v)
	if !rd.stuck && !rd.closed {
		rd.stalled = time.Time{}
		rd.room.mu.Lock()
		rd.room.walkAgain(rd)
		rd.room.mu.Unlock()
	}
}

// getStuck leaves the reader alone until it is resumed. The caller holds mu.
func (rd *Reader) getStuck() {
	rd.stuck = true
	if rd.stalled.IsZero() {
		rd.stalled = time.Now()
	}
	rd.room.mu.Lock()
	rd.room.passBy(rd)
	rd.room.mu.Unlock()
}

// pushLocked is push for a caller that holds mu.
func (rd *Reader) pushLocked(v view) {
	if !rd.live || rd.closed {
		return
	}
	if err := rd.transport.push(rd, v); err != nil {
		rd.closeLocked()
	}
}

// check lets the reader go when it has stalled or grown old.
func (rd *Reader) check(now time.Time) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	isStalled := rd.stuck && now.Sub(rd.stalled) > rd.room.hub.opts.Stall
	if isStalled || now.After(rd.until) {
		rd.closeLocked()
	}
}

// end closes the stream for good and says why.
func (rd *Reader) end(reason Ending) {
	var content bytes.Buffer
	hub := rd.room.hub
	if err := hub.opts.Renderer.Ended(&content, rd.sub.Feed, rd.sub.Room, reason); err != nil {
		hub.opts.Log.Error("rendering an ending", "error", err)
	}
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if !rd.closed && rd.live && !rd.within {
		rd.transport.last(rd.sub.Feed.frame(nil, 0, content.Bytes()))
	}
	rd.closeLocked()
}

// refuse ends the stream of somebody whose right is gone. When nobody can tell
// whether it is, the stream is closed, and the reader may come back and be asked.
func (rd *Reader) refuse(err error) {
	switch parlour.KindOf(err) {
	case parlour.SignedOut:
		rd.end(EndedSession)
	case parlour.NotFound:
		rd.end(EndedMoved)
	case parlour.Forbidden:
		rd.end(EndedBarred)
	default:
		rd.Close()
	}
}

// Close closes the stream; whoever reads it may come back. Closing twice is no
// error.
func (rd *Reader) Close() {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	rd.closeLocked()
}

// closeLocked closes the stream once. The caller holds mu, and not the room's.
func (rd *Reader) closeLocked() {
	if rd.closed {
		return
	}
	rd.closed = true
	if rd.transport != nil {
		rd.transport.close()
	}
	rd.room.remove(rd)
	rd.room.hub.dismiss(&rd.sub)
	rd.room.hub.leave(rd.room)
}
