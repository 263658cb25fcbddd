package handlers_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parlour/events"
)

var (
	sameSeed = flag.Uint64("same-seed", 0, "of the random changes to a room; 0: another each time")
	sameRuns = flag.Int("same-runs", 8, "how many rooms are changed at random")
)

// Whatever happens in a room, everybody is shown the same: who was always there,
// who was away at any moment and comes back by the log, by the store or to a list
// that begins afresh, who opens the page anew, and who has no JavaScript.
func TestWhoComesBackIsShownWhatEverybodyIs(t *testing.T) {
	seed := *sameSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("again with -same-seed %d -same-runs %d", seed, *sameRuns)
	var mu sync.Mutex // guards the rest
	done := make(map[string]int)
	var resets, caughtUp int
	t.Run("room", func(t *testing.T) {
		for run := range *sameRuns {
			t.Run(fmt.Sprint(run), func(t *testing.T) {
				t.Parallel() // they mostly wait for the disk
				live := events.Options{JoinGrace: time.Hour, CatchUp: 5 << (2 * (run % 4)), LogBytes: 1 << (10 + 8*(run/4%2))}
				r := newReunion(t, live, rand.New(rand.NewPCG(seed, uint64(run))))
				for round := range rounds {
					if r.round(round); t.Failed() {
						return
					}
				}
				mu.Lock()
				defer mu.Unlock()
				for name, n := range r.crowd.done {
					done[name] += n
				}
				for _, b := range r.tabs {
					resets, caughtUp = resets+b.resets, caughtUp+b.caughtUp
				}
			})
		}
	})
	if t.Failed() || *sameRuns < 8 {
		return
	}
	t.Log(resets, "lists began afresh,", caughtUp, "changes came from the store;", done)
	checkAllDone(t, done)
	if resets == 0 || caughtUp == 0 {
		t.Errorf("%d lists began afresh, %d changes came from the store", resets, caughtUp)
	}
}

// rounds is how often those who were away come back to one room.
const rounds = 8

// reunion is a room with those who do something in it and those who only read.
type reunion struct {
	t       *testing.T
	random  *rand.Rand
	crowd   *crowd
	tabs    []*tab
	endless []*endlessPage
	wholes  map[string]*visitor // by language, who loads the page anew
}

func newReunion(t *testing.T, live events.Options, random *rand.Rand) *reunion {
	s := open(t, plan{live: live})
	r := &reunion{t: t, random: random, crowd: s.gathers(random), wholes: make(map[string]*visitor)}
	for i := range 80 * random.IntN(2) { // more than a page shows at first
		r.crowd.says(fmt.Sprint("said before ", i))
	}
	for i := range 5 {
		v := s.guest()
		lang := [...]string{"en", "de", "ar"}[i%3]
		v.header.Set("Accept-Language", lang)
		r.wholes[lang] = v
		b, err := v.openTab(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.tabs = append(r.tabs, b)
	}
	return r
}

// round lets things happen while the tabs come and go, and then compares those
// that are there.
func (r *reunion) round(round int) {
	r.t.Helper()
	stop := make(chan struct{})
	var watching sync.WaitGroup
	for i, b := range r.tabs {
		random := rand.New(rand.NewPCG(r.random.Uint64(), 0))
		watching.Go(func() {
			if err := b.watches(r.t.Context(), random, i == 0, stop); err != nil {
				r.t.Error(err)
			}
		})
	}
	for i := range 1 + r.random.IntN(30) {
		r.crowd.do()
		if i == 5 && len(r.endless) < 4 { // while things happen
			r.endless = append(r.endless, r.wholes["en"].openEndless(r.t.Context()))
		}
	}
	r.crowd.says(fmt.Sprintf("the end of round %d", round))
	close(stop)
	watching.Wait()
	for i, b := range r.tabs {
		if isAway := i > 1 && r.random.IntN(3) > 0 && round < rounds-1; isAway {
			b.goOffline()
		} else if how := r.compare(b); how != "" {
			r.t.Errorf("in round %d the tab %d shows\n%s", round, i, how)
		}
	}
	for i, e := range r.endless {
		if how := r.compareEndless(e); how != "" {
			r.t.Errorf("in round %d the never-ending page %d shows\n%s", round, i, how)
		}
	}
}

// watches comes and goes until it is told to stop. Who is always there only comes
// back when the server has let it go.
func (b *tab) watches(ctx context.Context, random *rand.Rand, always bool, stop <-chan struct{}) error {
	for {
		if b.hangUp == nil {
			if err := b.goOnline(ctx); err != nil {
				return err
			}
		}
		select {
		case <-stop:
			return nil
		case f, ok := <-b.frames:
			if !ok {
				b.goOffline()
				continue
			}
			if err := b.takes(f); err != nil {
				return err
			}
		}
		if always || random.IntN(4) > 0 {
			continue
		}
		if random.IntN(3) == 0 {
			if _, err := b.scrollUp(ctx, random.IntN(3)); err != nil {
				return err
			}
		}
		b.goOffline()
		select {
		case <-stop:
			return nil
		case <-time.After(time.Duration(random.IntN(30)) * time.Millisecond):
		}
	}
}

// compare brings a tab up to what a page is that is loaded now, and tells how they
// differ.
func (r *reunion) compare(b *tab) string {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	for {
		whole, err := b.v.openTab(ctx)
		if err == nil {
			err = b.reaches(ctx, whole.cursor)
		}
		for more := err == nil; more && err == nil; {
			more, err = whole.scrollUp(ctx, 0)
		}
		if err != nil {
			return err.Error()
		}
		if b.cursor == whole.cursor { // else something has happened since
			return b.shown().differs(whole.shown())
		}
	}
}

// compareEndless waits until a page that never ends shows what one shows that is
// loaded now. It has not got what stands above the messages.
func (r *reunion) compareEndless(e *endlessPage) string {
	ctx := r.t.Context()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		whole, err := r.wholes["en"].openTab(ctx)
		for more := err == nil; more && err == nil; {
			more, err = whole.scrollUp(ctx, 0)
		}
		if err != nil {
			return err.Error()
		}
		want := whole.shown()
		want.above = ""
		has, err := e.shown(true)
		if err != nil {
			return err.Error()
		}
		how := has.differs(want)
		if how == "" {
			how, err = e.keepsBack(has)
		}
		if err != nil {
			return err.Error()
		}
		if how == "" || time.Now().After(deadline) {
			return how
		}
	}
}
