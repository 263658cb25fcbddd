package events

import (
	"testing"
	"time"

	"parlour"
)

func TestPeopleOfADeadNodeAreGoneAfterTheGrace(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
		watch(t, hubs[0], as("ana"))
		watch(t, hubs[1], as("bob"))
		pass(10 * time.Second)
		wantNodes(t, hubs, len(hubs))
		kill(hubs[0])
		living := hubs[1:]
		pass(deadAfter + 2*tick)
		wantNodes(t, living, len(living))
		wantPresent(t, "it is found dead", living, "ana bob")
		pass(4 * time.Minute)
		wantPresent(t, "she may come back", living, "bob ana?")
		pass(time.Minute + tick)
		wantPresent(t, "she did not", living, "bob")
		wantTold(t, store, "ana", 1, 1)
		wantTold(t, store, "bob", 1, 0)
	})
}

// TestWhoIsThrownOutOfASilentNodeIsGone as soon as it is found dead: it cannot say so
// itself.
func TestWhoIsThrownOutOfASilentNodeIsGone(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
		watch(t, hubs[0], as("ana"))
		watch(t, hubs[0], as("bob"))
		pass(10 * time.Second)
		kill(hubs[0])
		living := hubs[1:]
		store.order(parlour.Control{Kind: parlour.ControlLeft, Room: lobby, Person: as("ana").Person}, hubs[1])
		living[0].Left(lobby, "ana")
		pass(deadAfter + 3*tick)
		wantPresent(t, "bob may come back", living, "bob")
		wantTold(t, store, "ana", 1, 1)
		wantTold(t, store, "bob", 1, 0)
	})
}

// TestWhoCameToANodeThatDiedUnheardLeavesAllTheSame: it had told the room that they
// came, and no other node knows. Of one who only looked in nothing is told.
func TestWhoCameToANodeThatDiedUnheardLeavesAllTheSame(t *testing.T) {
	for _, comesBack := range []bool{false, true} {
		inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
			watch(t, hubs[1], as("bob"))
			pass(5 * time.Second)
			store.let(&store.beforeAttend, func() { lost(hubs[0], true) })
			watch(t, hubs[0], as("ana"))
			pass(time.Second)
			hubs[0].Touch(lobby, parlour.Author{ID: "lynx", Name: "lynx"})
			pass(3 * time.Second)
			store.let(&store.beforeAttend, nil)
			wantTold(t, store, "ana", 1, 0)
			kill(hubs[0])
			living := hubs[1:]
			pass(deadAfter + 2*tick)
			wantPresent(t, "it is found dead", living, "ana bob lynx")
			if comesBack {
				watch(t, hubs[2], as("ana"))
				pass(10 * time.Minute)
				wantPresent(t, "she came back", living, "ana bob")
				wantTold(t, store, "ana", 1, 0)
			} else {
				pass(6 * time.Minute)
				wantPresent(t, "she did not come back", living, "bob")
				wantTold(t, store, "ana", 1, 1)
			}
			wantTold(t, store, "lynx", 0, 0)
		})
	}
}

// TestWhoComesBackWhileALeaveIsToldInVainIsToldOfAgain: whether the room had been told
// by the node that died, the store alone knows.
func TestWhoComesBackWhileALeaveIsToldInVainIsToldOfAgain(t *testing.T) {
	now, g := time.Now(), graces{join: time.Second, leave: time.Minute}
	ana := as("ana").Person
	p := newPresence(lobby)
	p.hear("dead", entry{Room: lobby, Person: ana.ID, Name: ana.Name, Streaming: true}, now)
	p.inherit("dead", ana.ID, now)
	now = now.Add(g.leave)
	joined, left := p.due(now, g)
	if len(joined) != 0 || len(left) != 1 {
		t.Fatalf("%v came and %v left", joined, left)
	}
	p.tell(joined, left)
	p.streamOpened(ana, now)
	p.told(joined, left, false)
	if joined, left = p.due(now.Add(g.join), g); len(joined) != 1 || len(left) != 0 {
		t.Errorf("%v came and %v left", joined, left)
	}
}
