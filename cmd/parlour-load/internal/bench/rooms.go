package bench

import (
	"context"
	"fmt"
	"time"

	"parlour/cmd/parlour-load/internal/trial"
	"parlour/db"
)

// parlour measures a server of its own over a new house.
func (b *bench) parlour(ctx context.Context, name string, seed func(context.Context, *db.Store) error, setting trial.Setting, what string) (trial.Result, error) {
	folder, err := b.seed(ctx, name, seed)
	if err != nil {
		return trial.Result{}, err
	}
	server, err := b.open(ctx, folder)
	if err != nil {
		return trial.Result{}, err
	}
	defer server.Stop()
	result, err := trial.Run(ctx, server.Subject, setting, b.show)
	if err != nil {
		return result, err
	}
	b.note(result, what)
	return result, nil
}

// turns is how often what is judged by its tail of delays is measured. The best
// turn counts: other work on the machine only ever makes delays longer.
const turns = 3

// inTurn measures settings one after the other, each over a new house, and all
// of it some times. It answers the best of each.
func (b *bench) inTurn(ctx context.Context, name string, seed func(context.Context, *db.Store) error, settings []trial.Setting, what []string) ([]trial.Result, error) {
	best := make([]trial.Result, len(settings))
	for turn := range turns {
		for i, setting := range settings {
			result, err := b.parlour(ctx, fmt.Sprintf("%s-%d-%d", name, turn, i), seed, setting, what[i])
			if err != nil {
				return nil, err
			}
			if turn == 0 || result.Talks[0].Delivery.P99 < best[i].Talks[0].Delivery.P99 {
				best[i] = result
			}
		}
	}
	return best, nil
}

// manyRooms measures line 4. What it costs to post does not depend on who reads,
// so the single room to compare with has as many readers as each of the rooms,
// and as many posts as all of them.
func (b *bench) manyRooms(ctx context.Context) error {
	many := b.setting()
	many.Rate = 200
	many.Rooms = b.less(1000)
	many.Readers = 10 * many.Rooms
	many.Settle = b.shorter(3 * time.Second)
	single := many
	single.Rooms, single.Readers = 1, 10
	results, err := b.inTurn(ctx, "rooms", func(ctx context.Context, store *db.Store) error {
		_, err := roomsNamed(ctx, store, "load", many.Rooms)
		return err
	}, []trial.Setting{many, single}, []string{"many rooms", "one small room"})
	if err != nil {
		return err
	}
	m, s := results[0].Talks[0], results[1].Talks[0]
	factor := s.PerCPUSecond / m.PerCPUSecond
	b.line(Line{
		Number:   4,
		Asked:    fmt.Sprintf("%s rooms of 10 readers, 200 messages a second over them: p99 from post to delivery under 10 ms on one core", thousands(float64(many.Rooms))),
		Measured: fmt.Sprintf("p99 %.1f ms, p50 %.1f ms", m.Delivery.P99, m.Delivery.P50),
		Verdict:  verdict(m.Delivery.P99 < 10 && clean(m)),
		Why:      fmt.Sprintf("The best of %d turns, because other work on the machine only makes delays longer.%s", turns, faults(m)),
	})
	b.line(Line{
		Number:   4,
		Asked:    "there, CPU per delivery within 1.5 of a single room's",
		Measured: fmt.Sprintf("%.2f times: %.0f µs a delivery, %.0f µs in one room of 10 readers with as many posts", factor, 1e6/m.PerCPUSecond, 1e6/s.PerCPUSecond),
		Verdict:  verdict(factor <= 1.5),
		Why:      "Ten readers share the price of a post, which is most of it.",
	})
	return nil
}

// slowReaders measures line 5: the same talk without and with readers that do
// not keep up, and one so long that these fall out of the room's log, are cut off
// and come back.
func (b *bench) slowReaders(ctx context.Context) error {
	setting := b.setting()
	setting.Rate = 40
	setting.Readers = b.less(500)
	setting.Duration = b.shorter(10 * time.Second)
	setting.Settle = b.shorter(3 * time.Second)
	slow := setting
	slow.Slow, slow.SlowRate, slow.Stalled = b.less(1000), 1024, 1
	long := slow
	long.Duration = b.shorter(30 * time.Second)
	results, err := b.inTurn(ctx, "slow", nil, []trial.Setting{setting, slow, long}, []string{"no slow readers", "among slow readers", "among slow readers, longer"})
	if err != nil {
		return err
	}
	alone, among := results[0], results[1]
	a, w, back := alone.Talks[0], among.Talks[0], results[2].Talks[0]
	isUnchanged := func(t trial.Talk) bool {
		return t.Delivery.P99 <= max(1.5*a.Delivery.P99, a.Delivery.P99+5) && clean(t)
	}
	b.line(Line{
		Number:   5,
		Asked:    fmt.Sprintf("one reader that does not read and %s at 1 KB/s: p99 of the others unchanged", thousands(float64(slow.Slow))),
		Measured: fmt.Sprintf("p99 %.1f ms without them, %.1f ms with them (%d readers that keep up, %g messages a second)", a.Delivery.P99, w.Delivery.P99, setting.Readers, setting.Rate),
		Verdict:  verdict(isUnchanged(w)),
		Why:      fmt.Sprintf("Unchanged means: within half as much again, or 5 ms. The best of %d turns.%s", turns, faults(w)),
		Cause: "Until the kernel's buffers for it are full, a slow reader is written to like any other, and a message means that many writes more; " +
			"after that it is written to when it has taken some 8 KiB.",
	})
	l := Line{
		Number:   5,
		Asked:    "there, while the slow ones fall behind, are cut off and come back: p99 of the others unchanged",
		Measured: fmt.Sprintf("p99 %.1f ms", back.Delivery.P99),
		Verdict:  verdict(isUnchanged(back)),
		Cause:    "To recognise a reader who comes back, and give it what it lacks, takes the server most of a millisecond, and a post may come just then.",
	}
	if s := back.SlowReaders; s != nil {
		l.Why = fmt.Sprintf("%d streams were cut in %.0f s. Each slow reader waits with a goroutine and some of what it lacks until it has taken all: %+.1f MiB over the talk.%s",
			s.Cut, back.Seconds, float64(back.Resident-results[2].ResidentIdle)/(1<<20), faults(back))
	}
	b.line(l)
	growth := float64(w.Resident-among.ResidentIdle) / (1 << 20)
	l = Line{
		Number:   5,
		Asked:    "there, memory bounded by the room logs",
		Measured: fmt.Sprintf("%+.1f MiB over the talk with them, %+.1f MiB without", growth, float64(a.Resident-alone.ResidentIdle)/(1<<20)),
		Verdict:  verdict(growth < 16),
	}
	if s := w.SlowReaders; s != nil {
		l.Why = fmt.Sprintf("Bounded means less than 16 MiB. The slow readers took %.1f MiB of %.1f MiB; %d of their streams were cut.",
			float64(s.Bytes)/(1<<20), float64(w.Posts*w.EventBytes*(slow.Slow+slow.Stalled))/(1<<20), s.Cut)
	}
	b.line(l)
	return nil
}
