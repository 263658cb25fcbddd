// Package crowd is a crowd of readers and a few people who post, on one thread:
// it opens the readers' streams, posts, and checks of every post that every
// reader of its room gets it, once and in order, and how long that took. It
// knows of a chat server only its addresses and what a stream is.
package crowd

import (
	"errors"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Plan says who is in the crowd and where.
type Plan struct {
	Address string // host:port of the server, over plain TCP
	Rooms   []Room // as Enter answers them
	Readers int    // spread evenly over the rooms
	// Stalled readers read nothing after the head of their stream, and Slow
	// ones about SlowRate bytes a second. Both come on top of Readers, and their
	// figures are kept apart.
	Stalled, Slow int
	SlowRate      int
	// InFlight is the most connections that post, and so the most posts that
	// are under way at a time.
	InFlight int
	// Patience is how long a delivery may take before it counts as lost, 10 s
	// when it is 0.
	Patience time.Duration
	// Plain asks for the answer of a browser without scripts (303) to a post,
	// in place of the one for htmx.
	Plain bool
	// Spin keeps the thread from ever sleeping while posts are under way. A
	// thread that sleeps has to be woken by the server's write, and the server
	// would be charged for that.
	Spin bool
	// Progress, if set, is told a few times a second how far things are.
	Progress func(Progress)
}

// Progress is how far things are.
type Progress struct {
	Open, Readers int
	Posts         int
	Deliveries    int64
}

// Room is a room that was entered.
type Room struct {
	Path     string // such as /rooms/lobby
	Events   string // the stream's address with its cursor
	Sessions []*Session
}

// Session is a session that may read and post in its rooms.
type Session struct {
	Cookie string // the value of the Cookie header
}

// Talk is a while of posting.
type Talk struct {
	// Rate is how many posts a second are due, whatever became of those before.
	// When it is 0 the loop is closed: each connection posts again once its
	// post was acknowledged and has reached all readers of its room.
	Rate     float64
	InFlight int           // how many connections post, 0 for all of the plan's
	Duration time.Duration // when to stop, 0 for never
	Posts    int           // how many posts to stop after, 0 for no limit
	Padding  int           // bytes of text in each message beyond its mark
}

// Tally is what became of the posts of a talk.
type Tally struct {
	Posts   int     // acknowledged by the server
	Refused int     // answered with an error, or not at all
	Unsent  int     // due by the rate, and no connection was free in time
	Reason  string  // why the first one was refused
	Seconds float64 // from the first post to the last delivery
	Read
	// The times count from when a post was due: with a closed loop, from when
	// it was sent.
	Acknowledged *hdrhistogram.Histogram // until the server's answer, µs
	Complete     *hdrhistogram.Histogram // until the last reader had it, µs
	Apart        Read                    // what stalled and slow readers read
}

// Read is what readers got.
type Read struct {
	Deliveries int64                   // of a post to a reader, the first time
	Lost       int64                   // deliveries that never came
	Duplicates int64                   // deliveries that came again
	Disordered int64                   // not in the order of the numbers, under another number than elsewhere, or in a wrong room
	Cut        int64                   // streams that ended
	Bytes      int64                   // read from the streams
	Events     int64                   // events that carried exactly one post
	EventBytes int64                   // their size on the wire, without the framing of chunks
	Reads      int64                   // calls of read(2) that brought something
	Latency    *hdrhistogram.Histogram // of each delivery, µs
}

// MeanEvent is how many bytes an event with one post has.
func (r Read) MeanEvent() int {
	if r.Events == 0 {
		return 0
	}
	return int((r.EventBytes + r.Events/2) / r.Events)
}

func newTally() Tally {
	return Tally{
		Read: Read{Latency: newHistogram()}, Acknowledged: newHistogram(), Complete: newHistogram(),
		Apart: Read{Latency: newHistogram()},
	}
}

// longest is the longest time that is told apart, in µs.
const longest = 10 * 60 * 1e6

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, longest, 3) }

func record(h *hdrhistogram.Histogram, d time.Duration) {
	// The value is within the bounds, which is all that it could fail by.
	_ = h.RecordValue(min(max(d.Microseconds(), 1), longest))
}

// ErrUnsupported is answered where the system has no epoll.
var ErrUnsupported = errors.New("the load tool reads its streams through epoll, which only Linux has; the server can be on any system")
