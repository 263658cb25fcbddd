package bus

import (
	"net"
	"strings"
	"sync"
	"testing"
)

// proxy stands between a node and the bus, and can be cut.
type proxy struct {
	net.Listener
	mu    sync.Mutex // guards all below
	to    string
	isCut bool
	// isStuck: nothing passes, and nobody is told.
	isStuck bool
	conns   []net.Conn
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, to: to}
	t.Cleanup(func() { _ = l.Close(); p.set(true) })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(in)
		}
	}()
	return p
}

func (p *proxy) join(in net.Conn) {
	defer in.Close()
	p.mu.Lock()
	isCut := p.isCut
	p.conns = append(p.conns, in)
	p.mu.Unlock()
	if isCut {
		return
	}
	out, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer out.Close()
	go func() { p.pass(out, in); _ = out.Close() }()
	p.pass(in, out)
}

// pass copies until one of the two ends, and swallows what comes while the proxy
// is stuck.
func (p *proxy) pass(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		isStuck := p.isStuck
		p.mu.Unlock()
		if isStuck {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// joined is how many connections were made since it was cut last.
func (p *proxy) joined() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// stick has nothing pass any more on the connections there are.
func (p *proxy) stick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isStuck = true
}

func (p *proxy) set(isCut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut = isCut
	if isCut {
		for _, conn := range p.conns {
			_ = conn.Close()
		}
		p.conns = nil
	}
}

// TestServerThatFallsSilentIsFoundOut: the connection stands, and nothing comes
// over it any more.
func TestServerThatFallsSilentIsFoundOut(t *testing.T) {
	s := startServer(t, freePort(t))
	between := newProxy(t, strings.TrimPrefix(s.ClientURL(), "nats://"))
	b := connect(t, "nats://"+between.Addr().String(), "h")
	var told states
	b.OnState(told.tell)
	eventually(t, "it is told that the bus is there", func() bool { c, _ := told.last(); return c })
	between.stick()
	eventually(t, "it is told that the bus is away", func() bool { c, _ := told.last(); return !c })
}
