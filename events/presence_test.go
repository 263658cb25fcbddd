package events

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parlour"
)

// town are options with the graces that operators get.
func town() Options { return Options{} }

// told is how often a room was told of comings and goings, by name.
func (s *ledger) told() (joined, left map[string]int) {
	joined, left = make(map[string]int), make(map[string]int)
	for _, a := range s.attendances() {
		for _, who := range a.joined {
			joined[who.Name]++
		}
		for _, who := range a.left {
			left[who.Name]++
		}
	}
	return joined, left
}

func wantTold(t *testing.T, s *ledger, who string, joined, left int) {
	t.Helper()
	j, l := s.told()
	if j[who] != joined || l[who] != left {
		t.Errorf("the room was told %d times that %s came and %d times that they went, want %d and %d", j[who], who, l[who], joined, left)
	}
}

func TestRoomIsToldOfArrivalAfterTheGrace(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		watch(t, hub, as("ana"))
		pass(1500 * time.Millisecond)
		wantTold(t, store, "ana", 0, 0)
		pass(2 * time.Second)
		wantTold(t, store, "ana", 1, 0)
		pass(time.Hour / 2)
		wantTold(t, store, "ana", 1, 0)
	})
}

func TestReloadIsNeitherComingNorGoing(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		witness := watch(t, hub, as("bob"))
		for range 5 {
			w := watch(t, hub, as("ana"))
			pass(700 * time.Millisecond)
			w.hangUp()
			pass(300 * time.Millisecond)
		}
		w := watch(t, hub, as("ana"))
		pass(10 * time.Second)
		wantTold(t, store, "ana", 1, 0)
		w.hangUp()
		pass(4 * time.Minute) // a tunnel
		if got := witness.seen(t).presence; got != "2 bob ana?" {
			t.Errorf("presence is %q while ana is away", got)
		}
		watch(t, hub, as("ana"))
		pass(10 * time.Minute)
		wantTold(t, store, "ana", 1, 0)
		if got := witness.seen(t).presence; got != "2 ana bob" {
			t.Errorf("presence is %q when ana is back", got)
		}
	})
}

func TestWhoIsGoneAfterTheGraceHasLeft(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		witness := watch(t, hub, as("bob"))
		w := watch(t, hub, as("ana"))
		pass(5 * time.Second)
		w.hangUp()
		pass(4*time.Minute + 50*time.Second)
		wantTold(t, store, "ana", 1, 0)
		pass(20 * time.Second)
		wantTold(t, store, "ana", 1, 1)
		if got := witness.seen(t).presence; got != "1 bob" {
			t.Errorf("presence is %q", got)
		}
	})
}

func TestWhoOnlyLooksInIsNotTold(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		w := watch(t, hub, as("ana"))
		pass(time.Second)
		w.hangUp()
		hub.Touch(lobby, parlour.Author{ID: "crawler", Name: "crawler"})
		pass(10 * time.Minute)
		wantTold(t, store, "ana", 0, 0)
		wantTold(t, store, "crawler", 0, 0)
		if n := hub.Present(lobby); n != 0 {
			t.Errorf("%d people are present", n)
		}
		// Whoever has no stream and says something later is there.
		hub.Touch(lobby, parlour.Author{ID: "lynx", Name: "lynx"})
		pass(10 * time.Second)
		hub.Touch(lobby, parlour.Author{ID: "lynx", Name: "lynx"})
		pass(2 * time.Second)
		wantTold(t, store, "lynx", 1, 0)
	})
}

func TestWhoLeavesIsGoneAtOnce(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		witness := watch(t, hub, as("bob"))
		first, second := watch(t, hub, as("ana")), watch(t, hub, as("ana"))
		pass(5 * time.Second)
		hub.Left(lobby, "ana")
		if first.isServed() || second.isServed() {
			t.Error("a stream of somebody who left goes on")
		}
		for _, w := range []*watcher{first, second} {
			if got := w.seen(t).ended; got != "left" {
				t.Errorf("the stream was ended with %q", got)
			}
		}
		pass(2 * time.Second)
		wantTold(t, store, "ana", 1, 1)
		if got := witness.seen(t).presence; got != "1 bob" {
			t.Errorf("presence is %q", got)
		}
	})
}

// TestTabsThatComeBackAfterLeavingBringNobodyBack: the browser's other tabs try
// again for a while, and are refused.
func TestTabsThatComeBackAfterLeavingBringNobodyBack(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		watch(t, hub, as("ana"))
		pass(5500 * time.Millisecond)
		hub.Left(lobby, "ana")
		for range 3 {
			if _, err := hub.Open(t.Context(), as("ana"), mayNotRead); !errors.Is(err, parlour.ErrNoSeat) {
				t.Errorf("somebody who left was answered %v", err)
			}
		}
		pass(2 * time.Second)
		wantTold(t, store, "ana", 1, 1)
		if n := hub.Present(lobby); n != 0 {
			t.Errorf("%d people are present", n)
		}
	})
}

func TestWhoIsRefusedIsNotPresent(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		witness := watch(t, hub, as("bob"))
		for range 10 {
			_, _ = hub.Open(t.Context(), as("eve"), mayNotRead)
			pass(time.Second)
		}
		if got := witness.seen(t).presence; got != "1 bob" {
			t.Errorf("presence is %q", got)
		}
		wantTold(t, store, "eve", 0, 0)
	})
}

func TestTwoTabsAreOnePerson(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		first, second := watch(t, hub, as("ana")), watch(t, hub, as("ana"))
		pass(5 * time.Second)
		if n := hub.Present(lobby); n != 1 {
			t.Errorf("%d people are present", n)
		}
		first.hangUp()
		pass(20 * time.Minute)
		if got := second.seen(t).presence; got != "1 ana" {
			t.Errorf("presence is %q with one tab left", got)
		}
		wantTold(t, store, "ana", 1, 0)
	})
}

func TestRestoredPeopleAreNotAnnouncedAgain(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		store.knows("ana", "bob")
		hub.Restore([]parlour.Seat{
			{Room: lobby, Person: "ana", Name: "ana", Announced: true},
			{Room: lobby, Person: "bob", Name: "bob", Announced: true},
		})
		if n := hub.Present(lobby); n != 2 {
			t.Errorf("%d people are present after a restart", n)
		}
		pass(30 * time.Second)
		watch(t, hub, as("ana"))
		pass(4 * time.Minute)
		wantTold(t, store, "ana", 0, 0)
		wantTold(t, store, "bob", 0, 0)
		pass(time.Minute)
		wantTold(t, store, "ana", 0, 0)
		wantTold(t, store, "bob", 0, 1)
	})
}

func TestWhatTheStoreRefusedIsToldLater(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		watch(t, hub, as("ana"))
		store.fail(errors.New("disk is full"))
		pass(10 * time.Second)
		store.fail(nil)
		pass(2 * time.Second)
		wantTold(t, store, "ana", 1, 0)
		store.fail(errors.New("disk is full"))
		hub.Left(lobby, "ana")
		pass(10 * time.Second)
		store.fail(nil)
		pass(2 * time.Second)
		wantTold(t, store, "ana", 1, 1)
	})
}

func TestLeavingWhileTheArrivalIsToldIsToldToo(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		store.let(&store.beforeAttend, func() { time.Sleep(4 * time.Second) })
		watch(t, hub, as("ana"))
		pass(3500 * time.Millisecond)
		hub.Left(lobby, "ana")
		pass(time.Second)
		wantTold(t, store, "ana", 0, 0)
		pass(10 * time.Second)
		wantTold(t, store, "ana", 1, 1)
		if n := hub.Present(lobby); n != 0 {
			t.Errorf("%d people are present", n)
		}
	})
}

func TestReturningWhileTheDepartureIsToldIsToldToo(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		store.let(&store.beforeAttend, func() { time.Sleep(4 * time.Second) })
		watch(t, hub, as("ana"))
		pass(10 * time.Second)
		hub.Left(lobby, "ana")
		pass(3 * time.Second)
		wantTold(t, store, "ana", 1, 0)
		watch(t, hub, as("ana"))
		pass(10 * time.Second)
		wantTold(t, store, "ana", 2, 1)
	})
}

func TestRenamingShowsAtOnce(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		witness := watch(t, hub, as("bob"))
		watch(t, hub, as("ana"))
		pass(5 * time.Second)
		store.order(parlour.Control{Kind: parlour.ControlRenamed, Person: parlour.Author{ID: "ana", Name: "anna"}}, hub)
		pass(time.Second)
		if got := witness.seen(t).presence; got != "2 anna bob" {
			t.Errorf("presence is %q", got)
		}
		marks := func() (marked string) {
			for _, p := range hub.Presence(lobby).People {
				if p.Lookalike {
					marked += p.Name
				}
			}
			return marked
		}
		like := parlour.Author{ID: "ana", Name: "b0b", Lookalike: true}
		store.order(parlour.Control{Kind: parlour.ControlRenamed, Room: lobby + 1, Person: like}, hub)
		if got := marks(); got != "" {
			t.Errorf("%q is marked, by what is so in another room", got)
		}
		store.order(parlour.Control{Kind: parlour.ControlRenamed, Room: lobby, Person: like}, hub)
		if got := marks(); got != "b0b" {
			t.Errorf("%q is marked", got)
		}
		store.order(parlour.Control{Kind: parlour.ControlRenamed, Person: parlour.Author{ID: "ana", Name: "anna"}}, hub)
		if got := marks(); got != "" {
			t.Errorf("%q is marked still", got)
		}
		hub.Left(lobby, "ana")
		pass(2 * time.Second)
		wantTold(t, store, "anna", 0, 1)
	})
}

// TestGoodbyesAreSaidBeforeTheHubCloses: their seats are gone from the store, so
// that no later start would know whom to miss.
func TestGoodbyesAreSaidBeforeTheHubCloses(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		watch(t, hub, as("ana"))
		watch(t, hub, as("bob"))
		pass(5 * time.Second)
		hub.Drain(t.Context(), 0)
		hub.Left(lobby, "ana")
		hub.Close()
		wantTold(t, store, "ana", 1, 1)
		wantTold(t, store, "bob", 1, 0)
	})
}

func TestPresenceNamesOnlySoMany(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, _ *ledger) {
		const most = 3 * PresenceNames
		for n := range most {
			name := string(rune('a'+n%26)) + string(rune('a'+n/26))
			hub.Touch(lobby, parlour.Author{ID: name, Name: name})
		}
		p := hub.Presence(lobby)
		if len(p.People) != PresenceNames || p.Total() != most {
			t.Errorf("%d people by name, %d in all", len(p.People), p.Total())
		}
		if p.People[0].Name != "aa" || p.People[1].Name != "ab" {
			t.Errorf("the first are %v", p.People[:2])
		}
	})
}

func TestRoomsWithNobodyInThemAreGivenBack(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		for room := range int64(200) {
			sub := as("ana")
			sub.Room = room
			w := watch(t, hub, sub)
			store.post(room, "hello")
			pass(time.Millisecond)
			w.hangUp()
		}
		pass(10 * time.Minute)
		if n := len(hub.all()); n != 0 {
			t.Errorf("%d rooms are kept for nobody", n)
		}
		hub.mu.Lock()
		defer hub.mu.Unlock()
		if len(hub.streams) != 0 {
			t.Errorf("streams are counted that are closed: %v", hub.streams)
		}
	})
}

// TestCrowdIsShownToAllOfIt: in a large room not each arrival makes a picture of
// its own, and all the same everybody ends with the right one.
func TestCrowdIsShownToAllOfIt(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, _ *ledger) {
		var crowd []*watcher
		for n := range 3 * crowdSize {
			crowd = append(crowd, watch(t, hub, as(person(n))))
		}
		pass(5 * time.Second)
		for n, w := range crowd {
			if seen := w.seen(t).presence; !strings.HasPrefix(seen, "600 p0 p1 ") {
				t.Fatalf("%s is shown %.20q", person(n), seen)
			}
		}
		if n := hub.Presence(lobby).Total(); n != len(crowd) {
			t.Errorf("%d people are present", n)
		}
	})
}
