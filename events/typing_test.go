package events

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parlour"
)

// writing is the standing of somebody who may write.
func writing(person string) parlour.Standing {
	return parlour.Standing{
		Identity: parlour.Identity{ID: person, Session: "s-" + person, Addr: netip.MustParseAddr("192.0.2.7")},
		Seat:     parlour.Seat{Room: lobby, Person: person, Name: person},
	}
}

func wantTyping(t *testing.T, when, want string, watchers ...*watcher) {
	t.Helper()
	for _, w := range watchers {
		if got := w.seen(t).typing; got != want {
			t.Errorf("%s: %s sees %q writing, want %q", when, w.rd.sub.Person.ID, got, want)
		}
	}
}

func TestTypingIsShownUntilItIsSaidOrGivenUp(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		bob := watch(t, hub, as("bob"))
		wantTyping(t, "at first", "", bob)
		hub.Typing(lobby, writing("ana"))
		pass(0)
		wantTyping(t, "once she began", "ana", bob)
		wantTyping(t, "who comes later", "ana", watch(t, hub, as("cleo")))
		store.says("ana", "hello")
		pass(0)
		wantTyping(t, "once she said it", "", bob)

		// A signal from before the message comes after it.
		hub.Typing(lobby, writing("ana"))
		pass(2 * time.Second)
		wantTyping(t, "after a late signal", "", bob)

		for range 5 { // she goes on for long
			hub.Typing(lobby, writing("ana"))
			pass(3 * time.Second)
			wantTyping(t, "while she writes", "ana", bob)
		}
		pass(typingFor)
		wantTyping(t, "once she gave it up", "", bob)
	})
}

func TestWhoeverMayWriteNoMoreIsNotShownTyping(t *testing.T) {
	ends := map[string]func(*Hub){
		"leaves":               func(h *Hub) { h.Left(lobby, "ana") },
		"is muted":             func(h *Hub) { h.RecheckWhom(lobby, parlour.Whom{Person: "ana"}) },
		"has a muted address":  func(h *Hub) { h.RecheckWhom(0, parlour.Whom{Address: "192.0.2.7"}) },
		"sits in a quiet room": func(h *Hub) { h.Recheck(lobby) },
		"signs out":            func(h *Hub) { h.SessionEnded("s-ana") },
	}
	for what, end := range ends {
		t.Run(what, func(t *testing.T) {
			inBubble(t, town(), func(t *testing.T, hub *Hub, _ *ledger) {
				bob := watch(t, hub, as("bob"))
				hub.Typing(lobby, writing("ana"))
				pass(0)
				wantTyping(t, "before", "ana", bob)
				hub.RecheckWhom(lobby, parlour.Whom{Person: "bob"})
				hub.SessionEnded("s-bob")
				pass(0)
				wantTyping(t, "when another is meant", "ana", bob)
				end(hub)
				pass(0)
				wantTyping(t, "afterwards", "", bob)
			})
		})
	}
}

func TestTypistIsShownUnderAnotherName(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, _ *ledger) {
		bob := watch(t, hub, as("bob"))
		hub.Typing(lobby, writing("ana"))
		hub.renamed(0, parlour.Author{ID: "ana", Name: "anna"})
		pass(tick)
		wantTyping(t, "renamed", "anna", bob)
	})
}

func TestManyWhoTypeAreSeveral(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		bob := watch(t, hub, as("bob"))
		for i := range TypistsNamed {
			hub.Typing(lobby, writing(fmt.Sprint("p", i)))
		}
		pass(tick)
		wantTyping(t, "as many as are named", "p0 p1 p2 p3", bob)
		for i := range 10 * maxTypists {
			hub.Typing(lobby, writing(fmt.Sprint("p", i)))
		}
		pass(tick)
		wantTyping(t, "a crowd", "*", bob)
		hub.find(lobby).typing(func(ts *typists) {
			if n := len(ts.all); n > maxTypists {
				t.Errorf("%d people are kept, want at most %d", n, maxTypists)
			}
		})
		pass(typingFor)
		wantTyping(t, "once all gave it up", "", bob)
	})
}

// Whatever people do, those who read are told of it at a bounded rate: in a
// crowd, everybody would be told of everybody.
func TestTypingInACrowdIsToldSeldom(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		const readers, span = 3 * crowdSize, 30 * time.Second
		bob := watch(t, hub, as("bob"))
		for i := range readers - 1 {
			rd, err := hub.Open(t.Context(), as(fmt.Sprint("r", i)), mayRead)
			if err != nil {
				t.Fatal(err)
			}
			defer rd.Close()
		}
		pass(time.Minute)
		before := bob.tellings()
		for i := range int(span / (100 * time.Millisecond)) {
			hub.Typing(lobby, writing(fmt.Sprint("p", i%7)))
			store.says(fmt.Sprint("p", (i+3)%7), "hello")
			pass(100 * time.Millisecond)
		}
		most := int(span/max(tick, pauseOf(readers))) + 1
		if n := bob.tellings() - before; n == 0 || n > most {
			t.Errorf("in %v the readers were told %d times who is typing, want at most %d", span, n, most)
		}
	})
}

// tellings counts how often the screen was told who is typing.
func (s *screen) tellings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.written.String(), "\ndata: %")
}

func TestNobodyTypingCostsNothing(t *testing.T) {
	inBubble(t, town(), func(t *testing.T, hub *Hub, store *ledger) {
		bob := watch(t, hub, as("bob"))
		pass(0)
		before := bob.tellings()
		for range 20 {
			store.says("ana", "hello")
			pass(3 * time.Second)
		}
		if n := bob.tellings() - before; n > 0 {
			t.Errorf("readers were told %d times that nobody types", n)
		}
		rm := hub.find(lobby)
		if n := testing.AllocsPerRun(100, func() {
			rm.typing(func(ts *typists) { ts.stop(func(typist) bool { return true }) })
		}); n > 0 {
			t.Errorf("a look at a room where nobody types allocates %v times", n)
		}
	})
}

func TestTypingIsSeenFromAllNodes(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
		var readers []*watcher
		for i, hub := range hubs {
			readers = append(readers, watch(t, hub, as(fmt.Sprint("r", i))))
		}
		pass(5 * time.Second)
		ana := writing("ana")
		hubs[1].Typing(lobby, ana)
		pass(tick)
		wantTyping(t, "once she began", "ana", readers...)
		store.says("ana", "hello")
		pass(tick)
		wantTyping(t, "once she said it", "", readers...)

		pass(2 * time.Second)
		hubs[1].Typing(lobby, ana)
		pass(tick)
		wantTyping(t, "again", "ana", readers...)
		// Only the node that she came to knows her address.
		hubs[1].RecheckWhom(lobby, parlour.Whom{Address: "192.0.2.7"})
		pass(tick)
		wantTyping(t, "once she may not", "", readers...)

		hubs[1].Typing(lobby, ana)
		pass(tick)
		wantTyping(t, "and again", "ana", readers...)
		kill(hubs[1])
		pass(typingFor + tick)
		wantTyping(t, "when her node is dead", "", readers[0], readers[2])
	})
}
