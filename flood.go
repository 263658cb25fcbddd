package parlour

import (
	"crypto/sha256"
	"encoding/hex"
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

// limit is how much may be taken out of a bucket: a burst, and then so much a
// second.
type limit struct {
	rate  rate.Limit
	burst int
}

// limits are those of the house, by the first letter of a bucket's key. The rest
// of the key says whose it is.
var limits = map[byte]limit{
	'p': {personRate, personBurst},
	'a': {addressRate, addressBurst},
	'u': {unprovenRate, unprovenBurst},
	'v': {lookRate, lookBurst},
	't': {targetRate, targetBurst},
	'o': {originRate, originBurst},
	's': {searchRate, searchBurst},
	'd': {draftRate, draftBurst},
	'n': {completionRate, completionBurst},
	'w': {typingRate, typingBurst},
}

// flood keeps anybody from talking faster than people can read. A nil *flood
// admits everything.
type flood struct {
	share   func(Spent) // tells other nodes what is counted; nil: there are none
	mu      sync.Mutex  // guards all below
	buckets map[string]*bucket
	sweepAt int           // number of buckets at which the old are forgotten
	keep    time.Duration // how long a bucket is kept unused
}

type bucket struct {
	limiter *rate.Limiter
	usedAt  time.Time
	last    Said
}

func newFlood() *flood {
	return &flood{buckets: make(map[string]*bucket), sweepAt: floodSweepMin, keep: floodForget}
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
	taken := []string{"p" + by.ID}
	person := f.take(taken[0], now)
	wait := person.DelayFrom(now)
	if wait == 0 && by.Addr.IsValid() {
		taken = append(taken, "a"+by.Addr.String())
		address := f.take(taken[1], now)
		if wait = address.DelayFrom(now); wait > 0 {
			address.CancelAt(now)
		}
	}
	if wait == 0 {
		f.tell(1, taken...)
		return nil
	}
	person.CancelAt(now)
	return waitError("flood", "too many messages", wait)
}

// repeats refuses what somebody said just before in the same room. The same key
// is no repetition: it is the same post, sent again.
func (f *flood) repeats(post NewMessage) error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.buckets["p"+post.Author.ID]
	if b == nil || b.last.Room != post.Room || b.last.Body != digest(post.Body) ||
		post.Key != "" && b.last.Key == post.Key {
		return nil
	}
	return bodyErrorf("post.repeated", "that was just said")
}

// said notes what somebody said, as they typed it.
func (f *flood) said(post NewMessage, body string) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	key := "p" + post.Author.ID
	if b := f.buckets[key]; b != nil {
		b.last = Said{Room: post.Room, Key: post.Key, Body: digest(body)}
		if f.share != nil {
			f.share(Spent{Key: key, Said: b.last})
		}
	}
}

// digest stands for a text without telling it.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// What those may send who show no form token: scripts, and browsers that were
// given an old page. The addresses of the house are a contract, so what comes
// without a token is not refused; but it is what bots do that never look at the
// page, so it comes out of a much smaller bucket.
const (
	unprovenBurst = 10
	unprovenRate  = 0.2
)

// AdmitUnproven counts a form that came without a token, or refuses it as
// TooMany. Members are exempt: they have proven themselves when they signed in.
func (h *House) AdmitUnproven(by Identity) error {
	f := h.flood
	if f == nil || by.Kind == Member {
		return nil
	}
	key := "u" + AddrKey(by.Addr)
	if by.Known() {
		key = "u" + by.ID
	}
	return f.count(key, h.now(), "too many forms without a token")
}

// What one person may look at before saying it. It costs the house about what a
// message costs, and nobody else sees it.
const (
	lookBurst = 20
	lookRate  = 2
)

// admitLook counts a preview, or refuses it as TooMany.
func (f *flood) admitLook(by Identity, now time.Time) error {
	if f == nil {
		return nil
	}
	return f.count("v"+by.ID, now, "too many previews")
}

// count takes one out of a bucket, or refuses it as TooMany with the time to
// wait.
func (f *flood) count(key string, now time.Time, detail string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	taken := f.take(key, now)
	wait := taken.DelayFrom(now)
	if wait == 0 {
		f.tell(1, key)
		return nil
	}
	taken.CancelAt(now)
	return waitError("flood", detail, wait)
}

// HasLimits tells whether the limits of the house are on.
func (h *House) HasLimits() bool { return h.flood != nil }

func (f *flood) take(key string, now time.Time) *rate.Reservation {
	return f.bucket(key, now).limiter.ReserveN(now, 1)
}

func (f *flood) bucket(key string, now time.Time) *bucket {
	b := f.buckets[key]
	if b == nil {
		of := limits[key[0]]
		b = &bucket{limiter: rate.NewLimiter(of.rate, of.burst)}
		f.buckets[key] = b
	}
	b.usedAt = now
	return b
}

// forget drops the buckets that are full again, whenever their number has
// doubled, so that the cost per message stays constant.
func (f *flood) forget(now time.Time) {
	if len(f.buckets) < f.sweepAt {
		return
	}
	for key, b := range f.buckets {
		if now.Sub(b.usedAt) > f.keep {
			delete(f.buckets, key)
		}
	}
	f.sweepAt = max(floodSweepMin, 2*len(f.buckets))
}

// heedMost bounds what one node can count at once against anybody.
const heedMost = 1000

// heed counts what another node has let pass.
func (f *flood) heed(s Spent, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	b := f.bucket(s.Key, now)
	for range min(s.Times, heedMost) {
		b.limiter.ReserveN(now, 1)
	}
	for range min(-s.Times, heedMost) {
		b.limiter.ReserveN(now, -1) // puts one back, and never more than the bucket holds
	}
	if s.Said != (Said{}) {
		b.last = s.Said
	}
}
