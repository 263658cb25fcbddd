package events

import (
	"cmp"
	"slices"
	"time"
)

// picture is what snapshot took last.
type picture struct {
	Presence
	takenAt time.Time
	isOld   bool // the people have changed since
}

// snapshot is who is there now. Of a large crowd it may be a little old, for all
// who come have to be shown one: then a change is still to be told.
func (p *presence) snapshot(now time.Time) Presence {
	if !p.picture.isOld || len(p.people) > crowdSize && now.Sub(p.picture.takenAt) < pauseOf(len(p.people)) {
		return p.picture.Presence
	}
	return p.take(now)
}

// crowdSize is from how many people on not each of them is shown the latest picture.
const crowdSize = 200

// pauseOf is how long a room of so many rests between two tellings: each goes
// to everybody, and everybody is a reason for one.
func pauseOf(people int) time.Duration { return time.Duration(people) * time.Millisecond }

// take makes a new picture.
func (p *presence) take(now time.Time) Presence {
	all := make([]Present, 0, len(p.people))
	for _, a := range p.people {
		if !a.leaving {
			all = append(all, Present{Author: a.Author, Away: a.away})
		}
	}
	slices.SortFunc(all, func(a, b Present) int {
		if a.Away != b.Away {
			if b.Away {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	named := min(len(all), PresenceNames)
	p.picture = picture{
		Presence: Presence{Room: p.room, People: slices.Clone(all[:named]), More: len(all) - named},
		takenAt:  now,
	}
	return p.picture.Presence
}
