package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"parlour/cmd/parlour-load/internal/trial"
)

// rounds is how often the bare yardstick and the server take turns. The medians
// are held against each other, because other work on the machine comes and goes.
const rounds = 3

// fanOut measures lines 1 and 2 and the first half of 3: one room with many
// readers.
func (b *bench) fanOut(ctx context.Context) error {
	setting := b.setting()
	setting.Readers = b.less(10_000)
	setting.Duration = b.shorter(5 * time.Second)
	folder, err := b.seed(ctx, "many", nil)
	if err != nil {
		return err
	}
	server, err := b.open(ctx, folder)
	if err != nil {
		return err
	}
	defer server.Stop()
	var bare, parlour []trial.Result
	for range rounds {
		setting.InFlight = []int{1, 8, 32}
		result, err := trial.Run(ctx, server.Subject, setting, b.show)
		if err != nil {
			return err
		}
		parlour = append(parlour, result)
		b.note(result, "one room")
		setting.InFlight = []int{1, 8}
		setting.EventBytes = result.Talks[0].EventBytes // a yardstick writes as much
		if result, err = b.yardstick(ctx, "bare", setting); err != nil {
			return err
		}
		bare = append(bare, result)
		setting.Settle = 0 // the memory of the first round is enough
	}
	setting.Settle = b.setting().Settle
	usual, err := b.yardstick(ctx, "usual", setting)
	if err != nil {
		return err
	}
	b.ratios(parlour, bare, usual)
	b.idle(parlour[0])
	return nil
}

// ratios writes lines 1 and 2.
func (b *bench) ratios(parlour, bare []trial.Result, usual trial.Result) {
	floor := middle(bare, 0)
	one, eight, more := middle(parlour, 0), middle(parlour, 1), middle(parlour, 2)
	var wrong [3]string
	why := fmt.Sprintf("An event of the server's has %d bytes, and the yardsticks' are as long. Medians of turns. Bare and server:", parlour[0].Talks[0].EventBytes)
	for i := range parlour {
		for j, talk := range parlour[i].Talks {
			wrong[j] += faults(talk)
		}
		why += fmt.Sprintf(" %s, %s;", thousands(bare[i].Talks[0].PerCPUSecond), thousands(parlour[i].Talks[0].PerCPUSecond))
	}
	b.line(Line{
		Number: 1,
		Asked:  fmt.Sprintf("one event in flight, %s readers: at least 0.9 of the bare-write rate, and ahead of the usual handler", thousands(float64(parlour[0].Readers))),
		Measured: fmt.Sprintf("%.2f of the bare rate (%s of %s deliveries a CPU second); the usual handler has %s",
			one/floor, thousands(one), thousands(floor), thousands(usual.Talks[0].PerCPUSecond)),
		Verdict: verdict(one >= 0.9*floor && one > usual.Talks[0].PerCPUSecond && wrong[0] == ""),
		Why:     strings.TrimSuffix(why, ";") + "." + wrong[0],
		Cause: fmt.Sprintf("A delivery costs %.1f µs of processor where a bare write costs %.1f. Beyond the write it costs a lock, a place in the log "+
			"and a line of memory that has left the caches since the walk before; and the post itself is stored and rendered.", 1e6/one, 1e6/floor),
	})
	last := parlour[len(parlour)-1].Talks
	b.line(Line{
		Number: 2,
		Asked:  "eight and more in flight: at least 3 times the bare-write rate",
		Measured: fmt.Sprintf("%.1f times with eight in flight (%s a CPU second), %.1f times with %d (%s); the usual handler has %s with eight",
			eight/floor, thousands(eight), more/floor, last[2].InFlight, thousands(more), thousands(usual.Talks[1].PerCPUSecond)),
		Verdict: verdict(eight >= 3*floor && more >= 3*floor && wrong[1]+wrong[2] == ""),
		Why:     fmt.Sprintf("With eight in flight a reader got %.1f events in one read, with %d it got %.1f.%s%s", last[1].DeliveriesPerRead, last[2].InFlight, last[2].DeliveriesPerRead, wrong[1], wrong[2]),
	})
}

// middle is the median of the rates of one talk over the rounds.
func middle(results []trial.Result, talk int) float64 {
	rates := make([]float64, 0, len(results))
	for _, r := range results {
		rates = append(rates, r.Talks[talk].PerCPUSecond)
	}
	slices.Sort(rates)
	return rates[len(rates)/2]
}

// idle writes a line about the memory of idle readers over HTTP/1.1.
func (b *bench) idle(r trial.Result) {
	b.line(Line{
		Number:   3,
		Asked:    fmt.Sprintf("at most 2,500 resident bytes for each idle reader at %s over HTTP/1.1, no goroutine for each", thousands(float64(r.Readers))),
		Measured: fmt.Sprintf("%s bytes (%.1f MiB in all), %d goroutines", thousands(r.BytesPerReader), float64(r.ResidentIdle)/(1<<20), r.Goroutines),
		Verdict:  verdict(r.BytesPerReader <= 2500 && r.Goroutines < max(100, r.Readers/10)),
	})
}

// moreReaders measures the second half of line 3.
func (b *bench) moreReaders(ctx context.Context) error {
	setting := b.setting()
	setting.Readers = b.less(19_000)
	setting.Posts = 20
	result, err := b.parlour(ctx, "more", nil, setting, "one room, more readers")
	if err != nil {
		return err
	}
	b.idle(result)
	return nil
}

func (b *bench) yardstick(ctx context.Context, kind string, setting trial.Setting) (trial.Result, error) {
	server, err := trial.StartYardstick(ctx, kind, setting.Pin)
	if err != nil {
		return trial.Result{}, err
	}
	defer server.Stop()
	result, err := trial.Run(ctx, server.Subject, setting, b.show)
	if err != nil {
		return result, fmt.Errorf("yardstick %s: %w", kind, err)
	}
	b.note(result, "one room")
	return result, nil
}

// clean tells whether every reader got every post once and in order.
func clean(t trial.Talk) bool { return faults(t) == "" }

// faults says what went wrong with the deliveries, or nothing.
func faults(t trial.Talk) string {
	if t.Refused+t.Unsent == 0 && t.Lost+t.Duplicates+t.Disordered+t.Cut == 0 {
		return ""
	}
	return fmt.Sprintf(" %d posts were refused and %d not sent in time; %d deliveries were lost, %d came twice, %d out of order, and %d streams were cut.",
		t.Refused, t.Unsent, t.Lost, t.Duplicates, t.Disordered, t.Cut)
}
