package events

import (
	"context"
	"net/http"
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

// ServeWriter keeps the reader behind an http.ResponseWriter up to date and
// returns when either side has ended the stream. The status must not have been
// written; head is what the body begins with.
func (rd *Reader) ServeWriter(ctx context.Context, w http.ResponseWriter, head []byte) error {
	defer rd.Close()
	t := newWriter(w, rd.room.hub.opts.Stall)
	if err := rd.attach(t); err != nil {
		return err
	}
	// Before anything is flushed: a flush first would send a header without
	// what middleware adds to it.
	w.WriteHeader(http.StatusOK)
	if err := rd.begin(ctx, head); err != nil {
		return err
	}
	return t.run(ctx, rd)
}

// run writes whatever the reader lacks until the stream ends.
func (t *writer) run(ctx context.Context, rd *Reader) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.done:
			return t.write(t.parting)
		case <-t.wake:
		}
		rd.room.mu.Lock()
		v := rd.log.view()
		rd.room.mu.Unlock()
		rd.mu.Lock()
		b, err := v.from(rd.place, rd.sub.Floor)
		rd.place += int64(len(b))
		rd.mu.Unlock()
		if err != nil {
			return err
		}
		if err := t.write(b); err != nil {
			return err
		}
	}
}

// write sends bytes, or gives up when the peer takes none of them for a while.
// The deadline is set anew each time: a server's own write timeout would end
// each stream that is older than it.
func (t *writer) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if err := t.control.SetWriteDeadline(time.Now().Add(t.stall)); err != nil {
		return err
	}
	if _, err := t.w.Write(b); err != nil {
		return err
	}
	return t.control.Flush()
}

func (t *writer) push(*Reader, view) error {
	select {
	case t.wake <- struct{}{}:
	default:
	}
	return nil
}

func (t *writer) last(b []byte) { t.parting = b }

// partingTime is how long a stream that is ended may take for its last bytes.
const partingTime = time.Second

func (t *writer) close() {
	close(t.done)
	// A write may be waiting for a peer that takes nothing.
	_ = t.control.SetWriteDeadline(time.Now().Add(partingTime))
}
