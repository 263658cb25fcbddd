package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

func TestEndedStreamSaysWhyAndOthersGoOn(t *testing.T) {
	onEachWire(t, func(t *testing.T, w wire) {
		store := newLedger()
		h := newHouse(t, newHub(t, store, quiet()), w)
		ended, other := h.opened(t, lobby, "ana", ""), h.opened(t, lobby, "bob", "")
		eventually(t, "the streams are live", func() bool { return h.hub.live() == 2 })
		store.post(lobby, "before")
		for _, r := range []*reader{ended, other} {
			r.until(t, "the message is there", func() bool { return r.messages[1] == "before" })
		}
		h.hub.End(EndedSession, ana)
		store.post(lobby, "after")
		other.until(t, "the room goes on", func() bool { return other.messages[2] == "after" })
		for {
			if _, err := ended.next(); err != nil {
				break
			}
		}
		if ended.ended != "session" || ended.messages[2] != "" {
			t.Errorf("the ended stream said %q and has %v", ended.ended, ended.messages)
		}
	})
}

func ana(s *Subscription) bool { return s.Person.ID == "ana" }

func TestStreamThatIsJustOpenedIsEndedToo(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, hub *Hub, _ *ledger) {
		_, err := hub.Open(t.Context(), as("ana"), func(context.Context) error {
			hub.End(EndedSession, ana) // when the right had already been looked at
			return nil
		})
		if err == nil || hub.Streams() > 0 || hub.Present(lobby) > 0 {
			t.Errorf("opened with %v: %d streams, %d people", err, hub.Streams(), hub.Present(lobby))
		}
	})
}

// TestStreamThatCatchesUpIsEndedToo ends a stream while it waits for the store,
// which then answers with what the reader must not see any more.
func TestStreamThatCatchesUpIsEndedToo(t *testing.T) {
	onEachWire(t, func(t *testing.T, w wire) {
		store := newLedger()
		h := newHouse(t, newHub(t, store, quiet()), w)
		store.post(lobby, "before")
		store.let(&store.beforeSince, func() {
			h.hub.End(EndedSession, ana)
			store.post(lobby, "after")
		})
		r := h.opened(t, lobby, "ana", "after=0")
		for {
			if _, err := r.next(); err != nil {
				break
			}
		}
		if len(r.messages) > 0 {
			t.Errorf("the ended stream has %v", r.messages)
		}
	})
}

// TestLastWordsStandAlone ends a stream whose peer has part of a message: the
// ending must not become part of that message.
func TestLastWordsStandAlone(t *testing.T) {
	inBubble(t, quiet(), func(t *testing.T, hub *Hub, store *ledger) {
		slow := newScreen()
		w := watchOn(t, slow, hub, as("ana"))
		pass(5 * time.Second)
		slow.takes(10 * time.Millisecond)
		store.post(lobby, strings.Repeat("x", 10*maxWrite))
		pass(150 * time.Millisecond)
		if n := slow.length(); n < maxWrite || n > 5*maxWrite {
			t.Fatalf("%d bytes are written, want a part of the message", n)
		}
		hub.End(EndedSession, ana)
		if pass(time.Minute); w.isServed() {
			t.Error("the stream goes on")
		}
		_ = slow.FlushError()
		if seen := w.seen(t); len(seen.messages) > 0 || seen.ended != "" {
			t.Errorf("the peer made %d messages of it, and the ending %q", len(seen.messages), seen.ended)
		}
	})
}

// TestNothingIsReadAfterTheRightIsGone revokes a right while its streams are
// being opened, are catching up and are live: whatever is said after End or
// Recheck has returned reaches none of them.
func TestNothingIsReadAfterTheRightIsGone(t *testing.T) {
	const rounds, tabs = 25, 6
	onEachWire(t, func(t *testing.T, w wire) {
		store := newLedger()
		var right atomic.Pointer[string] // who may read
		mayRead := func(_ context.Context, person string) error {
			if may := right.Load(); may == nil || *may != person {
				return parlour.ErrNoSeat
			}
			return nil
		}
		o := quiet()
		o.Authorize = func(ctx context.Context, sub Subscription) error { return mayRead(ctx, sub.Person.ID) }
		hub := newHub(t, store, o)
		h := newHouse(t, hub, w)
		h.authorize = mayRead
		var seen atomic.Int64
		for round := range rounds {
			person := fmt.Sprint("p", round)
			right.Store(&person)
			ctx, cancel := context.WithCancel(t.Context())
			var reading sync.WaitGroup
			for range tabs {
				reading.Go(func() {
					for {
						r := &reader{house: h, room: lobby, person: person, query: "after=0"}
						if err := r.connect(ctx); err != nil {
							return // refused: the right is gone
						}
						for {
							if _, err := r.next(); err != nil {
								break
							}
							if rand.IntN(20) == 0 {
								break
							}
						}
						r.disconnect()
						seen.Add(int64(len(r.posted)))
						for seq, body := range r.messages {
							if who, isSecret := strings.CutPrefix(body, "not for "); isSecret && who == person {
								t.Errorf("%s got message %d, which was written after the right was gone", person, seq)
							}
						}
					}
				})
			}
			for range rand.IntN(30) {
				store.post(lobby, "hello")
				time.Sleep(rand.N(200 * time.Microsecond))
			}
			right.Store(nil)
			if round%2 == 0 {
				hub.End(EndedLeft, func(s *Subscription) bool { return s.Person.ID == person })
			} else {
				hub.Recheck(lobby)
			}
			store.post(lobby, "not for "+person)
			reading.Wait()
			cancel()
		}
		if seen.Load() == 0 {
			t.Error("nobody ever read anything")
		}
	})
}

func TestDrainSpreadsTheEnds(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, hub *Hub, _ *ledger) {
		const readers = 40
		var open []*watcher
		for range readers {
			open = append(open, watch(t, hub, as("ana")))
		}
		drained := make(chan struct{})
		go func() {
			hub.Drain(t.Context(), 4*time.Second)
			close(drained)
		}()
		for left := readers; left > 0; left -= 5 {
			synctest.Wait()
			if n := hub.Streams(); n > left || n < left-5 {
				t.Errorf("%d streams are left, want about %d", n, left)
			}
			if _, err := hub.Open(t.Context(), as("bob"), mayRead); !errors.Is(err, ErrShutdown) {
				t.Errorf("a new reader is answered %v", err)
			}
			pass(500 * time.Millisecond)
		}
		<-drained
		for _, w := range open {
			if w.isServed() {
				t.Error("a stream is left")
			}
		}
	})
}

func TestDrainHurriesWhenItsTimeIsUp(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, hub *Hub, _ *ledger) {
		for range 20 {
			watch(t, hub, as("ana"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		hub.Drain(ctx, time.Hour)
		if took := time.Since(start); took > 3*time.Second || hub.Streams() > 0 {
			t.Errorf("%d streams are left after %v", hub.Streams(), took)
		}
	})
}

// TestDrainMissesNobody drains while streams are being opened.
func TestDrainMissesNobody(t *testing.T) {
	for range 200 {
		hub := newHub(t, newLedger(), quiet())
		var opening sync.WaitGroup
		for n := range 8 {
			opening.Go(func() {
				for {
					if _, err := hub.Open(t.Context(), as(fmt.Sprint("p", n)), mayRead); errors.Is(err, ErrShutdown) {
						return
					}
				}
			})
		}
		runtime.Gosched()
		hub.Drain(t.Context(), 0)
		opening.Wait()
		if n := hub.Streams(); n != 0 {
			t.Fatalf("%d streams are left", n)
		}
		hub.Close()
	}
}

// TestNothingIsLeftOver opens streams by the thousand, and closes, resets,
// stalls and revokes them at random while people talk: at the end no goroutine,
// no descriptor, no reader and no room is left.
func TestNothingIsLeftOver(t *testing.T) {
	visits := 900
	if testing.Short() {
		visits = 300
	}
	onEachWire(t, func(t *testing.T, w wire) {
		goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
		t.Run("crowd", func(t *testing.T) { crowd(t, w, visits) })
		eventually(t, "all goroutines are over", func() bool { return runtime.NumGoroutine() <= goroutines })
		eventually(t, "all descriptors are closed", func() bool { return openDescriptors() <= descriptors })
	})
}

func crowd(t *testing.T, w wire, visits int) {
	o := quiet()
	o.LogBytes, o.CatchUp = 8<<10, 50
	o.JoinGrace, o.LeaveGrace = time.Millisecond, time.Millisecond
	store := newLedger()
	hub := newHub(t, store, o)
	h := newHouse(t, hub, w)
	h.authorize = func(context.Context, string) error {
		if rand.IntN(10) == 0 {
			return parlour.ErrNoSeat
		}
		return nil
	}
	talking, stop := context.WithCancel(t.Context())
	var others, visiting sync.WaitGroup
	others.Go(func() {
		for talking.Err() == nil {
			store.post(1+rand.Int64N(3), strings.Repeat("word ", rand.IntN(200)))
			time.Sleep(rand.N(time.Millisecond))
		}
	})
	others.Go(func() {
		for talking.Err() == nil {
			whom := person(rand.IntN(40))
			if rand.IntN(2) == 0 {
				hub.Left(1+rand.Int64N(3), whom)
			} else {
				hub.End(EndedSession, func(s *Subscription) bool { return s.Person.ID == whom })
			}
			time.Sleep(rand.N(3 * time.Millisecond))
		}
	})
	const guests = 60
	for range guests {
		visiting.Go(func() {
			for range visits / guests {
				visit(t, h)
			}
		})
	}
	visiting.Wait()
	stop()
	others.Wait()
	eventually(t, "no stream is left", func() bool { return hub.Streams() == 0 })
	hub.Close()
	if n := hub.poller.watched(); n != 0 {
		t.Errorf("the poller still watches %d sockets", n)
	}
	hub.mu.Lock()
	defer hub.mu.Unlock()
	if len(hub.streams) != 0 {
		t.Errorf("streams are counted that are closed: %v", hub.streams)
	}
	for id, rm := range hub.rooms {
		if rm.users != 0 || len(rm.readers) != 0 {
			t.Errorf("room %d has %d users and %d readers", id, rm.users, len(rm.readers))
		}
		for feed, l := range rm.logs {
			if l.readers != 0 {
				t.Errorf("the log of %v in room %d has %d readers", feed, id, l.readers)
			}
		}
	}
}

func person(n int) string { return fmt.Sprint("p", n) }

// visit opens a stream and gives it up, in one of the ways that people have.
func visit(t *testing.T, h *house) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r := &reader{house: h, room: 1 + rand.Int64N(3), person: person(rand.IntN(40)), query: fmt.Sprint("after=", rand.IntN(400))}
	if rand.IntN(4) == 0 { // gone before the answer, or at any moment
		time.AfterFunc(rand.N(5*time.Millisecond), cancel)
	}
	if !h.wire.tls && rand.IntN(4) == 0 {
		visitRudely(t, h, r)
		return
	}
	if err := r.connect(ctx); err != nil {
		return
	}
	defer r.disconnect()
	if rand.IntN(4) == 0 { // takes nothing for a while
		time.Sleep(rand.N(20 * time.Millisecond))
	}
	for range rand.IntN(30) {
		if _, err := r.next(); err != nil {
			return
		}
	}
}

// visitRudely hangs up with data unread, so that the connection is reset.
func visitRudely(t *testing.T, h *house, r *reader) {
	conn, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "GET /%d/%s?%s HTTP/1.1\r\nHost: house\r\n\r\n", r.room, r.person, r.query)
	if rand.IntN(2) == 0 {
		_, _ = io.ReadFull(conn, make([]byte, 10))
	}
	time.Sleep(rand.N(5 * time.Millisecond))
	_ = conn.(*net.TCPConn).SetLinger(0)
}

// openDescriptors counts them where the system tells; elsewhere it is 0.
func openDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
