package parlour

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one person, and all people behind one address, may say: a burst, and
// after that so many messages a second. Addresses get more because a school or
// an office is often one.
const (
	personBurst   = 10
	personRate    = 1
	addressBurst  = 100
	addressRate   = 20
	floodForget   = 5 * time.Minute // longer than any bucket needs to fill up
	floodSweepMin = 1024            // below so many buckets forgetting is not worth a look
)

// flood keeps anybody from talking faster than people can read. A nil *flood
// admits everything.
type flood struct {
	mu      sync.Mutex // guards all below
	buckets map[string]*bucket
	sweepAt int // number of buckets at which the old are forgotten
}

type bucket struct {
	limiter *rate.Limiter
	usedAt  time.Time
}

func newFlood() *flood {
	return &flood{buckets: make(map[string]*bucket), sweepAt: floodSweepMin}
}

// admit counts one message by the identity, or one choice of a name, or refuses
// it as TooMany with the time to wait. What is refused is not counted.
func (f *flood) admit(by Identity, now time.Time) error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	person := f.take("p"+by.ID, personRate, personBurst, now)
	wait := person.DelayFrom(now)
	if wait == 0 && by.Addr.IsValid() {
		address := f.take("a"+by.Addr.String(), addressRate, addressBurst, now)
		if wait = address.DelayFrom(now); wait > 0 {
			address.CancelAt(now)
		}
	}
	if wait == 0 {
		return nil
	}
	person.CancelAt(now)
	seconds := int(math.Ceil(wait.Seconds()))
	err := Errorf(TooMany, "flood", "too many messages, wait %d seconds", seconds)
	err.RetryAfter = time.Duration(seconds) * time.Second
	err.Args = map[string]any{"Count": seconds}
	return err
}

func (f *flood) take(key string, perSecond rate.Limit, burst int, now time.Time) *rate.Reservation {
	b := f.buckets[key]
	if b == nil {
		b = &bucket{limiter: rate.NewLimiter(perSecond, burst)}
		f.buckets[key] = b
	}
	b.usedAt = now
	return b.limiter.ReserveN(now, 1)
}

// forget drops the buckets that are full again, whenever their number has
// doubled, so that the cost per message stays constant.
func (f *flood) forget(now time.Time) {
	if len(f.buckets) < f.sweepAt {
		return
	}
	for key, b := range f.buckets {
		if now.Sub(b.usedAt) > floodForget {
			delete(f.buckets, key)
		}
	}
	f.sweepAt = max(floodSweepMin, 2*len(f.buckets))
}
