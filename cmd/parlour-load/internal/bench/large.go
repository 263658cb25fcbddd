package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"parlour"
	"parlour/cmd/parlour-load/internal/process"
	"parlour/db"
)

// largeHouse measures line 8: the same questions put to a house with one room
// and to a large one.
func (b *bench) largeHouse(ctx context.Context) error {
	messages := 10_000_000
	if b.Quick {
		messages = 1_000_000
	}
	messages = b.less(messages)
	roomCount := b.less(100_000)

	small, err := b.seed(ctx, "small", func(ctx context.Context, store *db.Store) error { return furnish(ctx, store, 1, fullRoom) })
	if err != nil {
		return err
	}
	start := time.Now()
	large, err := b.seed(ctx, "large", func(ctx context.Context, store *db.Store) error { return furnish(ctx, store, roomCount, messages) })
	if err != nil {
		return err
	}
	took := time.Since(start)
	for _, folder := range []string{small, large} {
		if err := makeIndex(ctx, folder); err != nil {
			return err
		}
	}
	smallTimes, err := questions(ctx, small)
	if err != nil {
		return err
	}
	largeTimes, err := questions(ctx, large)
	if err != nil {
		return err
	}
	l := Line{
		Number: 8,
		Asked:  "100,000 rooms and 10,000,000 messages: opening a room, paging back and resuming within 1.5 of the empty database's times",
		Why: fmt.Sprintf("%s messages were posted into %s rooms in %.0f s. Medians over rooms with at least %d messages.",
			thousands(float64(messages)), thousands(float64(roomCount)), took.Seconds(), fullRoom),
		Measured: fmt.Sprintf("with %s messages", thousands(float64(messages))),
		Verdict:  Met,
	}
	if b.Quick {
		l.Verdict = MetSmaller
	}
	for i, q := range largeTimes {
		factor := float64(q.took) / float64(smallTimes[i].took)
		l.Measured += fmt.Sprintf(", %s %.2f times (%.0f µs)", q.name, factor, float64(q.took.Nanoseconds())/1000)
		if factor > 1.5 {
			l.Verdict = Short
		}
	}
	b.line(l)
	return b.idleRooms(ctx, small, large, roomCount)
}

// makeIndex makes the search index whole, as that of a house is whose server was
// not only just started.
func makeIndex(ctx context.Context, folder string) error {
	store, err := db.Open(ctx, filepath.Join(folder, "parlour.db"), db.Options{})
	if err != nil {
		return err
	}
	return errors.Join(store.Index(), store.Close())
}

// fullRoom is how many messages a room has that pages can be turned in.
const fullRoom = 120

// furnish fills a house: a fifth of the messages stand in a hundred busy rooms,
// half of them in rooms with as many as fullRoom, and the others in all the rest.
func furnish(ctx context.Context, store *db.Store, roomCount, messages int) error {
	rooms, err := roomsNamed(ctx, store, "room", roomCount)
	if err != nil {
		return err
	}
	busy := min(100, max(1, roomCount/10))
	ordinary := min(messages/2/fullRoom, roomCount-busy)
	rest := roomCount - busy - ordinary
	return atOnce(len(rooms), func(i int) error {
		n := fullRoom
		switch {
		case i < busy:
			n = max(fullRoom, messages/5/busy)
		case i >= busy+ordinary:
			n = messages * 3 / 10 / rest
		}
		return say(ctx, store, rooms[i].ID, n)
	})
}

type question struct {
	name string
	took time.Duration
}

// questions asks a house what its pages ask, and answers the median times.
func questions(ctx context.Context, folder string) (asked []question, err error) {
	store, err := db.Open(ctx, filepath.Join(folder, "parlour.db"), db.Options{})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	all, err := store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	var full []parlour.Room
	for _, room := range all {
		if room.Head >= fullRoom {
			full = append(full, room)
		}
	}
	if len(full) == 0 {
		return nil, fmt.Errorf("no room has %d messages", fullRoom)
	}
	for _, q := range []struct {
		name string
		ask  func(parlour.Room) error
	}{
		{"opening a room", func(r parlour.Room) error {
			found, err := store.Room(ctx, r.Slug)
			if err == nil {
				_, err = store.Page(ctx, found.ID, 0, 50)
			}
			return err
		}},
		{"paging back", func(r parlour.Room) error { _, err := store.Page(ctx, r.ID, r.Head-50, 50); return err }},
		{"resuming", func(r parlour.Room) error { _, err := store.Since(ctx, r.ID, r.Head-20, 100); return err }},
	} {
		var times []time.Duration
		for i := range 3000 {
			room := full[rand.IntN(len(full))]
			start := time.Now()
			if err := q.ask(room); err != nil {
				return nil, fmt.Errorf("%s: %w", q.name, err)
			}
			if i >= 1000 { // before that, caches fill
				times = append(times, time.Since(start))
			}
		}
		asked = append(asked, question{q.name, median(times)})
	}
	return asked, nil
}

// idleRooms compares the memory of a server over each house, with nobody in.
func (b *bench) idleRooms(ctx context.Context, small, large string, rooms int) error {
	var resident [2]int64
	for i, folder := range []string{small, large} {
		server, err := b.open(ctx, folder)
		if err != nil {
			return err
		}
		resident[i], err = process.Settle(ctx, server.PID, b.shorter(10*time.Second), process.Pause)
		server.Stop()
		if err != nil {
			return err
		}
	}
	each := float64(resident[1]-resident[0]) / float64(rooms)
	b.line(Line{
		Number:   8,
		Asked:    "idle rooms cost no memory worth the name",
		Measured: fmt.Sprintf("%.1f bytes for each of %s rooms: a server that has just started has %.1f MiB, over one room %.1f MiB", each, thousands(float64(rooms)), float64(resident[1])/(1<<20), float64(resident[0])/(1<<20)),
		Verdict:  verdict(each < 32),
		Why:      "Worth the name is 32 bytes. The search index was made before. That logs are given back and rooms have no goroutine is held by the tests of events.",
	})
	return nil
}
