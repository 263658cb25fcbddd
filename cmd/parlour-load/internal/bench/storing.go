package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"parlour"
	"parlour/db"
)

// storing measures line 6: the store itself, in this process.
func (b *bench) storing(ctx context.Context) error {
	_, err := b.seed(ctx, "store", func(ctx context.Context, store *db.Store) error {
		rooms, err := roomsNamed(ctx, store, "room", b.less(1000))
		if err != nil {
			return err
		}
		if err := b.manyPosters(ctx, store, rooms); err != nil {
			return err
		}
		return b.lonePost(ctx, store, rooms[0].ID)
	})
	return err
}

func (b *bench) manyPosters(ctx context.Context, store *db.Store, rooms []parlour.Room) error {
	var posted atomic.Int64
	start := time.Now()
	until := start.Add(b.shorter(8 * time.Second))
	err := atOnce(posters, func(p int) error {
		for i := 0; time.Now().Before(until); i++ {
			m := message(rooms[rand.IntN(len(rooms))].ID, p)
			m.Key = fmt.Sprintf("many-%d-%d", p, i)
			if _, _, err := store.Post(ctx, m); err != nil {
				return err
			}
			posted.Add(1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	rate := float64(posted.Load()) / time.Since(start).Seconds()
	b.line(Line{
		Number:   6,
		Asked:    fmt.Sprintf("at least 20,000 durable messages a second, %d posters in many rooms, synchronous=FULL", posters),
		Measured: fmt.Sprintf("%s a second in %s rooms", thousands(rate), thousands(float64(len(rooms)))),
		Verdict:  verdict(rate >= 20_000),
		Why:      "The store runs in the measuring process, on all cores.",
	})
	return nil
}

// lonePost compares posts that come one by one with the disk's own time.
func (b *bench) lonePost(ctx context.Context, store *db.Store, room int64) error {
	f, err := os.Create(filepath.Join(b.Data, "fsync"))
	if err != nil {
		return err
	}
	defer f.Close()
	page := make([]byte, 4096)
	var posts, syncs []time.Duration
	for i := range b.less(400) {
		start := time.Now()
		m := message(room, i)
		m.Key = fmt.Sprintf("lone-%d", i)
		if _, _, err := store.Post(ctx, m); err != nil {
			return err
		}
		between := time.Now()
		if _, err := f.Write(page); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		posts, syncs = append(posts, between.Sub(start)), append(syncs, time.Since(between))
	}
	post, sync := median(posts), median(syncs)
	b.line(Line{
		Number:   6,
		Asked:    "a lone post acknowledged within two fsyncs' time",
		Measured: fmt.Sprintf("%.2f ms; a write of 4 KiB with its fsync takes %.2f ms there", ms(post), ms(sync)),
		Verdict:  verdict(post <= 2*sync),
		Why:      "Both are medians, taken in turn.",
	})
	return nil
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
