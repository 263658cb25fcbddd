package bus

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// BenchmarkThereAndBack is the way of a message to another node and of one back,
// over a server on the same machine.
func BenchmarkThereAndBack(b *testing.B) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true})
	if err != nil {
		b.Fatal(err)
	}
	s.Start()
	defer s.Shutdown()
	open := func() *NATS {
		n, err := Connect(Options{URL: s.ClientURL(), House: "h"})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(n.Close)
		for !n.Connected() {
		}
		return n
	}
	here, there := open(), open()
	back := make(chan struct{}, 1)
	there.Subscribe("there", func([]byte) { there.Publish("back", make([]byte, 250)) })
	here.Subscribe("back", func([]byte) { back <- struct{}{} })
	for b.Loop() {
		here.Publish("there", make([]byte, 250))
		<-back
	}
}
