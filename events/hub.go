package events

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"parlour"
)

// Options are what a Hub is made of and how it behaves. Store and Renderer are
// needed; zero values elsewhere mean the defaults.
type Options struct {
	Store    Store
	Renderer Renderer
	// Authorize tells whether a stream may still be; nil is yes. It is asked by
	// Recheck, from several goroutines, and once for all streams that one person
	// has in a room from one session and address. It should be quick: Recheck waits
	// for it.
	Authorize func(ctx context.Context, sub Subscription) error
	// Consult is asked in the same way about those that Authorize allows, and may
	// be slow: Recheck does not wait for it. nil is yes.
	Consult func(ctx context.Context, sub Subscription) error
	Log     *slog.Logger // default: slog.Default()
	// Bus leads to the other nodes of the house; nil: there are none.
	Bus Bus
	// IsShared tells that other processes may have the store open. Those that are
	// on no bus still hear of each other within seconds.
	IsShared bool
	// Heed is told of each control that another process has stored, before this
	// hub does what it means for streams; nil is nobody.
	Heed func(parlour.Control)
	// Count is told what other nodes have counted against the limits of the house;
	// nil is nobody.
	Count func([]parlour.Spent)

	// LogBytes is how much each room log keeps, default 256 KiB.
	LogBytes int
	// CatchUp is how many messages a reader may lack before it is reset to the
	// newest page instead, default 200.
	CatchUp int
	// Heartbeat is the longest silence on a stream, default 15 s.
	Heartbeat time.Duration
	// Stall is how long a reader may take nothing of what waits for it before
	// it is let go, default 30 s.
	Stall time.Duration
	// MaxAge is about how long a stream lives before its reader has to come
	// back and is checked again, default 1 h. Each stream's age is spread by a
	// fifth at random so that readers do not return in one herd.
	MaxAge time.Duration
	// JoinGrace is how long somebody must be present before the room is told,
	// default 2 s.
	JoinGrace time.Duration
	// LeaveGrace is how long somebody may be without a stream before they
	// count as gone, default 5 min: browsers close the streams of hidden tabs,
	// and trains have tunnels.
	LeaveGrace time.Duration
	// StreamsPerPerson and StreamsPerAddress limit open streams; 0 is no limit.
	StreamsPerPerson, StreamsPerAddress int
}

func (o *Options) defaults() {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.LogBytes = cmp.Or(o.LogBytes, 256<<10)
	o.CatchUp = cmp.Or(o.CatchUp, 200)
	o.Heartbeat = cmp.Or(o.Heartbeat, 15*time.Second)
	o.Stall = cmp.Or(o.Stall, 30*time.Second)
	o.MaxAge = cmp.Or(o.MaxAge, time.Hour)
	o.JoinGrace = cmp.Or(o.JoinGrace, 2*time.Second)
	o.LeaveGrace = cmp.Or(o.LeaveGrace, 5*time.Minute)
}

// tick is how often a hub looks after its rooms: heartbeats, peers that stall,
// streams that have grown old, comings and goings.
const tick = time.Second

// Hub is the live side of one server: its rooms with somebody in them.
type Hub struct {
	opts   Options
	poller *poller
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	ending sync.RWMutex   // no loop may begin while Close waits for them
	loops  sync.WaitGroup // the ticking, pumps, and questions to the store

	outbox chan []parlour.Change // commits that other nodes are to be told of

	controls   controls
	consulting consulting
	announcer  announcer
	tally      tally
	peers      *peers
	replays    chan struct{} // has one in it for each that is being made

	isBusAway, isStoreAway atomic.Bool
	// behind counts the occasions on which other nodes may have ordered what this one
	// has not done; caughtUp is up to which of them the store was asked since.
	behind, caughtUp atomic.Int64
	ranAt            atomic.Int64 // when this process was seen to run, by the wall clock in ms

	mu      sync.Mutex // guards all below; a room's may be taken under it, never the reverse
	rooms   map[int64]*room
	streams map[string]int // open streams by person and by address
	// elsewhere is the same on all other nodes together, as they told last.
	elsewhere map[string]int
	closed    bool // no new readers
}

var _ parlour.Live = (*Hub)(nil)

// NewHub starts a hub. Close ends it.
func NewHub(o Options) (*Hub, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return startHub(o, p), nil
}

func startHub(o Options, p *poller) *Hub {
	o.defaults()
	h := &Hub{opts: o, poller: p, rooms: make(map[int64]*room), streams: make(map[string]int), outbox: make(chan []parlour.Change, maxOutbox),
		controls: newControls(), consulting: consulting{waiting: make(map[holder][]*Reader)}, announcer: newAnnouncer(), tally: newTally(), peers: newPeers(), replays: make(chan struct{}, 1+runtime.GOMAXPROCS(0)), elsewhere: make(map[string]int),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.spawn(p.run)
	h.spawn(h.look)
	h.spawn(h.tend)
	if o.Bus != nil || o.IsShared {
		h.ranAt.Store(time.Now().UnixMilli())
		h.spawn(h.pulse)
	}
	if o.Bus != nil {
		h.behind.Add(1)
		h.spawn(h.shareAll)
		h.peers.isBlind.Store(true)
		h.spawn(h.announceAll)
		h.spawn(h.tellSpent)
		o.Bus.Subscribe(controlSubject, h.receiveControls)
		o.Bus.Subscribe(presenceSubject, h.receivePresence)
		o.Bus.Subscribe(presenceSubject+"."+o.Bus.Node(), func([]byte) { h.announcer.order(&h.announcer.isAsked) })
		if o.Count != nil {
			o.Bus.Subscribe(limitsSubject, h.receiveSpent)
		}
		o.Bus.OnState(h.busState)
		o.Bus.OnState(h.hearPeers)
	}
	poke(h.controls.look)
	return h
}

// spawn runs something that Close waits for. After Close it does nothing.
func (h *Hub) spawn(run func()) {
	h.ending.RLock()
	defer h.ending.RUnlock()
	if h.ctx.Err() == nil {
		h.loops.Go(run)
	}
}

// Publish makes changes of this node live, and tells the other nodes. The store calls it after each commit and in the
// order of the numbers; it only takes note and wakes the room's pump, so it is
// quick. Numbers may come twice, late, or not at all: a room that sees one
// skipped reads what it lacks from the store.
func (h *Hub) Publish(changes []parlour.Change) {
	for _, c := range changes {
		if rm := h.find(c.Message.Room); rm != nil {
			rm.publish(c)
		}
	}
	h.share(changes)
}

// find is a room with somebody in it, or nil.
func (h *Hub) find(id int64) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[id]
}

// enter is a room, made live if it is not. Every enter needs one leave: until
// then the room stays.
func (h *Hub) enter(id int64) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	rm := h.rooms[id]
	if rm == nil {
		rm = newRoom(h, id)
		h.rooms[id] = rm
	}
	rm.users++
	return rm
}

func (h *Hub) leave(rm *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rm.users--
}

// all is every live room, for those who look after them.
func (h *Hub) all() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, rm := range h.rooms {
		rooms = append(rooms, rm)
	}
	return rooms
}

// Streams counts the open streams.
func (h *Hub) Streams() int {
	n := 0
	for _, rm := range h.all() {
		rm.mu.Lock()
		n += len(rm.readers)
		rm.mu.Unlock()
	}
	return n
}

// look looks after the rooms until the hub is closed.
func (h *Hub) look() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case now := <-ticker.C:
			h.watchPeers(now)
			for _, rm := range h.all() {
				rm.tick(now)
			}
			h.retire()
			poke(h.controls.look)
		}
	}
}

// retire gives back the rooms in which nobody has been for a while.
func (h *Hub) retire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, rm := range h.rooms {
		if rm.users == 0 && rm.isEmpty() {
			delete(h.rooms, id)
		}
	}
}

// isClosed tells whether readers are refused from now on.
func (h *Hub) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// admit counts a stream of a person and an address, or refuses it. What is opened
// on several nodes within a moment may be a few too many.
func (h *Hub) admit(sub *Subscription) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrShutdown
	}
	person, address := sub.streamKeys()
	if most := h.opts.StreamsPerPerson; most > 0 && h.streams[person]+h.elsewhere[person] >= most {
		return ErrTooManyStreams
	}
	if most := h.opts.StreamsPerAddress; most > 0 && sub.Addr.IsValid() && h.streams[address]+h.elsewhere[address] >= most {
		return ErrTooManyStreams
	}
	h.streams[person]++
	h.streams[address]++
	if h.opts.Bus != nil {
		h.announcer.noteStreams(person, address)
	}
	return nil
}

func (h *Hub) dismiss(sub *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	person, address := sub.streamKeys()
	for _, key := range []string{person, address} {
		if h.streams[key]--; h.streams[key] <= 0 {
			delete(h.streams, key)
		}
	}
	if h.opts.Bus != nil {
		h.announcer.noteStreams(person, address)
	}
}

// Left ends the streams of somebody who left a room, and tells the room.
func (h *Hub) Left(room int64, person string) {
	// In this order: a stream that is just being opened would bring them back.
	h.End(EndedLeft, func(s *Subscription) bool { return s.Room == room && s.Person.ID == person })
	h.present(room, func(p *presence) { p.leave(person, h.isBusAway.Load()) })
	h.stopTyping(room, parlour.Whom{Person: person})
}

// renamed shows somebody under another name, as a guest or not, and marked or
// not, in a room or, with 0, wherever they are.
func (h *Hub) renamed(room int64, person parlour.Author) {
	for _, rm := range h.all() {
		if room != 0 && rm.id != room {
			continue
		}
		rm.mu.Lock()
		rm.people.rename(person)
		rm.mu.Unlock()
		rm.typing(func(ts *typists) { ts.rename(person) })
	}
}

// SessionEnded ends the streams that were opened in a session.
func (h *Hub) SessionEnded(session string) {
	if session == "" {
		return
	}
	h.End(EndedSession, func(s *Subscription) bool { return s.Session == session })
	h.stopTyping(0, parlour.Whom{Session: session})
}

// End ends the streams for which match answers true, tells their readers why,
// and returns when all of them are closed. A stream that is just being opened
// is ended too: streams are known here before their right is checked.
func (h *Hub) End(reason Ending, match func(*Subscription) bool) {
	for _, rm := range h.all() {
		for _, rd := range rm.list() {
			if match(&rd.sub) {
				rd.end(reason)
			}
		}
	}
}

// Drain refuses new readers and closes the streams there are, spread at random
// over a time so that they do not all come back at once. It returns when none
// is left or when ctx ends, and closes the rest at once in that case.
func (h *Hub) Drain(ctx context.Context, spread time.Duration) {
	h.mu.Lock()
	h.closed = true // whoever is not in a list below will see it: see Open
	h.mu.Unlock()
	var readers []*Reader
	for _, rm := range h.all() {
		readers = append(readers, rm.list()...)
	}
	rand.Shuffle(len(readers), func(i, j int) { readers[i], readers[j] = readers[j], readers[i] })
	start := time.Now()
	for i, rd := range readers {
		due := time.Duration(float64(spread) * float64(i) / float64(len(readers)))
		if wait := due - time.Since(start); wait > time.Millisecond {
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
		}
		rd.Close()
	}
}

// lastWords is how long a hub that is closed goes on telling the store who left and
// what was read. A store that is away must not hold the end of the process up, once
// for each room.
const lastWords = 3 * time.Second

// Close ends all streams and everything that the hub runs. What goroutines of
// an HTTP server do in ServeWriter is over soon after.
func (h *Hub) Close() {
	h.Drain(context.Background(), 0)
	late := time.AfterFunc(lastWords, h.cancel)
	defer late.Stop()
	for _, rm := range h.all() {
		rm.sayGoodbyes()
		rm.tellLastRead()
	}
	h.ending.Lock()
	h.cancel()
	h.ending.Unlock()
	h.poller.close()
	h.loops.Wait()
}

// spreadAge is about MaxAge.
func (h *Hub) spreadAge() time.Duration {
	return time.Duration(float64(h.opts.MaxAge) * (0.8 + 0.4*rand.Float64()))
}
