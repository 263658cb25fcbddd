package events

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"parlour"
)

// parcel is what one node tells the others of a commit in one room, as JSON. A
// node that does not know the version still learns how far the room is, and
// asks the store: nodes of two versions may serve side by side for a while.
type parcel struct {
	Version int         `json:"v"`
	Head    parlour.Seq `json:"h"` // the number of the last change
	Changes []carried   `json:"c,omitempty"`
	// Typing is somebody who is writing in the room, or with Gone is not any more.
	Typing *entry `json:"t,omitempty"`
}

// parcelVersion is to be raised when a message of before would be read wrongly.
const parcelVersion = 1

// carried is a message on its way to another node: all that it has, whatever
// that comes to be, and of the following only what is not empty.
type carried struct {
	parlour.Message
	Room      int64              `json:",omitzero"` // the subject names it
	Mentions  []parlour.Mention  `json:",omitempty"`
	Event     *parlour.Event     `json:",omitempty"`
	Quote     *parlour.Quote     `json:",omitempty"`
	Reactions []parlour.Reaction `json:",omitempty"`
	Edited    time.Time          `json:",omitzero"`
	EditedBy  string             `json:",omitempty"`
	Deleted   time.Time          `json:",omitzero"`
	Stub      parlour.Stub       `json:",omitempty"`
}

func carry(m parlour.Message) carried {
	return carried{
		Message: m, Mentions: m.Mentions, Event: m.Event, Quote: m.Quote, Reactions: m.Reactions,
		Edited: m.Edited, EditedBy: m.EditedBy, Deleted: m.Deleted, Stub: m.Stub,
	}
}

func (c carried) message(room int64) parlour.Message {
	m := c.Message
	m.Room, m.Event, m.Quote, m.Reactions = room, c.Event, c.Quote, c.Reactions
	m.Mentions, m.Edited, m.EditedBy, m.Deleted, m.Stub = c.Mentions, c.Edited, c.EditedBy, c.Deleted, c.Stub
	return m
}

// maxParcel is about how many bytes of text go in one parcel; a NATS server
// takes a megabyte.
const maxParcel = 256 << 10

// maxOutbox is how many commits may wait to be told to other nodes. What finds
// it full is lost to them until they look in the store.
const maxOutbox = 256

func roomSubject(room int64) string { return "room." + strconv.FormatInt(room, 10) }

// share tells the other nodes of a commit. It is called while the store waits
// and leaves the work to another goroutine.
func (h *Hub) share(changes []parlour.Change) {
	if h.opts.Bus == nil {
		return
	}
	select {
	case h.outbox <- changes:
	default:
	}
}

// shareAll tells the other nodes of commits, each in as many parcels as it has
// rooms, until the hub is closed and nothing is left to be told.
func (h *Hub) shareAll() {
	for {
		select {
		case changes := <-h.outbox:
			h.tellNodes(changes)
		case <-h.ctx.Done():
			for {
				select {
				case changes := <-h.outbox:
					h.tellNodes(changes)
				default:
					return
				}
			}
		}
	}
}

func (h *Hub) tellNodes(changes []parlour.Change) {
	for len(changes) > 0 {
		room, size := changes[0].Message.Room, 0
		var p parcel
		others := make([]parlour.Change, 0, len(changes)-1)
		for _, c := range changes {
			if c.Message.Room != room {
				others = append(others, c)
				continue
			}
			if size > maxParcel {
				h.send(room, p)
				p, size = parcel{}, 0
			}
			p.Changes, p.Head = append(p.Changes, carry(c.Message)), c.Seq
			size += len(c.Message.Body) + 512
		}
		h.send(room, p)
		changes = others
	}
}

func (h *Hub) send(room int64, p parcel) {
	p.Version = parcelVersion
	payload, err := json.Marshal(p)
	if err != nil { // a time beyond the year 9999: they know that there is something
		h.opts.Log.Error("telling other nodes of changes", "room", room, "error", err)
		payload = fmt.Appendf(nil, `{"v":0,"h":%d}`, p.Head)
	}
	h.opts.Bus.Publish(roomSubject(room), payload)
}

// hear has the room told of what other nodes commit, if it is not. It must be
// done before the store is asked for the room's head: what is committed after
// that question is then heard of.
func (rm *room) hear() {
	bus := rm.hub.opts.Bus
	if bus == nil {
		return
	}
	rm.ear.mu.Lock()
	defer rm.ear.mu.Unlock()
	if rm.ear.cancel == nil {
		rm.ear.open.Store(true)
		rm.ear.cancel = bus.Subscribe(roomSubject(rm.id), rm.receive)
	}
}

// unhear ends that, unless somebody is there again.
func (rm *room) unhear() {
	rm.ear.mu.Lock()
	defer rm.ear.mu.Unlock()
	rm.mu.Lock()
	isQuiet := len(rm.logs) == 0
	rm.mu.Unlock()
	if isQuiet && rm.ear.cancel != nil {
		rm.ear.cancel()
		rm.ear.cancel = nil
		rm.ear.open.Store(false)
	}
}

// receive takes what another node tells. What makes no sense is dropped: the
// room looks in the store before long.
func (rm *room) receive(payload []byte) {
	if rm.hub.isBehind() || rm.hub.hasStoodStill() {
		return // something else is to be done first
	}
	var p parcel
	err := json.Unmarshal(payload, &p) // reads what it can, whatever else is wrong
	if p.Version != parcelVersion {
		rm.require(p.Head)
		return
	}
	if err != nil {
		rm.hub.opts.Log.Warn("another node is not understood", "room", rm.id, "error", err)
		return
	}
	if p.Typing != nil {
		rm.heardTyping(*p.Typing)
	}
	for _, c := range p.Changes {
		rm.publish(c.message(rm.id).Change())
	}
}

// require notes that the store has a number that the logs must reach.
func (rm *room) require(head parlour.Seq) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if rm.want = max(rm.want, head); rm.want > rm.head {
		rm.wake()
	}
}
