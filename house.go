package parlour

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

// House is everything that people and programs can do, each method one thing.
// It decides who may, by May and the rules of the house, before it asks the
// Store. Its methods may be called from many goroutines.
type House struct {
	store    Store
	live     Live
	flood    *flood // nil when limits are off
	nameHold time.Duration
	now      func() time.Time
}

// Live is the side of the house that people are connected to.
type Live interface {
	// Left ends the person's streams in the room at once; the room is told.
	Left(room int64, person string)
	// Renamed shows the person under another name wherever they are present.
	Renamed(person, name string)
}

// Rules are what an operator may set.
type Rules struct {
	// Limits switches the flood limits on.
	Limits bool
	// NameHold is how long the name of somebody who is gone stays theirs.
	NameHold time.Duration
}

// NewHouse opens the house over its store.
func NewHouse(store Store, live Live, rules Rules) *House {
	h := &House{store: store, live: live, nameHold: rules.NameHold, now: clock}
	if rules.Limits {
		h.flood = newFlood()
	}
	return h
}

// clock tells times as messages keep them: UTC, whole milliseconds.
func clock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// newGuestID makes an Identity.ID of 60 random bits.
func newGuestID() string { return "g" + strings.ToLower(rand.Text()[:12]) }

// room is how every method finds a room: through what the identity may do
// there. A room that may not be seen is not found.
func (h *House) room(ctx context.Context, by Identity, slug string, action Action) (Room, error) {
	room, err := h.store.Room(ctx, slug)
	if err != nil {
		return Room{}, err
	}
	if May(by, See, room) != nil {
		return Room{}, ErrRoomNotFound
	}
	return room, May(by, action, room)
}
