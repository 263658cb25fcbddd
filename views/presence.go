package views

import "parlour"

// Presence is who is in a room now.
type Presence struct {
	People []Present // at most 50
	More   int       // how many are there besides
}

// Present is somebody who is in a room.
type Present struct {
	parlour.Author
	Away bool
}

func (p Presence) total() int { return len(p.People) + p.More }
