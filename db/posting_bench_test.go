package db

import (
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
)

// benchStore opens an empty house with a number of rooms.
func benchStore(b *testing.B, rooms int) (*Store, []int64) {
	b.Helper()
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "parlour.db"), Options{OnCommit: func([]parlour.Change) {}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	ids := make([]int64, rooms)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			room, err := s.CreateRoom(b.Context(), parlour.Room{Slug: "room-" + strconv.Itoa(i), Name: "Room"})
			if err != nil {
				b.Error(err)
			}
			ids[i] = room.ID
		})
	}
	wg.Wait()
	return s, ids
}

const usualBody = "That is what I thought as well, but then I looked at it again in the morning and it was not so bad after all."

func BenchmarkPost(b *testing.B) {
	for _, c := range []struct{ posters, rooms int }{{1, 1}, {256, 1}, {256, 1000}} {
		b.Run(fmt.Sprintf("posters=%d/rooms=%d", c.posters, c.rooms), func(b *testing.B) {
			s, rooms := benchStore(b, c.rooms)
			b.ReportAllocs()
			b.ResetTimer()
			start := time.Now()
			var next atomic.Int64
			var wg sync.WaitGroup
			for p := range c.posters {
				wg.Go(func() {
					author := parlour.Author{ID: "g" + strconv.Itoa(100_000_000_000+p), Name: "Ana"}
					for {
						i := next.Add(1)
						if i > int64(b.N) {
							return
						}
						_, _, err := s.Post(b.Context(), parlour.NewMessage{
							Room: rooms[int(i*7919)%len(rooms)], Kind: parlour.KindMessage, Author: author,
							Body: usualBody, Key: "k" + strconv.FormatInt(i, 36), At: time.Now(),
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "posts/s")
		})
	}
}
