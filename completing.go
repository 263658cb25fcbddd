package parlour

import (
	"context"
	"slices"
	"strings"
)

// MaxCompletions is how many names a completion offers.
const MaxCompletions = 8

// How often one person may ask whom they can mean: whoever types a name does so a
// few times in a second.
const (
	completionBurst = 30
	completionRate  = 5
)

// Completions are whom somebody may mean, who was found to post in the room, by
// the beginning of a name as it is typed: first of those who are here, in their
// order, then of those with a seat, by name, then of the other members who may read
// there. These are for members alone: guests are not to go through the names of the
// house, although they may mention whom they know. A beginning that ends with a
// space is that of a longer name.
func (h *House) Completions(ctx context.Context, who Standing, room Room, typed string, here []Author) ([]Author, error) {
	if err := May(who, Post, room, h.now()); err != nil {
		return nil, err
	}
	name, err := CleanName(typed)
	if err != nil {
		return nil, nil // no name begins so
	}
	if f := h.flood; f != nil {
		if err := f.count("n"+who.ID, h.now(), "too many names to complete"); err != nil {
			return nil, err
		}
	}
	end := ""
	if strings.HasSuffix(typed, " ") {
		end = " "
	}
	key, folded := NameKey(name)+end, Fold(name)+end
	var found []Author
	offer := func(person Author) {
		if len(found) == MaxCompletions { // a crowd may have names that begin so
			return
		}
		isThere := slices.ContainsFunc(found, func(a Author) bool { return a.ID == person.ID })
		if !isThere && person.ID != who.ID {
			found = append(found, person)
		}
	}
	for _, person := range here {
		if strings.HasPrefix(NameKey(person.Name), key) || strings.HasPrefix(Fold(person.Name), folded) {
			offer(person)
		}
	}
	if len(found) < MaxCompletions {
		seats, err := h.store.SeatsFrom(ctx, room.ID, key, MaxCompletions+len(found)+1)
		if err != nil {
			return nil, err
		}
		for _, seat := range seats {
			offer(seat.Author())
		}
	}
	if len(found) < MaxCompletions && who.Kind == Member {
		members, err := h.store.MembersFrom(ctx, room.ID, room.Access.leastReader(), key, MaxCompletions+len(found)+1)
		if err != nil {
			return nil, err
		}
		for _, member := range members {
			offer(member)
		}
	}
	return found, nil
}
