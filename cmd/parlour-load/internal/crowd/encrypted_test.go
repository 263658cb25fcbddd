package crowd_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
)

func TestEncryptedReadersGetEveryPost(t *testing.T) {
	s := &careless{changed: make(chan struct{}), keys: map[string]bool{}, send: honest}
	// Only those that carry a stream: a client may open one in advance and not use it.
	var connections sync.Map // by the reader's address
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			connections.Store(r.RemoteAddr, true)
		}
		s.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	secure := &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	rooms, err := crowd.Enter(ctx, server.URL, []string{"a", "b"}, 2, "guest", secure)
	if err != nil {
		t.Fatal(err)
	}
	for perConnection, want := range map[int]int{1: 9, 4: 3} {
		connections.Clear()
		c, err := crowd.OpenEncrypted(ctx, crowd.Plan{Address: server.Listener.Addr().String(), Rooms: rooms[:1], Readers: 9}, perConnection, secure)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range connections.Range {
			n++
		}
		if n != want {
			t.Errorf("%d connections for 9 readers with %d on each", n, perConnection)
		}
		for range 2 {
			deliveries, err := c.Talk(ctx, 5, 100)
			if err != nil || deliveries != 45 {
				t.Fatalf("%d deliveries: %v", deliveries, err)
			}
		}
		c.Close()
	}
}
