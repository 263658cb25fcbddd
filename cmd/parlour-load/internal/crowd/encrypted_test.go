package crowd_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
)

func TestEncryptedReadersGetEveryPost(t *testing.T) {
	s := &careless{changed: make(chan struct{}), keys: map[string]bool{}, send: honest}
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(s)
	server.EnableHTTP2 = true
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context { connections.Add(1); return ctx }
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
	for perConnection, want := range map[int]int64{1: 9, 4: 3} {
		connections.Store(0)
		c, err := crowd.OpenEncrypted(ctx, crowd.Plan{Address: server.Listener.Addr().String(), Rooms: rooms[:1], Readers: 9}, perConnection, secure)
		if err != nil {
			t.Fatal(err)
		}
		if n := connections.Load(); n != want {
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
