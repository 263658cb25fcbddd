package cluster

import (
	"sync/atomic"
	"testing"

	"parlour/e2e/process"
)

// node is one server of the house, running or not.
type node struct {
	*process.Process
	t        *testing.T
	options  []string
	database *wire
	bus      *wire
	// isReady is what the load balancer thinks of it.
	isReady atomic.Bool
}

// start starts the process. Whoever needs it waits for its address.
func (n *node) start() (isUp func()) {
	n.t.Helper()
	return n.Start(n.options...)
}

// again starts the node that has ended, at the address it had.
func (n *node) again() {
	n.t.Helper()
	n.start()()
}

func (n *node) finish() {
	if n.IsRunning() {
		n.database.mend() // a test may have failed before it did
		n.bus.mend()
		n.Stop()
	}
	n.CheckLog()
}
