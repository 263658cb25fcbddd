package events

// Bus brings bytes from one node of the house to the others. It keeps nothing,
// and may lose, double, delay and reorder what it brings: those who use it know
// by numbers, or tell again. Its methods may be called from many goroutines.
//
// Subjects are words joined by dots; in those of Subscribe a * stands for any
// one word. They are the house's own: several houses may share a bus.
type Bus interface {
	// Node is this process' own id, made anew at each start: a short word.
	Node() string
	// Publish tells the other nodes, not this one. It never waits, and while
	// the bus is away it does nothing. The payload is the bus's from then on.
	Publish(subject string, payload []byte)
	// Subscribe has handle called with what other nodes publish under a
	// subject, in order and from one goroutine for all subjects: it must be
	// quick, and must neither keep nor change the payload. It returns when the
	// bus knows of it, or after a short while: then, as after every connect,
	// OnState tells when it does.
	Subscribe(subject string, handle func(payload []byte)) (cancel func())
	// OnState has tell called with the state as it is, when the bus goes away and
	// when it is back, one call at a time; it must be quick. The same may be told
	// again: true also when something may have been lost although the bus was
	// never away. Whoever hears true looks in the store.
	OnState(tell func(connected bool))
	// Connected tells whether the bus is there, as far as is known.
	Connected() bool
}
