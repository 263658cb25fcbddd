package bench

import (
	"context"
	"fmt"

	"parlour/cmd/parlour-load/internal/trial"
)

// fanOut measures lines 1 and 2 and the first half of 3: one room with many
// readers. The bare yardstick is measured before and after the server, and its
// mean is what the server is held against.
func (b *bench) fanOut(ctx context.Context) error {
	setting := b.setting()
	setting.Readers = b.less(10_000)
	setting.InFlight = []int{1, 8}
	before, err := b.yardstick(ctx, "bare", setting)
	if err != nil {
		return err
	}
	usual, err := b.yardstick(ctx, "usual", setting)
	if err != nil {
		return err
	}
	served := setting
	served.InFlight = []int{1, 8, 32}
	parlour, err := b.parlour(ctx, "many", nil, served, "one room")
	if err != nil {
		return err
	}
	after, err := b.yardstick(ctx, "bare", setting)
	if err != nil {
		return err
	}
	bare := (before.Talks[0].PerCPUSecond + after.Talks[0].PerCPUSecond) / 2
	spread := fmt.Sprintf("The bare rate was %s before and %s after.", thousands(before.Talks[0].PerCPUSecond), thousands(after.Talks[0].PerCPUSecond))

	one, eight, more := parlour.Talks[0], parlour.Talks[1], parlour.Talks[2]
	ratio := one.PerCPUSecond / bare
	ahead := one.PerCPUSecond > usual.Talks[0].PerCPUSecond
	b.line(Line{
		Number:   1,
		Asked:    fmt.Sprintf("one event in flight, %s readers: at least 0.9 of the bare-write rate, and ahead of the usual handler", thousands(float64(setting.Readers))),
		Measured: fmt.Sprintf("%.2f of the bare rate (%s of %s deliveries a CPU second); the usual handler has %s", ratio, thousands(one.PerCPUSecond), thousands(bare), thousands(usual.Talks[0].PerCPUSecond)),
		Verdict:  verdict(ratio >= 0.9 && ahead && clean(one)),
		Why:      spread + faults(one),
	})
	b.line(Line{
		Number: 2,
		Asked:  "eight and more in flight: at least 3 times the bare-write rate",
		Measured: fmt.Sprintf("%.1f times with eight in flight (%s a CPU second), %.1f times with %d (%s); the usual handler has %s with eight",
			eight.PerCPUSecond/bare, thousands(eight.PerCPUSecond), more.PerCPUSecond/bare, more.InFlight, thousands(more.PerCPUSecond), thousands(usual.Talks[1].PerCPUSecond)),
		Verdict: verdict(eight.PerCPUSecond >= 3*bare && more.PerCPUSecond >= 3*bare && clean(eight) && clean(more)),
		Why:     fmt.Sprintf("With eight in flight a reader got %.1f events in one read, with %d it got %.1f.%s%s", eight.DeliveriesPerRead, more.InFlight, more.DeliveriesPerRead, faults(eight), faults(more)),
	})
	b.idle(parlour)
	return nil
}

// idle writes a line about the memory of idle readers over HTTP/1.1.
func (b *bench) idle(r trial.Result) {
	b.line(Line{
		Number:   3,
		Asked:    fmt.Sprintf("at most 2,500 resident bytes for each idle reader at %s over HTTP/1.1", thousands(float64(r.Readers))),
		Measured: fmt.Sprintf("%s bytes (%.1f MiB in all)", thousands(r.BytesPerReader), float64(r.ResidentIdle)/(1<<20)),
		Verdict:  verdict(r.BytesPerReader <= 2500),
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
