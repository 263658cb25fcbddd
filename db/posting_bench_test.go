package db

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
)

const usualBody = "That is what I thought as well, but then I looked at it again in the morning and it was not so bad after all."

func BenchmarkPost(b *testing.B) {
	for _, c := range []struct{ posters, rooms int }{{1, 1}, {256, 1}, {256, 1000}} {
		b.Run(fmt.Sprintf("posters=%d/rooms=%d", c.posters, c.rooms), func(b *testing.B) {
			h := &house{Store: openAt(b, filepath.Join(b.TempDir(), "parlour.db"), Options{OnCommit: func([]parlour.Change) {}})}
			rooms := make([]int64, c.rooms)
			for i := range rooms {
				rooms[i] = h.room(b, "room-"+strconv.Itoa(i))
			}
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
						_, _, err := h.Post(b.Context(), parlour.NewMessage{
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

// BenchmarkSync is the yardstick for a lone post: what it takes to bring one
// page to the same disk.
func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "page"))
	must(b, err)
	defer f.Close()
	page := make([]byte, 4096)
	for i := int64(0); b.Loop(); i++ {
		_, err := f.WriteAt(page, i%1024*int64(len(page)))
		must(b, err)
		must(b, f.Sync())
	}
}
