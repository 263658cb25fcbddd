package events

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"parlour"
)

// wantReadNotes wants the store to have been told exactly this since it was
// asked last, each element in one write.
func wantReadNotes(t *testing.T, s *ledger, want ...map[string]parlour.Seq) {
	t.Helper()
	notes := s.readNotes()
	ok := len(notes) == len(want)
	for i := range notes {
		ok = ok && notes[i].room == lobby && maps.Equal(notes[i].upTo, want[i])
	}
	if !ok {
		t.Errorf("the store was told %v, want %v", notes, want)
	}
}

// strangers are options with which nobody's coming adds to a room.
func strangers() Options { return Options{JoinGrace: 24 * time.Hour} }

func TestReadingIsToldOncePerTickForAll(t *testing.T) {
	inBubble(t, strangers(), func(t *testing.T, hub *Hub, store *ledger) {
		for i := range 3 {
			hub.HaveRead(lobby, "ana", parlour.Seq(5-i))
			hub.HaveRead(lobby, "bob", parlour.Seq(i+1))
		}
		wantReadNotes(t, store)
		pass(2 * time.Second)
		wantReadNotes(t, store, map[string]parlour.Seq{"ana": 5, "bob": 3})
		pass(time.Minute)
		wantReadNotes(t, store)
	})
}

func TestReadingIsToldWhenAStreamEnds(t *testing.T) {
	inBubble(t, strangers(), func(t *testing.T, hub *Hub, store *ledger) {
		ana, bob := watch(t, hub, as("ana")), watch(t, hub, as("bob"))
		for range 4 {
			store.post(lobby, "hello")
		}
		pass(2 * time.Second)
		wantReadNotes(t, store) // no delivery is told
		ana.hangUp()
		bob.hangUp()
		pass(3 * time.Second)
		wantReadNotes(t, store, map[string]parlour.Seq{"ana": 4, "bob": 4})
		watch(t, hub, as("ana")).hangUp()
		pass(3 * time.Second)
		wantReadNotes(t, store) // nothing new
	})
}

func TestReadingIsToldNowAndThenWhileStreamsAreOpen(t *testing.T) {
	inBubble(t, strangers(), func(t *testing.T, hub *Hub, store *ledger) {
		watch(t, hub, as("ana"))
		watch(t, hub, as("ana"))
		watch(t, hub, as("bob"))
		for range 45 { // talk goes on
			store.post(lobby, "hello")
			pass(time.Second)
		}
		notes := store.readNotes()
		if len(notes) != 1 || len(notes[0].upTo) != 2 || notes[0].upTo["ana"] != notes[0].upTo["bob"] {
			t.Errorf("the store was told %v within 45 s, want one note of both", notes)
		}
		pass(time.Minute)
		wantReadNotes(t, store, map[string]parlour.Seq{"ana": 45, "bob": 45})
		pass(10 * time.Minute)
		wantReadNotes(t, store) // a quiet room writes nothing
	})
}

func TestReadingIsToldWhenTheHubEnds(t *testing.T) {
	inBubble(t, strangers(), func(t *testing.T, hub *Hub, store *ledger) {
		watch(t, hub, as("ana"))
		store.post(lobby, "hello")
		pass(time.Millisecond)
		hub.HaveRead(lobby, "bob", 1)
		hub.Close()
		wantReadNotes(t, store, map[string]parlour.Seq{"ana": 1, "bob": 1})
	})
}

func TestReadingIsToldLaterWhenTheStoreIsInTrouble(t *testing.T) {
	inBubble(t, strangers(), func(t *testing.T, hub *Hub, store *ledger) {
		store.fail(errors.New("no space"))
		hub.HaveRead(lobby, "ana", 3)
		pass(5 * time.Second)
		hub.HaveRead(lobby, "ana", 4)
		store.fail(nil)
		pass(2 * time.Second)
		wantReadNotes(t, store, map[string]parlour.Seq{"ana": 4})
	})
}

func TestReadingOfACrowdIsToldInParts(t *testing.T) {
	inBubble(t, strangers(), func(t *testing.T, hub *Hub, store *ledger) {
		for i := range marksAtOnce + 1 {
			hub.HaveRead(lobby, fmt.Sprint("p", i), 2)
		}
		pass(5 * time.Second)
		told := make(map[string]parlour.Seq)
		for _, note := range store.readNotes() {
			if len(note.upTo) > marksAtOnce {
				t.Errorf("%d people in one write", len(note.upTo))
			}
			maps.Copy(told, note.upTo)
		}
		if len(told) != marksAtOnce+1 {
			t.Errorf("the store was told of %d people", len(told))
		}
	})
}

// mute is a store that is away: it does not answer.
type mute struct{ *ledger }

func (mute) HaveRead(ctx context.Context, _ int64, _ map[string]parlour.Seq) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestStoreThatIsAwayHoldsTheEndUpOnceAndNotForEachRoom.
func TestStoreThatIsAwayHoldsTheEndUpOnceAndNotForEachRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := strangers()
		o.Store, o.Renderer = mute{newLedger()}, plain{}
		hub := startHub(o, new(poller))
		for room := range int64(100) {
			hub.HaveRead(room, "ana", 1)
		}
		begun := time.Now()
		hub.Close()
		if took := time.Since(begun); took > lastWords+time.Second { // the bubble's own time, which only passes in waiting
			t.Errorf("it took %v", took)
		}
	})
}
