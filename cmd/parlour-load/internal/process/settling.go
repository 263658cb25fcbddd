package process

import (
	"context"
	"time"
)

// Settle waits until a process's memory has hardly changed for a few seconds,
// at most for the time given, and answers how much it is. pause is how to spend
// a moment meanwhile.
func Settle(ctx context.Context, pid int, most time.Duration, pause func(context.Context, time.Duration) error) (int64, error) {
	const step, calm = 500 * time.Millisecond, 6
	var lately []int64
	for until := time.Now().Add(most); ; {
		now, err := Resident(pid)
		if err != nil {
			return 0, err
		}
		lately = append(lately, now)
		if n := len(lately); n >= calm {
			low, high := lately[n-1], lately[n-1]
			for _, v := range lately[n-calm:] {
				low, high = min(low, v), max(high, v)
			}
			if high-low <= high/200 {
				return now, nil
			}
		}
		if time.Now().After(until) {
			return now, nil
		}
		if err := pause(ctx, step); err != nil {
			return 0, err
		}
	}
}

// Pause waits.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
