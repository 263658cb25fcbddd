package db

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
	"parlour/db/postgrestest"
)

// One PostgreSQL that waits for its disk, and 256 people who post through one
// node or through three.
func BenchmarkPostPostgreSQL(b *testing.B) {
	server := postgrestest.Start(b)
	for _, c := range []struct{ nodes, posters, rooms int }{{1, 1, 1}, {1, 256, 1}, {1, 256, 1000}, {3, 256, 1}, {3, 256, 1000}} {
		b.Run(fmt.Sprintf("nodes=%d/posters=%d/rooms=%d", c.nodes, c.posters, c.rooms), func(b *testing.B) {
			url := server.Database(b)
			nodes := make([]*house, c.nodes)
			for i := range nodes {
				nodes[i] = &house{Store: openShared(b, url, Options{OnCommit: func([]parlour.Change) {}})}
			}
			rooms := make([]int64, c.rooms)
			for i := range rooms {
				rooms[i] = nodes[0].room(b, "room-"+strconv.Itoa(i))
			}
			b.ResetTimer()
			start := time.Now()
			var next atomic.Int64
			var all sync.WaitGroup
			took := make([]time.Duration, b.N+1)
			for p := range c.posters {
				all.Go(func() {
					author := parlour.Author{ID: "g" + strconv.Itoa(100_000_000_000+p), Name: "Ana"}
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						sent := time.Now()
						_, _, err := nodes[p%len(nodes)].Post(b.Context(), parlour.NewMessage{
							Room: rooms[int(i*7919)%len(rooms)], Kind: parlour.KindMessage, Author: author,
							Body: usualBody, Key: "k" + strconv.FormatInt(i, 36), At: time.Now(),
						})
						if err != nil {
							b.Error(err)
							return
						}
						took[i] = time.Since(sent)
					}
				})
			}
			all.Wait()
			elapsed := time.Since(start)
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(b.N)/elapsed.Seconds(), "posts/s")
		})
	}
}
