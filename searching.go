package parlour

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"
)

// SearchStore finds messages by what they say.
type SearchStore interface {
	// Search is the newest limit messages that are wanted, the newest first,
	// from one snapshot.
	Search(ctx context.Context, wanted Wanted, limit int) (Found, error)
}

// Wanted is a query with where to look.
type Wanted struct {
	Query
	// Floors are the rooms to look in, by Room.ID, each with the number up to
	// which nothing is to be found (see Standing.Floor).
	Floors map[int64]Seq
	// Older is the message before which to go on; the zero Mark is the newest.
	Older Mark
}

// Mark is the place of a message among those of all rooms: by time, then by room
// and number.
type Mark struct {
	At   time.Time
	Room int64
	Seq  Seq
}

// Mark is where the message stands.
func (m Message) Mark() Mark { return Mark{At: m.At, Room: m.Room, Seq: m.Seq} }

// Before tells whether the mark stands before another.
func (m Mark) Before(other Mark) bool {
	switch {
	case !m.At.Equal(other.At):
		return m.At.Before(other.At)
	case m.Room != other.Room:
		return m.Room < other.Room
	default:
		return m.Seq < other.Seq
	}
}

// Found is what a search has found.
type Found struct {
	Messages []Message
	More     bool // older ones are to be found
	// Partial tells that not everything was looked at: there was too much of it.
	Partial bool
}

// SearchPage is how many messages a page of a search shows.
const SearchPage = 20

// Finding is a message that was found, with its room.
type Finding struct {
	Message
	Room    Room
	Excerpt []Fragment
}

// Findings are a page of what a search has found, the newest first.
type Findings struct {
	All     []Finding
	Older   string // where the next page begins; empty: there is none
	Partial bool   // see Found
}

// How often one person may search: it costs the house more than a message does.
const (
	searchBurst = 20
	searchRate  = 0.5
)

// Search finds what somebody may read now, in the room of a slug, or in all rooms
// without one. The query is as typed and zone that of its days; older is
// Findings.Older of the page before.
func (h *House) Search(ctx context.Context, by Identity, slug, typed, older string, zone *time.Location) (Findings, error) {
	query, err := ParseQuery(typed, zone)
	if err != nil {
		return Findings{}, err
	}
	if f := h.flood; f != nil {
		key := "s" + by.ID
		if !by.Known() {
			key += AddrKey(by.Addr)
		}
		if err := f.count(key, h.now(), "too many searches"); err != nil {
			return Findings{}, err
		}
	}
	places, err := h.searchable(ctx, by, slug, query.In)
	if err != nil {
		return Findings{}, err
	}
	floors, rooms := lookIn(places)
	wanted := Wanted{Query: query, Floors: floors, Older: markIn(older, places)}
	found, err := h.store.Search(ctx, wanted, SearchPage)
	if err != nil {
		return Findings{}, err
	}
	all := Findings{Partial: found.Partial}
	for _, m := range found.Messages {
		all.All = append(all.All, Finding{Message: m, Room: rooms[m.Room], Excerpt: query.Excerpt(m)})
	}
	if n := len(all.All); found.More && n > 0 {
		last := all.All[n-1]
		all.Older = last.Mark().in(last.Room)
	}
	return all, nil
}

// searchable are the rooms that somebody may read now: the one of a slug, or all
// of them, or those that are called so.
func (h *House) searchable(ctx context.Context, by Identity, slug, in string) ([]RoomStanding, error) {
	if slug != "" {
		room, who, err := h.find(ctx, by, slug, Read)
		if err != nil {
			return nil, err
		}
		if in == "" || isCalled(room, in) {
			return []RoomStanding{{Room: room, Standing: who}}, nil
		}
	}
	if in != "" { // the only way to one in the archive
		room, who, err := h.find(ctx, by, strings.ToLower(in), Read)
		if err == nil {
			return []RoomStanding{{Room: room, Standing: who}}, nil
		}
		if kind := KindOf(err); kind == Internal || kind == Unavailable {
			return nil, err
		}
	}
	all, err := h.store.Standings(ctx, by, h.now())
	if err != nil {
		return nil, err
	}
	readable := h.readable(ctx, all)
	if in == "" {
		return readable, nil
	}
	var called []RoomStanding
	for _, r := range readable {
		if isCalled(r.Room, in) {
			called = append(called, r)
		}
	}
	if called == nil {
		err := queryErrorf("search.no_room", "you read in no room called %.40q", in)
		err.Args = map[string]any{"Room": in}
		return nil, err
	}
	return called, nil
}

// readable are those of some rooms that may be read.
func (h *House) readable(ctx context.Context, all []RoomStanding) []RoomStanding {
	return h.allowed(ctx, all, func(r RoomStanding, may permission) error { return may(r.Standing, Read, r.Room) })
}

// permission is asked as House.may is.
type permission func(who Standing, action Action, room Room) error

// allowed are those of some rooms for which what is asked is allowed.
func (h *House) allowed(ctx context.Context, all []RoomStanding, ask func(RoomStanding, permission) error) (allowed []RoomStanding) {
	inHouse := func(who Standing, action Action, room Room) error { return May(who, action, room, h.now()) }
	inAll := func(who Standing, action Action, room Room) error { return h.may(ctx, who, action, room) }
	var asking sync.WaitGroup
	turns, may := make(chan struct{}, lobbyAsksAtOnce), make([]bool, len(all))
	for i, r := range all {
		if ask(r, inHouse) != nil { // no need to ask outside
			continue
		}
		turns <- struct{}{}
		asking.Go(func() {
			may[i] = ask(r, inAll) == nil
			<-turns
		})
	}
	asking.Wait()
	for i, r := range all {
		if may[i] {
			allowed = append(allowed, r)
		}
	}
	return allowed
}

func isCalled(room Room, in string) bool {
	return strings.EqualFold(room.Slug, in) || Fold(room.Name) == Fold(in)
}

// lookIn are the floors and the rooms of those that may be read, by Room.ID.
func lookIn(places []RoomStanding) (floors map[int64]Seq, rooms map[int64]Room) {
	floors, rooms = make(map[int64]Seq, len(places)), make(map[int64]Room, len(places))
	for _, place := range places {
		floors[place.ID], rooms[place.ID] = place.Standing.Floor(place.Room), place.Room
	}
	return floors, rooms
}

// in writes a mark in a room as Findings.Older has it.
func (m Mark) in(room Room) string {
	return strconv.FormatInt(m.At.UnixMilli(), 10) + "." + m.Seq.String() + "." + room.Slug
}

// markIn reads Findings.Older; what cannot be read is the newest.
func markIn(older string, places []RoomStanding) Mark {
	at, rest, _ := strings.Cut(older, ".")
	number, slug, _ := strings.Cut(rest, ".")
	millis, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return Mark{}
	}
	seq, err := ParseSeq(number)
	if err != nil {
		return Mark{}
	}
	mark := Mark{At: time.UnixMilli(millis).UTC(), Seq: seq}
	for _, place := range places {
		if place.Slug == slug {
			mark.Room = place.ID
		}
	}
	return mark
}
