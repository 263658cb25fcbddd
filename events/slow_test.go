package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
)

// TestSlowReaderHoldsNobodyUp: one reader takes nothing, and the room goes on
// for the other until the first has been let go.
func TestSlowReaderHoldsNobodyUp(t *testing.T) {
	onEachWire(t, func(t *testing.T, w wire) {
		o := quiet()
		o.LogBytes = 64 << 10
		o.Stall = 3 * time.Second // of those who are full; the other one may have to wait for the processor
		store := newLedger()
		h := newHouse(t, newHub(t, store, o), w)
		stuck := h.opened(t, lobby, "stuck", "after=0") // wherever it is cut off
		fast := h.opened(t, lobby, "fast", "")
		body := strings.Repeat("x", 4<<10)
		for n := 0; h.hub.Streams() > 1; n++ {
			if n > 20_000 {
				t.Fatalf("after %d messages of %d bytes the reader that takes none is still there", n, len(body))
			}
			m := store.post(lobby, body)
			fast.until(t, "the message is there", func() bool { return len(fast.messages) == int(m.Seq) })
			if !w.conns { // whoever waits for its peer is only let go in time
				time.Sleep(time.Millisecond)
			}
		}
		last := store.post(lobby, "afterwards")
		fast.until(t, "the room goes on", func() bool { return fast.messages[last.Seq] == "afterwards" })
		checkTranscript(t, fast, store)
		// What the slow one has is a beginning of the same, and it can go on.
		for {
			if _, err := stuck.next(); err != nil {
				break
			}
		}
		if err := stuck.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		stuck.until(t, "it has caught up", func() bool { return len(stuck.messages) == int(last.Seq) })
		checkTranscript(t, stuck, store)
	})
}

// TestStuckReadersKeepNoMemory: what a hub keeps is its room's log, whatever
// passes by readers who do not take it.
func TestStuckReadersKeepNoMemory(t *testing.T) {
	const readers, messages = 60, 6000 // of 4 KiB each: 24 MiB
	onEachWire(t, func(t *testing.T, w wire) {
		o := quiet()
		o.LogBytes = 64 << 10
		store := newLedger()
		hub := newHub(t, store, o)
		h := newHouse(t, hub, w)
		for n := range readers {
			h.opened(t, lobby, fmt.Sprint("p", n), "")
		}
		before := heap()
		body := strings.Repeat("x", 4<<10)
		for seq := range parlour.Seq(messages) {
			// Past the store, which would keep it all.
			hub.Publish([]parlour.Change{{Seq: seq + 1, Message: parlour.Message{Room: lobby, Seq: seq + 1, Changed: seq + 1, Body: body}}})
			if seq%64 == 0 {
				eventually(t, "the room is at the last message", func() bool { return hub.find(lobby).reached() >= seq })
			}
		}
		grown := int64(heap()) - int64(before)
		// A writer that waits for its peer holds a part of what it writes, and
		// HTTP/2 has buffers on both sides, which are in this process here.
		most := int64(readers) * 64 << 10
		if w.tls {
			most = readers * 5 << 20
		}
		if grown > most {
			t.Errorf("%d stuck readers keep %d KiB", readers, grown>>10)
		}
	})
}

// TestReadersWhoComeBackSlowlyKeepLittle: of what a reader lacks, no more is kept for
// it than it is about to take, however many come back at once.
func TestReadersWhoComeBackSlowlyKeepLittle(t *testing.T) {
	const readers, messages = 20, 100 // of 4 KiB each: 8 MiB
	keepLittle := func(t *testing.T, w wire) {
		store := newLedger()
		hub := newHub(t, store, quiet())
		h := newHouse(t, hub, w)
		body := strings.Repeat("x", 4<<10)
		for range messages {
			store.post(lobby, body)
		}
		before := heap()
		for n := range readers {
			h.opened(t, lobby, fmt.Sprint("p", n), "after=0")
		}
		eventually(t, "all have been answered from the store", func() bool {
			store.mu.Lock()
			defer store.mu.Unlock()
			return store.questions >= readers && len(hub.replays) == 0
		})
		most := int64(readers) * 3 * maxHeld
		eventually(t, fmt.Sprintf("%d readers keep no more than %d KiB", readers, most>>10), func() bool {
			return int64(heap())-int64(before) < most
		})
	}
	for _, w := range wires(t) {
		if !w.tls { // whose buffers on both sides are in this process, and hold more
			t.Run(w.name, func(t *testing.T) { keepLittle(t, w) })
		}
	}
}

// TestPortionIsLeftOffBetweenFrames: what is dropped begins behind a frame that leads
// to a number, and that number is where the reader goes on.
func TestPortionIsLeftOffBetweenFrames(t *testing.T) {
	const part = maxHeld / 4
	frames := make([]byte, 10*part)
	var steps []step
	for n := range 9 { // the first is an edit, and the last a signal
		if n > 0 {
			steps = append(steps, step{end: (n + 1) * part, reached: parlour.Seq(n)})
		}
	}
	for _, c := range []struct{ taken, kept, reached int }{
		{0, 4 * part, 3},
		{part / 2, 4 * part, 3},
		{part, 5 * part, 4},
		{4*part + 1, 8 * part, 7},
		{8 * part, 9 * part, 8},
		{9*part + 1, 10 * part, 99}, // nothing is behind that
	} {
		p := portion{frames: frames, steps: steps, reached: 99}
		p.leaveOff(c.taken)
		if len(p.frames) != c.kept || p.reached != parlour.Seq(c.reached) {
			t.Errorf("when %d bytes were taken it ends at %d with number %d, want %d and %d", c.taken, len(p.frames), p.reached, c.kept, c.reached)
		}
	}
	p := portion{frames: frames, reached: 99} // a reset
	if p.leaveOff(0); len(p.frames) != len(frames) || p.reached != 99 {
		t.Errorf("a portion without steps ends at %d with number %d", len(p.frames), p.reached)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestPeerThatTakesNothingIsLetGo(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, hub *Hub, store *ledger) {
		w := watchOn(t, newScreen(), hub, as("ana"))
		pass(10 * time.Second)
		w.dies()
		store.post(lobby, "hello")
		pass(29 * time.Second)
		if !w.isServed() {
			t.Fatal("let go too early")
		}
		pass(2 * time.Second)
		if w.isServed() {
			t.Fatal("a peer that takes nothing is kept")
		}
		if err := <-w.served; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the stream ended with %v", err)
		}
		if n := hub.Streams(); n != 0 {
			t.Errorf("%d streams are left", n)
		}
	})
}

// TestPeerThatTakesALittleIsKept: one kilobyte a second is slow, and not dead.
// It lacks far more than it can take within the stall time.
func TestPeerThatTakesALittleIsKept(t *testing.T) {
	inBubble(t, Options{MaxAge: 24 * time.Hour, CatchUp: 300}, func(t *testing.T, hub *Hub, store *ledger) {
		body := strings.Repeat("x", 1000)
		for range 150 {
			store.post(lobby, body)
		}
		slow := newScreen()
		slow.takes(time.Second)
		sub := as("ana")
		sub.After = 0
		w := watchOn(t, slow, hub, sub)
		pass(10 * time.Second)
		for range 100 { // and more comes while it reads
			store.post(lobby, body)
		}
		pass(time.Hour)
		if !w.isServed() {
			t.Fatalf("a slow peer was let go: %v", <-w.served)
		}
		if got := w.seen(t); !got.has(store.content(lobby)) {
			t.Errorf("it has %d messages of 250", len(got.messages))
		}
	})
}

// TestSlowReadersFallOutAndComeBack has many readers that read in small bites
// while the room is busy: whoever falls out of the log comes back, and all end
// with the same.
func TestSlowReadersFallOutAndComeBack(t *testing.T) {
	const readers, messages = 12, 150
	onEachWire(t, func(t *testing.T, w wire) {
		o := quiet()
		o.LogBytes = 16 << 10
		store := newLedger()
		h := newHouse(t, newHub(t, store, o), w)
		var reading sync.WaitGroup
		for n := range readers {
			r := &reader{house: h, room: lobby, person: fmt.Sprint("p", n), query: "after=0"}
			reading.Go(func() { readSlowly(t, r, messages) })
		}
		body := strings.Repeat("long", 2000)
		for range messages {
			store.post(lobby, body)
			if n := h.hub.Streams(); n < readers/2 {
				time.Sleep(time.Millisecond)
			}
		}
		reading.Wait()
	})
}

func readSlowly(t *testing.T, r *reader, last parlour.Seq) {
	for visits := 0; r.messages[last] == ""; visits++ {
		if visits > 1000 {
			t.Errorf("%s does not get on", r.person)
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := r.connect(ctx); err != nil {
			t.Errorf("%s: %v", r.person, err)
			cancel()
			return
		}
		r.source = newEventSource(bites{r.body.(io.Reader)})
		for {
			if _, err := r.next(); err != nil || r.messages[last] != "" {
				break
			}
		}
		r.disconnect()
		cancel()
	}
	for i, seq := range r.posted {
		if seq != parlour.Seq(i+1) {
			t.Errorf("%s: message %d came as number %d", r.person, seq, i+1)
			return
		}
	}
}

// bites reads a little at a time and lets others go first.
type bites struct{ r io.Reader }

func (b bites) Read(p []byte) (int, error) {
	runtime.Gosched()
	return b.r.Read(p[:min(len(p), 2048)])
}

// A page that never ends cannot take back what it has shown. One that is too far
// behind ends, and is loaded again, rather than show the newest messages twice.
func TestDocumentThatIsTooFarBehindEnds(t *testing.T) {
	inBubble(t, Options{CatchUp: 5}, func(t *testing.T, hub *Hub, store *ledger) {
		for range 20 {
			store.post(lobby, "said")
		}
		for after, goesOn := range map[parlour.Seq]bool{10: false, 18: true} {
			sub := as("p")
			sub.After, sub.Feed.Format = after, Document
			w := watch(t, hub, sub)
			if w.isServed() != goesOn || w.length() > 0 != goesOn {
				t.Errorf("a page that is at %d goes on: %t, with %d bytes", after, w.isServed(), w.length())
			}
			w.hangUp()
		}
	})
}
