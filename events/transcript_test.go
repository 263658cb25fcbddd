package events

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"parlour"
)

// TestEachReaderHasEachMessageOnceAndInOrder has many people post at once while
// readers connect, disconnect at any moment and come back with their cursor.
func TestEachReaderHasEachMessageOnceAndInOrder(t *testing.T) {
	const posters, each, readers = 8, 60, 24
	onEachWire(t, func(t *testing.T, w wire) {
		for _, logBytes := range []int{0, 1 << 10} { // all from the log; much from the store
			t.Run(fmt.Sprintf("log of %d", logBytes), func(t *testing.T) {
				o := quiet()
				o.LogBytes = logBytes
				store := newLedger()
				h := newHouse(t, newHub(t, store, o), w)
				var posting, reading sync.WaitGroup
				for p := range posters {
					posting.Go(func() {
						for n := range each {
							store.post(lobby, fmt.Sprintf("%d of %d\r\nid: 99\n\n", n, p))
							time.Sleep(rand.N(2 * time.Millisecond))
						}
					})
				}
				for n := range readers {
					reading.Go(func() {
						r := &reader{house: h, room: lobby, person: "p" + strconv.Itoa(n), query: "after=0"}
						readAll(t, r, posters*each)
						checkTranscript(t, r, store)
					})
				}
				posting.Wait()
				reading.Wait()
				eventually(t, "no stream is left", func() bool { return h.hub.Streams() == 0 })
			})
		}
	})
}

// readAll reads up to a number, over as many connections as it takes.
func readAll(t *testing.T, r *reader, last parlour.Seq) {
	for visits := 0; len(r.posted) == 0 || r.posted[len(r.posted)-1] < last; visits++ {
		if visits > 2000 {
			t.Errorf("%s does not get on: %d visits, last %v", r.person, visits, r.lastID)
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		if err := r.connect(ctx); err != nil {
			cancel()
			t.Errorf("%s: %v", r.person, err)
			return
		}
		stop := rand.IntN(2 * int(last) / 3)
		if rand.IntN(3) == 0 { // at a moment that has nothing to do with what was read
			time.AfterFunc(rand.N(20*time.Millisecond), cancel)
		}
		for range stop {
			_, err := r.next()
			if err != nil {
				break
			}
			if n := len(r.posted); n > 0 && r.posted[n-1] >= last {
				break
			}
		}
		r.disconnect()
		cancel()
	}
}

func checkTranscript(t *testing.T, r *reader, store *ledger) {
	for i, seq := range r.posted {
		if seq != parlour.Seq(i+1) {
			t.Errorf("%s: message %d came as number %d of the transcript %v", r.person, seq, i+1, r.posted)
			return
		}
	}
	for _, e := range r.events {
		var posted copied
		if err := posted.apply(e.data); e.name == "message" && err == nil && len(posted.posted) == 1 && e.id != posted.posted[0].String() {
			t.Errorf("%s: message %d has the id %s", r.person, posted.posted[0], e.id)
		}
	}
	if want := store.content(r.room); !r.has(want) {
		t.Errorf("%s has %v, want %v", r.person, r.messages, want)
	}
}

// TestReadersEndWithWhatTheStoreHas drops, doubles and reorders what is
// published, changes and deletes messages, and lets some readers fall so far
// behind that they are reset: each of them ends with the room as it is.
func TestReadersEndWithWhatTheStoreHas(t *testing.T) {
	onEachWire(t, func(t *testing.T, w wire) {
		for seed := range uint64(6) {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { unreliably(t, w, rand.New(rand.NewPCG(seed, 1))) })
		}
	})
}

func unreliably(t *testing.T, w wire, random *rand.Rand) {
	const readers, changes = 8, 300
	o := quiet()
	o.LogBytes = 1 << (9 + random.IntN(8))
	o.CatchUp = 10 + random.IntN(200)
	store := newLedger()
	hub := newHub(t, store, o)
	var held []parlour.Change // published later, under the store's mutex
	store.tells(func(changes []parlour.Change) {
		switch random.IntN(8) {
		case 0: // lost
		case 1: // late
			held = append(held, changes...)
		case 2: // twice
			hub.Publish(changes)
			hub.Publish(changes)
		default:
			hub.Publish(changes)
		}
		if random.IntN(10) == 0 {
			random.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
			hub.Publish(held)
			held = nil
		}
	})
	h := newHouse(t, hub, w)
	done := make(chan struct{})
	var reading sync.WaitGroup
	for n := range readers {
		// Some were never here before, some have a cursor from another life.
		query := [...]string{"after=0", "after=0", "after=0", "after=5000"}[n%4]
		r := &reader{house: h, room: lobby, person: "p" + strconv.Itoa(n), query: query}
		reading.Go(func() { readUntil(t, r, done, store) })
	}
	for range changes {
		store.mutate(lobby, random)
		if random.IntN(4) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	// Had this one been lost, only the next look at the store would tell of it.
	hub.Publish([]parlour.Change{store.last(lobby)})
	close(done)
	reading.Wait()
}

// mutate makes one random change to a room.
func (s *ledger) mutate(room int64, random *rand.Rand) {
	head := int64(s.head(room))
	switch n := random.IntN(10); {
	case n < 6 || head == 0:
		s.post(room, fmt.Sprintf("said after %d\n", head))
	case n < 9:
		s.edit(room, parlour.Seq(1+random.Int64N(head)), fmt.Sprintf("edited after %d", head))
	default:
		s.delete(room, parlour.Seq(1+random.Int64N(head)))
	}
}

// readUntil reads, with interruptions, until nothing changes any more and the
// reader has what the store has.
func readUntil(t *testing.T, r *reader, done <-chan struct{}, store *ledger) {
	isDone := func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	for visits := 0; ; visits++ {
		ended := isDone()
		ctx, cancel := context.WithTimeout(t.Context(), rand.N(50*time.Millisecond))
		if err := r.connect(ctx); err != nil {
			cancel()
			if errors.Is(err, errRefused) {
				t.Errorf("%s: %v", r.person, err)
				return
			}
			continue
		}
		for {
			if _, err := r.next(); err != nil {
				break
			}
		}
		cancel()
		r.disconnect()
		head := store.head(r.room).String()
		if ended && r.lastID == head {
			break
		}
		if visits > 3000 {
			t.Errorf("%s is at %s, the store at %s", r.person, r.lastID, head)
			return
		}
	}
	if want := store.content(r.room); r.resets == 0 && !r.has(want) || r.resets > 0 && !r.hasNewest(want) {
		t.Errorf("%s ends with %d messages after %d resets, want %d\n%v\n%v", r.person, len(r.messages), r.resets, len(want), r.messages, want)
	}
	if r.query == "after=5000" && r.resets == 0 {
		t.Errorf("%s had a cursor that was ahead of the room and was never reset", r.person)
	}
}

// hasNewest tells whether the reader has the newest messages, each as it is; a
// reader that was reset lacks older ones.
func (r *copied) hasNewest(want map[parlour.Seq]string) bool {
	var all []parlour.Seq
	for seq := range want {
		all = append(all, seq)
	}
	slices.Sort(all)
	for i, seq := range all {
		body, has := r.messages[seq]
		if has && body != want[seq] || !has && i >= len(all)-parlour.PageSize {
			return false
		}
	}
	for seq := range r.messages {
		if _, is := want[seq]; !is {
			return false
		}
	}
	return true
}
