package parlour

import "time"

// Room is a place to talk: one sequence of changes.
type Room struct {
	ID        int64  // internal, never reused, never shown
	Slug      string // its part of the address: /rooms/{slug}
	Name      string
	Topic     string // one line, may be empty
	Head      Seq    // the number of its last change
	CreatedAt time.Time
}
