package cluster

import (
	"slices"
	"testing"
	"time"
)

// TestNodeIsKilled: whoever was there goes on at the others, where nobody hears of
// it, or is gone after a while. The node takes its part again when it is back.
func TestNodeIsKilled(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "--leave-grace", "4s")
	h.gather()
	gone := h.watched("Guest", h.nodes[1])
	h.goesOn(100)
	h.nodes[1].Kill()
	gone.leaves() // with the node, so that nobody tells
	h.cameAgain(3)
	h.goesOn(200)
	h.nodes[1].again()
	h.allWell()
	h.goesOn(100)
	h.settles(gone.name)
}

// TestBusIsAway: for ten seconds the nodes hear nothing of each other. They say
// so, and look in the store. Who is banned or signs out at one of them is gone
// at the others all the same.
func TestBusIsAway(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	banned, signedOut := h.watched("Victim", h.nodes[0]), h.listensOnlyAt(h.signsUp("Member", "lobby"), h.nodes[2])
	h.goesOn(100)
	h.bus.stop()
	back := time.After(10 * time.Second)
	for _, n := range h.nodes {
		until(t, n.Name+" says that the bus is away, and is ready", func() bool {
			return n.says("ready\ndatabase: ok\nbus: away\n") && n.isReady.Load()
		})
	}
	h.goesOn(100)
	h.bans(banned)
	h.signsOut(signedOut)
	h.goesOn(100)
	<-back
	h.bus.start()
	h.allWell()
	h.goesOn(100)
	h.settles()
	h.areGone(banned, signedOut)
}

// TestDatabaseIsRestarted: nothing can be said meanwhile, and nothing is lost.
func TestDatabaseIsRestarted(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	h.goesOn(100)
	h.postgres.Stop(t)
	for _, n := range h.nodes {
		until(t, n.Name+" says that it is not ready", func() bool { return n.says("not ready\ndatabase: away\n") })
	}
	h.postgres.Start(t)
	h.goesOn(200)
	h.postgres.Crash(t)
	h.postgres.Start(t)
	h.goesOn(200)
	h.settles()
}

// TestNodeIsCutOffFromBus: it says so and asks the store, and heeds what the
// others order.
func TestNodeIsCutOffFromBus(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	cut := h.nodes[2]
	banned, signedOut := h.watched("Victim", cut), h.listensOnlyAt(h.signsUp("Member", "lobby"), cut)
	h.goesOn(100)
	cut.bus.cut()
	until(t, "the node says that the bus is away", func() bool { return cut.says("ready\ndatabase: ok\nbus: away\n") })
	h.goesOn(100)
	h.bans(banned)
	h.signsOut(signedOut)
	h.goesOn(200)
	cut.bus.mend()
	h.allWell()
	h.goesOn(100)
	h.settles()
	h.areGone(banned, signedOut)
}

// TestNodeIsCutOffFromDatabase: it says that it is not ready, what it was about to
// say is said once, and nobody reads there who was banned meanwhile.
func TestNodeIsCutOffFromDatabase(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	cut := h.nodes[0]
	banned, signedOut := h.watched("Victim", cut), h.listensOnlyAt(h.signsUp("Member", "lobby"), cut)
	h.goesOn(100)
	cut.database.cut()
	until(t, "the node is not ready", func() bool { return !cut.isReady.Load() })
	h.goesOn(200)
	h.bans(banned)
	h.signsOut(signedOut)
	h.goesOn(100)
	cut.database.mend()
	h.allWell()
	h.goesOn(100)
	h.settles()
	h.areGone(banned, signedOut)
}

// TestNodesAreRestartedInTurn: as when the program is renewed.
func TestNodesAreRestartedInTurn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	for i, n := range h.nodes {
		h.goesOn(100)
		n.Stop()
		h.cameAgain(3 * (i + 1))
		h.goesOn(50)
		n.again()
		h.allWell()
	}
	h.goesOn(100)
	h.settles()
}

// TestConnectedNodesHeedAtOnce: who is banned, signs out or leaves at one node is
// gone at all others within a second.
func TestConnectedNodesHeedAtOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	var banned, signedOut, left []*reader
	victim, member, guest := h.enters("Victim", "lobby"), h.signsUp("Member", "lobby"), h.enters("Guest", "lobby")
	for _, n := range h.nodes {
		banned = append(banned, h.listensOnlyAt(victim, n))
		signedOut = append(signedOut, h.listensOnlyAt(member, n))
		left = append(left, h.listensOnlyAt(guest, n))
	}
	h.goesOn(50)
	h.bans(banned...)
	h.signsOut(signedOut...)
	h.leaves(left...)
	h.goesOn(50)
	h.settles(guest.name)
	h.areGone(slices.Concat(banned, signedOut, left)...)
}
