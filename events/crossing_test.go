package events

import (
	"encoding/json"
	"testing"
	"time"

	"parlour"
)

// The tests here make things happen on one node before it hears what another has
// done.

// TestWhoComesToOneNodeWhileAnotherTellsThatTheyLeftIsToldToBeBack, also when what
// the other says of that is lost.
func TestWhoComesToOneNodeWhileAnotherTellsThatTheyLeftIsToldToBeBack(t *testing.T) {
	for _, isLost := range []bool{false, true} {
		inTown(t, town(), func(t *testing.T, hubs []*Hub, store *ledger, _ *grapevine) {
			store.let(&store.beforeAttend, func() { time.Sleep(3 * time.Second) })
			w := watch(t, hubs[0], as("ana"))
			second := watch(t, hubs[1], as("ana"))
			pass(20 * time.Second)
			second.hangUp() // that node answers for her too
			w.hangUp()
			pass(5*time.Minute + tick) // she is being told of
			wantTold(t, store, "ana", 1, 0)
			lost(hubs[0], isLost)
			lost(hubs[1], isLost)
			watch(t, hubs[2], as("ana"))
			pass(4 * time.Second)
			lost(hubs[0], false)
			lost(hubs[1], false)
			pass(15 * time.Second)
			wantPresent(t, "she is back", hubs, "ana")
			joined, left := store.told()
			if joined["ana"]-left["ana"] != 1 {
				t.Errorf("what was lost: %v; the room was told %d times that she came and %d times that she left", isLost, joined["ana"], left["ana"])
			}
		})
	}
}

// TestWhoIsBackIsNotThrownOutByWhatWasBefore: a node hears that somebody left
// after they came back to it, and others were told of them before.
func TestWhoIsBackIsNotThrownOutByWhatWasBefore(t *testing.T) {
	var r rights
	o := town()
	o.Authorize = r.authorize
	inTown(t, o, func(t *testing.T, hubs []*Hub, store *ledger, vine *grapevine) {
		watch(t, hubs[2], as("ana"))
		pass(5 * time.Second)
		wantPresent(t, "she is there", hubs, "ana")
		hubs[0].Left(lobby, "ana") // as the house does, after it has stored what follows
		store.order(parlour.Control{Kind: parlour.ControlLeft, Room: lobby, Person: parlour.Author{ID: "ana"}}, hubs[0])
		pass(5 * time.Second)
		wantPresent(t, "she is still there", hubs, "ana")
		vine.setCut(true)
		hubs[0].Left(lobby, "ana")
		store.order(parlour.Control{Kind: parlour.ControlLeft, Room: lobby, Person: parlour.Author{ID: "ana"}}, hubs[0])
		pass(2 * time.Second)
		wantPresent(t, "the others do not hear that she is back", hubs[:2], "")
		vine.setCut(false)
		pass(5 * time.Second)
		wantPresent(t, "they hear it", hubs, "ana")
	})
}

// TestAnswersAreNotMixed: of two answers that tell all, each lost in part, no whole
// one is made.
func TestAnswersAreNotMixed(t *testing.T) {
	inTown(t, town(), func(t *testing.T, hubs []*Hub, _ *ledger, _ *grapevine) {
		tell := func(nth, part int, who string) {
			payload, err := json.Marshal(announcement{
				Version: presenceVersion, Node: "far", Kind: anAll, Number: 7, Nth: nth, Part: part, Parts: 2,
				People: []entry{{Room: lobby, Person: who, Name: who, Streaming: true}},
			})
			if err != nil {
				t.Fatal(err)
			}
			hubs[0].receivePresence(payload)
		}
		tell(1, 0, "ana")
		tell(2, 1, "ana")
		tell(1, 1, "bob") // late
		wantPresent(t, "nothing is whole", hubs[:1], "")
		tell(2, 0, "cem")
		wantPresent(t, "the second is", hubs[:1], "ana cem")
		hubs[0].receivePresence([]byte(`{"v":99,"n":"far","k":"bye"}`))
		hubs[0].receivePresence([]byte(`what is this`))
		wantPresent(t, "what is not understood changes nothing", hubs[:1], "ana cem")
		pass(deadAfter + time.Minute)
		wantPresent(t, "it is silent", hubs[:1], "ana? cem?")
	})
}
