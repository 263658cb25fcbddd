//go:build linux

package events

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parlour"
)

// audience is any number of readers who take all they get, at the cost of one
// goroutine.
type audience struct {
	poll  int
	seats []int        // their sockets
	taken atomic.Int64 // bytes
}

func newAudience(b *testing.B) *audience {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		b.Fatal(err)
	}
	a := &audience{poll: poll}
	done := make(chan struct{})
	b.Cleanup(func() {
		close(done)
		for _, fd := range a.seats {
			_ = unix.Close(fd)
		}
	})
	go a.take(done)
	return a
}

func (a *audience) take(done <-chan struct{}) {
	defer unix.Close(a.poll)
	waiting := make([]unix.EpollEvent, 512)
	buffer := make([]byte, 64<<10)
	for {
		select {
		case <-done:
			return
		default:
		}
		n, _ := unix.EpollWait(a.poll, waiting, 50)
		for _, event := range waiting[:max(n, 0)] {
			n, _ := unix.Read(int(event.Fd), buffer)
			a.taken.Add(int64(max(n, 0)))
		}
	}
}

// connect opens a plain socket to an address; nothing of it costs Go memory.
func (a *audience) connect(b *testing.B, address net.Addr) int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	a.seats = append(a.seats, fd)
	to := &unix.SockaddrInet4{Port: address.(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	if err := unix.Connect(fd, to); err != nil {
		b.Fatal(err)
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(a.poll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		b.Fatal(err)
	}
	return fd
}

// await waits until the audience has taken so many bytes.
func (a *audience) await(bytes int64) {
	for a.taken.Load() < bytes {
		runtime.Gosched()
	}
}

// settle waits until nothing comes any more.
func (a *audience) settle() int64 {
	for {
		before := a.taken.Load()
		time.Sleep(50 * time.Millisecond)
		if a.taken.Load() == before {
			return before
		}
	}
}

// ready renders what was rendered already: the pump's own cost is to be seen.
type ready struct{ plain }

func (ready) Change(w *bytes.Buffer, _ Feed, _ parlour.Change) error {
	_, err := w.Write(usual)
	return err
}

// crowded is a hub with readers in the lobby, over connections that were taken
// over from net/http.
func crowded(b *testing.B, readers int) (*Hub, *audience) {
	o := quiet()
	o.Renderer = ready{}
	hub := newHub(b, newLedger(), o)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rd, err := hub.Open(r.Context(), as("g"+r.URL.Path), mayRead)
		if err != nil {
			b.Error(err)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			b.Error(err)
			return
		}
		_ = rd.ServeConn(r.Context(), conn, []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"))
	}))
	b.Cleanup(server.Close)
	a := newAudience(b)
	for n := range readers {
		fd := a.connect(b, server.Listener.Addr())
		if _, err := unix.Write(fd, fmt.Appendf(nil, "GET /%d HTTP/1.1\r\nHost: house\r\n\r\n", n)); err != nil {
			b.Fatal(err)
		}
		if n%50 == 49 || n == readers-1 { // no herd: the goroutines of one would be counted for good
			eventually(b, "all readers are live", func() bool { return hub.live() == n+1 })
		}
	}
	return hub, a
}

// BenchmarkPump brings messages to a room of 1,000, so many of them at a time;
// an operation is a message that all of them have.
func BenchmarkPump(b *testing.B) {
	const readers = 1000
	for _, inFlight := range []int{1, 8} {
		b.Run(fmt.Sprintf("inflight=%d", inFlight), func(b *testing.B) {
			hub, a := crowded(b, readers)
			taken := a.settle()
			frame := func(seq parlour.Seq) int64 { return readers * int64(len(AppendFrame(nil, seq, "", usual))) }
			seq := parlour.Seq(0)
			b.ReportAllocs()
			for b.Loop() {
				seq++
				hub.Publish([]parlour.Change{{Seq: seq, Message: parlour.Message{Room: lobby, Seq: seq, Changed: seq}}})
				taken += frame(seq)
				if int(seq)%inFlight == 0 {
					a.await(taken)
				}
			}
			a.await(taken)
			b.ReportMetric(float64(b.N)*readers/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkBareWrite is the yardstick for BenchmarkPump: one write for each
// event and reader, and nothing else.
func BenchmarkBareWrite(b *testing.B) {
	const readers = 1000
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	a := newAudience(b)
	var fds []int
	for range readers {
		a.connect(b, listener.Addr())
		conn, err := listener.Accept()
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			b.Fatal(err)
		}
		_ = raw.Control(func(fd uintptr) { fds = append(fds, int(fd)) })
	}
	frame := AppendFrame(nil, 12345, "", usual)
	taken := int64(0)
	for b.Loop() {
		for _, fd := range fds {
			if _, err := unix.Write(fd, frame); err != nil {
				b.Fatal(err)
			}
		}
		taken += readers * int64(len(frame))
		a.await(taken)
	}
	b.ReportMetric(float64(b.N)*readers/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkOpen opens a stream over a connection and closes it.
func BenchmarkOpen(b *testing.B) {
	hub := newHub(b, newLedger(), quiet())
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	head := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		peer, err := net.Dial("tcp4", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		conn, err := listener.Accept()
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		rd, err := hub.Open(context.Background(), as("ana"), mayRead)
		if err != nil {
			b.Fatal(err)
		}
		if err := rd.ServeConn(context.Background(), conn, head); err != nil {
			b.Fatal(err)
		}
		rd.Close()
		b.StopTimer()
		_ = peer.Close()
		b.StartTimer()
	}
}

// BenchmarkIdleReader tells what Go keeps for a reader to whom nothing happens.
func BenchmarkIdleReader(b *testing.B) {
	const readers = 4000
	memory := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	crowded(b, 1) // what one needs that all need
	before := memory()
	goroutines := runtime.NumGoroutine()
	hub, _ := crowded(b, readers)
	after := memory()
	b.ReportMetric(float64(after-before)/readers, "B/reader")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/readers, "goroutines/reader")
	b.ReportMetric(0, "ns/op")
	if n := hub.Streams(); n != readers {
		b.Errorf("%d streams", n)
	}
}

// BenchmarkRecheckEnds ends all 5,000 streams of a room, each with its last
// words and over a socket of its own; what the store would take for the answers
// comes on top.
func BenchmarkRecheckEnds(b *testing.B) {
	const readers = 5000
	for b.Loop() {
		b.StopTimer()
		hub, _ := crowded(b, readers)
		hub.opts.Authorize = func(context.Context, Subscription) error { return parlour.ErrNoSeat }
		b.StartTimer()
		hub.Recheck(lobby)
		b.StopTimer()
		if n := hub.Streams(); n != 0 {
			b.Errorf("%d streams are left", n)
		}
		b.StartTimer()
	}
}
