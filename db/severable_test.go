package db

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// severable is a way to a database that can be cut.
type severable struct {
	listener net.Listener
	to       string

	silent sync.RWMutex // held: nothing is carried on, and nothing is cut

	mu     sync.Mutex
	closed bool // who connects is turned away
	stays  bool // and that is so from the next cut on
	lines  map[net.Conn]bool
	// marked is a text: when a client sends it, the lines are cut once the
	// server has answered, or before the server has it.
	marked string
	before bool
}

func newSeverable(t *testing.T, to string) *severable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &severable{listener: listener, to: to, lines: make(map[net.Conn]bool)}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.carry(client) })
		}
	})
	t.Cleanup(func() { listener.Close(); s.cut(); serving.Wait() })
	return s
}

// add notes a line, unless it is not to be.
func (s *severable) add(line net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		line.Close()
		return false
	}
	s.lines[line] = true
	return true
}

func (s *severable) carry(client net.Conn) {
	if !s.add(client) {
		return
	}
	defer client.Close()
	server, err := net.Dial("tcp", s.to)
	if err != nil || !s.add(server) {
		return
	}
	defer server.Close()
	isMarked := make(chan struct{})
	var back sync.WaitGroup
	back.Go(func() {
		defer client.Close()
		for p := make([]byte, 64<<10); ; {
			n, err := server.Read(p)
			select {
			case <-isMarked:
				// What was sent with the mark is done when this is answered.
				if err == nil && !bytes.Contains(p[:n], []byte("COMMIT\x00")) {
					continue
				}
				s.cut()
				return
			default:
			}
			if err != nil {
				return
			}
			if _, err := client.Write(p[:n]); err != nil {
				return
			}
		}
	})
	defer back.Wait()
	defer server.Close()
	for p := make([]byte, 64<<10); ; {
		n, err := client.Read(p)
		if err != nil {
			return
		}
		s.listen()
		if s.isMarked(p[:n]) {
			if s.before {
				s.cut()
				return
			}
			close(isMarked)
			if _, err := server.Write(p[:n]); err == nil {
				_, _ = io.Copy(io.Discard, client) // until it is cut
			}
			return
		}
		if _, err := server.Write(p[:n]); err != nil {
			return
		}
	}
}

// listen waits while the line is silent.
func (s *severable) listen() {
	s.silent.RLock()
	defer s.silent.RUnlock()
}

func (s *severable) isMarked(sent []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marked == "" || !bytes.Contains(sent, []byte(s.marked)) {
		return false
	}
	s.marked = ""
	return true
}

// cut cuts all lines, and turns away who comes until open.
func (s *severable) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = s.closed || s.stays
	for line := range s.lines {
		line.Close()
	}
	clear(s.lines)
}

func (s *severable) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.stays = false, false
}

// mark has the lines cut when a client sends a text.
func (s *severable) mark(text string, before, stays bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marked, s.before, s.stays = text, before, stays
}
