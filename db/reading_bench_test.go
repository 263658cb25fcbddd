package db

import (
	"context"
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"parlour"
)

// fullHouse is where the benchmarks find a house of 100,000 rooms and 10,000,000
// messages (2.3 GB), or build it (half a minute). Without it they measure only a
// small one:
//
//	go test ./db -run '^$' -bench 'Room|Page|Since' -house /var/tmp/house.db
var fullHouse = flag.String("house", "", "file of a full house for the benchmarks, built when it is missing")

const messagesEach = 100

// inHouses runs a benchmark in a small house and, where there is one, in the
// full one, each time with the number of a room at random.
func inHouses(b *testing.B, ask func(s *Store, room int) error) {
	small := filepath.Join(b.TempDir(), "parlour.db")
	for _, house := range []struct {
		name, path string
		rooms      int
	}{{"small", small, 10}, {"full", *fullHouse, 100_000}} {
		if house.path == "" {
			continue
		}
		b.Run(house.name, func(b *testing.B) {
			_, err := os.Stat(house.path)
			s := openAt(b, house.path, Options{})
			if err != nil {
				furnish(b, house.path, house.rooms)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := ask(s, rand.IntN(house.rooms)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// furnish fills a house without the care that a store takes.
func furnish(b *testing.B, path string, rooms int) {
	b.Helper()
	c, err := connect(dsn(path, time.Second, false))
	must(b, err)
	defer c.close()
	_, err = c.exec(`PRAGMA synchronous = OFF`)
	must(b, err)
	for room := range rooms {
		if room%1000 == 0 {
			must(b, c.control("BEGIN IMMEDIATE"))
		}
		r, err := c.one(`INSERT INTO rooms (slug, name, topic, head, created_at) VALUES ($1, $2, '', $3, 0) RETURNING id`,
			"room-"+strconv.Itoa(room), "Room", messagesEach)
		must(b, err)
		id := r.int(0)
		for i := range parlour.Seq(messagesEach) {
			once := binary.LittleEndian.AppendUint64(make([]byte, 8), rand.Uint64())
			_, err := c.exec(`INSERT INTO messages
				(id, room_id, seq, changed, kind, author_id, author_name, body, once, created_at)
				VALUES ($1, $2, $3, $3, 'message', $4, 'Ana', $5, $6, $7)`,
				place(id, i+1), id, i+1, "g"+strconv.Itoa(100_000_000_000+room), usualBody, once, noon)
			must(b, err)
		}
		if room%1000 == 999 || room == rooms-1 {
			must(b, c.control("COMMIT"))
		}
	}
}

func BenchmarkRoom(b *testing.B) {
	inHouses(b, func(s *Store, room int) error {
		_, err := s.Room(context.Background(), "room-"+strconv.Itoa(room))
		return err
	})
}

// The rooms of a furnished house have the ids 2 and up: the lobby was first.
const firstRoom = 2

func BenchmarkPage(b *testing.B) {
	inHouses(b, func(s *Store, room int) error {
		_, err := s.Page(context.Background(), int64(firstRoom+room), 0, 50)
		return err
	})
}

func BenchmarkPageBack(b *testing.B) {
	inHouses(b, func(s *Store, room int) error {
		_, err := s.Page(context.Background(), int64(firstRoom+room), 51, 50)
		return err
	})
}

func BenchmarkSince(b *testing.B) {
	inHouses(b, func(s *Store, room int) error {
		_, err := s.Since(context.Background(), int64(firstRoom+room), messagesEach-10, 200)
		return err
	})
}

func BenchmarkSeat(b *testing.B) {
	h := &house{Store: openAt(b, filepath.Join(b.TempDir(), "parlour.db"), Options{})}
	room := h.room(b, "garden")
	h.sit(b, room, "g1", "Ana")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Seat(b.Context(), room, "g1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSession(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "parlour.db"), Options{})
	must(b, s.Sessions().Commit("token", make([]byte, 200), time.Now().Add(time.Hour)))
	b.ReportAllocs()
	for b.Loop() {
		if _, found, err := s.Sessions().Find("token"); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}
