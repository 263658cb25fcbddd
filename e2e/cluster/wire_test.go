package cluster

import (
	"net"
	"sync"
	"testing"
)

// wire is the network between a node and a server that it needs. It can be cut,
// as by a cable that is pulled: then nothing passes, nobody is told, and what was
// sent waits; when it is whole again, all of it arrives.
type wire struct {
	listener net.Listener
	to       string

	mu    sync.Mutex // guards all below
	whole chan struct{}
	isCut bool
	ends  map[net.Conn]bool
	done  bool
}

func layWire(t *testing.T, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, to: to, whole: make(chan struct{}), ends: make(map[net.Conn]bool)}
	close(w.whole)
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			carrying.Go(func() { w.join(near) })
		}
	})
	t.Cleanup(func() {
		w.remove()
		carrying.Wait()
	})
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

// cut lets nothing pass from now on.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.isCut {
		w.isCut, w.whole = true, make(chan struct{})
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isCut {
		w.isCut = false
		close(w.whole)
	}
}

// wait waits for the wire to be whole.
func (w *wire) wait() {
	w.mu.Lock()
	whole := w.whole
	w.mu.Unlock()
	<-whole
}

// join carries a connection, once the wire is whole.
func (w *wire) join(near net.Conn) {
	w.wait()
	far, err := net.Dial("tcp", w.to)
	if err != nil || !w.hold(near, far) {
		_ = near.Close()
		if far != nil {
			_ = far.Close()
		}
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.carry(far, near) })
	both.Go(func() { w.carry(near, far) })
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.ends, near)
	delete(w.ends, far)
}

func (w *wire) hold(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range ends {
		w.ends[c] = true
	}
	return !w.done
}

// carry carries one direction. That it ended is told no sooner than the rest.
func (w *wire) carry(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		w.wait()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
}

func (w *wire) remove() {
	_ = w.listener.Close()
	w.mend()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	for c := range w.ends {
		_ = c.Close()
	}
}
