package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// secured is a server that tells each request's protocol, over TLS.
type secured struct {
	*handshakes
	server *http.Server
	roots  *x509.CertPool
}

func newSecured(t *testing.T, most int, set func(*handshakes)) *secured {
	t.Helper()
	known := httptest.NewTLSServer(nil) // for its certificate
	known.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &secured{roots: known.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	s.handshakes = newHandshakes(listener, &tls.Config{NextProtos: []string{"h2", "http/1.1"}, Certificates: known.TLS.Certificates}, most)
	set(s.handshakes)
	go s.acceptAll()
	s.server = &http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.handshakes) }()
	t.Cleanup(func() {
		_ = s.server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving ended with %v", err)
		}
	})
	return s
}

// protocol connects with the protocols allowed and asks which one is spoken.
func (s *secured) protocol(t *testing.T, allow ...func(*http.Protocols, bool)) string {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots}, Protocols: new(http.Protocols)}
	defer transport.CloseIdleConnections()
	for _, one := range allow {
		one(transport.Protocols, true)
	}
	resp, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Get("https://" + s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var http1, http2 = (*http.Protocols).SetHTTP1, (*http.Protocols).SetHTTP2

// silent connects and says nothing. What it answers is closed when the server has
// let the connection go.
func (s *secured) silent(t *testing.T) (ended <-chan struct{}) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, conn)
	})
	t.Cleanup(func() {
		conn.Close()
		wg.Wait()
	})
	return done
}

func within(t *testing.T, ended <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal(what)
	}
}

func TestBothProtocolsAreSpokenOverTLS(t *testing.T) {
	s := newSecured(t, 10, func(*handshakes) {})
	if got := s.protocol(t, http1); got != "HTTP/1.1" {
		t.Errorf("%s is spoken with who knows no other than HTTP/1.1", got)
	}
	if got := s.protocol(t, http1, http2); got != "HTTP/2.0" {
		t.Errorf("%s is spoken with who knows HTTP/2", got)
	}
}

func TestWhoeverSpeaksPlainHTTPIsToldSo(t *testing.T) {
	s := newSecured(t, 10, func(*handshakes) {})
	resp, err := http.Get("http://" + s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusBadRequest || !bytes.Contains(b, []byte("HTTPS")) {
		t.Errorf("answered %s: %s (%v)", resp.Status, b, err)
	}
}

func TestSilentPeerHoldsNobodyUp(t *testing.T) {
	s := newSecured(t, 10, func(h *handshakes) { h.time = time.Hour })
	s.silent(t)
	if got := s.protocol(t, http1, http2); got != "HTTP/2.0" {
		t.Errorf("answered %q", got)
	}
}

func TestSilentPeerIsLetGo(t *testing.T) {
	s := newSecured(t, 10, func(h *handshakes) { h.time = time.Millisecond })
	within(t, s.silent(t), "a peer that says nothing is kept")
}

// TestThousandsOfSilentPeersAreBounded: however many there are, no more are kept than
// may be, and who speaks is answered.
func TestThousandsOfSilentPeersAreBounded(t *testing.T) {
	const most, peers = 16, 2000
	s := newSecured(t, most, func(h *handshakes) { h.time, h.patience = time.Hour, 5*time.Millisecond })
	var all []<-chan struct{}
	for range peers {
		all = append(all, s.silent(t))
	}
	if got := s.protocol(t, http1); got != "HTTP/1.1" {
		t.Errorf("answered %q", got)
	}
	for _, ended := range all[:peers-most] {
		within(t, ended, "more are kept than may be")
	}
}

// TestNobodyIsHurriedWhereThereIsRoom: patience is for when too many are under way.
func TestNobodyIsHurriedWhereThereIsRoom(t *testing.T) {
	s := newSecured(t, 3, func(h *handshakes) { h.time, h.patience = time.Hour, 0 })
	ended := s.silent(t)
	for range 20 { // two at a time, and a place for who is awaited
		s.protocol(t, http1)
	}
	select {
	case <-ended:
		t.Error("a peer was let go though there was room")
	default:
	}
}

func TestShutdownEndsHandshakes(t *testing.T) {
	s := newSecured(t, 10, func(h *handshakes) { h.time = time.Hour })
	var all []<-chan struct{}
	for range 5 {
		all = append(all, s.silent(t))
	}
	if err := s.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for _, ended := range all {
		within(t, ended, "a handshake outlasts the server")
	}
}
