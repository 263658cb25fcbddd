package parlour

import "time"

// Seat is a person's place in a room and the name they hold there. Whoever has
// a seat may come back to it: reloads, lost connections and restarts of the
// server leave it as it is. Within a room no two seats have the same NameKey.
type Seat struct {
	Room   int64 // Room.ID
	Person string
	Name   string
	// Announced tells that the room has been told of the arrival, so that it
	// must be told of the departure.
	Announced bool
	SeenAt    time.Time // about when the person was last active, UTC
}

// Author is the person in the seat as the author of what they say.
func (s Seat) Author() Author { return Author{ID: s.Person, Name: s.Name} }

// ErrNoSeat refuses those who have left the room, or were never in it.
var ErrNoSeat = Errorf(Forbidden, "seat.none", "you are not in this room, open it again to come back")
