package parlour

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// How often passwords and links may be tried: for one account, or room, or
// link, and from one address. After a burst the rest is a trickle: what is
// guessed at that pace is not found.
const (
	targetBurst   = 10
	targetRate    = rate.Limit(1.0 / 60)
	originBurst   = 30
	originRate    = rate.Limit(1.0 / 10)
	attemptForget = 15 * time.Minute // longer than either bucket needs to fill up
)

// attempts limits guessing. A nil *attempts admits everything.
type attempts struct{ counted *flood }

func newAttempts() *attempts {
	counted := newFlood()
	counted.keep = attemptForget
	return &attempts{counted: counted}
}

// attempt is one that was admitted and counted.
type attempt struct{ undo func() }

// succeeded takes the attempt back: whoever knows does not guess.
func (a attempt) succeeded() { a.undo() }

// admit counts an attempt at a target from an address, or refuses it as TooMany
// with the time to wait. It must come before the first look at the target, so
// that refusals are the same for those that are not there.
func (a *attempts) admit(target string, addr netip.Addr, now time.Time) (attempt, error) {
	if a == nil {
		return attempt{undo: func() {}}, nil
	}
	f := a.counted
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	keys := []string{"t" + digest(target)} // it may be a secret, and other nodes are told
	if key := AddrKey(addr); key != "" {
		keys = append(keys, "o"+key)
	}
	taken := make([]*rate.Reservation, len(keys))
	for i, key := range keys {
		taken[i] = f.take(key, now)
	}
	undo := func() {
		for _, r := range taken {
			r.CancelAt(now)
		}
	}
	var wait time.Duration
	for _, r := range taken {
		wait = max(wait, r.DelayFrom(now))
	}
	if wait > 0 {
		undo()
		return attempt{}, waitError("attempts", "too many attempts", wait)
	}
	f.tell(1, keys...)
	return attempt{undo: func() {
		undo()
		f.tell(-1, keys...)
	}}, nil
}
