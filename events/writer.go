package events

import (
	"context"
	"math"
	"net/http"
	"sync"
	"time"
)

// writer is the transport behind an http.ResponseWriter: HTTP/2, TLS, and
// systems without a poller. It costs the goroutine that the request has anyway;
// the pump wakes it, and it reads the same log as all others.
type writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	wake    chan struct{} // buffer of one: woken twice before it looks is woken once
	done    chan struct{} // closed when the reader is
	parting []byte        // what to send last
}

func newWriter(w http.ResponseWriter, stall time.Duration) *writer {
	return &writer{
		w: w, control: http.NewResponseController(w), stall: stall,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// ServeWriter begins the stream of a reader behind an http.ResponseWriter. What
// it answers keeps the reader up to date and returns when either side has ended
// the stream; it must be called before w is given up, and best from where little is
// on the stack. The status must not have been written; head is what the
// body begins with.
func (rd *Reader) ServeWriter(ctx context.Context, w http.ResponseWriter, head []byte) (keep func() error, err error) {
	t := newWriter(w, rd.room.hub.opts.Stall)
	if err := rd.attach(t); err != nil {
		rd.Close()
		return nil, err
	}
	// Before anything is flushed: a flush first would send a header without
	// what middleware adds to it.
	w.WriteHeader(http.StatusOK)
	if err := rd.begin(ctx, head); err != nil {
		rd.Close()
		return nil, err
	}
	forget := context.AfterFunc(ctx, rd.Close)
	// Most of a quiet stream's memory is the stack of its goroutine. It is 4 KiB
	// while what waits has less than 1,248 bytes beneath it: a select in place of
	// the one channel, or a call more, makes it 8.
	return func() error {
		// The hub uses w until the reader is closed, and a server reuses it after
		// that: Close waits for whoever closes the reader at this moment.
		defer rd.Close()
		defer forget()
		for range t.wake {
			if t.isDone() {
				return t.part()
			}
			if err := t.catchUp(rd); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (t *writer) isDone() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// maxWrite is how much a peer has to take within the stall time. What waits to
// be written is copied, and no longer than this: a slow peer must not keep a
// room's whole log in memory after the room has moved on. It is as long as the
// buffer in front of net/http's frames of HTTP/2, which keep room for the longest
// that a connection ever had.
const maxWrite = 4 << 10

// firstWrite is maxWrite while a stream begins, and each is flushed: most of those
// who only listen never need a longer frame than they get then.
const firstWrite = 2 << 10

var buffers = sync.Pool{New: func() any { return new([maxWrite]byte) }}

// catchUp writes all that the reader lacks now.
func (t *writer) catchUp(rd *Reader) error {
	buffer := buffers.Get().(*[maxWrite]byte)
	defer buffers.Put(buffer)
	for {
		n, err := rd.take(buffer[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return t.control.Flush()
		}
		if err := t.send(buffer[:n], t.stall); err != nil {
			return err
		}
	}
}

// take copies some of what the reader lacks, none when it is up to date or
// closed: what is published after a stream was ended must not reach it.
func (rd *Reader) take(dst []byte) (int, error) {
	rd.room.mu.Lock()
	v := rd.log.view()
	rd.room.mu.Unlock()
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if rd.closed {
		return 0, nil
	}
	b, err := v.from(rd.place, rd.floor)
	if err != nil {
		return 0, err
	}
	n := copy(dst, b)
	rd.place += int64(n)
	rd.within = n < len(b)
	return n, nil
}

func (t *writer) write(b []byte) error {
	_, err := t.writeFor(math.MaxInt64, b)
	return err
}

// soon is how long a peer may take over what it is said to have taken at once.
const soon = 100 * time.Millisecond

func (t *writer) begin(b []byte) (int, error) { return t.writeFor(soon, b) }

// writeFor writes until all is written or a time is over.
func (t *writer) writeFor(most time.Duration, b []byte) (n int, err error) {
	for start := time.Now(); n < len(b) && time.Since(start) < most; {
		if t.isDone() {
			return n, errEnded
		}
		part := b[n:min(len(b), n+firstWrite)]
		if err := t.send(part, t.stall); err != nil {
			return n, err
		}
		if err := t.control.Flush(); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

// send writes bytes, or gives up when the peer does not take them in time. The
// deadline is set anew each time: a server's own write timeout would end each
// stream that is older than it.
func (t *writer) send(b []byte, patience time.Duration) error {
	if err := t.control.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if t.isDone() { // close has set a deadline that was just overwritten
		if err := t.control.SetWriteDeadline(time.Now().Add(min(patience, partingTime))); err != nil {
			return err
		}
	}
	_, err := t.w.Write(b)
	return err
}

// part sends the last bytes of a stream that was ended.
func (t *writer) part() error {
	if len(t.parting) == 0 {
		return nil
	}
	if err := t.send(t.parting, partingTime); err != nil {
		return err
	}
	return t.control.Flush()
}

func (t *writer) push(*Reader, view) error {
	t.rouse()
	return nil
}

func (t *writer) rouse() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *writer) last(b []byte) { t.parting = b }

// partingTime is how long a stream that is ended may take for its last bytes.
const partingTime = time.Second

func (t *writer) close() {
	close(t.done)
	t.rouse()
	// A write may be waiting for a peer that takes nothing.
	_ = t.control.SetWriteDeadline(time.Now().Add(partingTime))
}
