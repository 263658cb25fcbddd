package cluster

import "testing"

// TestNodeIsKilled: whoever was there goes on at the others, and the node takes
// its part again when it is back.
func TestNodeIsKilled(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	h.goesOn(100)
	h.nodes[1].kill()
	h.cameAgain(3)
	h.goesOn(200)
	h.nodes[1].again()
	h.allWell()
	h.goesOn(100)
	h.settles()
}
