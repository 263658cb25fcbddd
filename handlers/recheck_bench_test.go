package handlers_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
	"parlour/events"
)

// audience opens streams of so many people in the lobby, without connections,
// so that only the asking is measured. Every tenth is a member, who has a login;
// the others are guests. Each has so many tabs.
func (s *site) audience(people, tabs int) {
	s.t.Helper()
	ctx, room, now := s.t.Context(), s.lobby(), time.Now()
	line := make(chan int)
	var seating sync.WaitGroup
	for range 256 { // they share their commits
		seating.Go(func() {
			for n := range line {
				id, session := fmt.Sprint("pcrowd", n), fmt.Sprint("session", n)
				kind := parlour.Guest
				name := fmt.Sprint("crowd ", n)
				if n%10 == 0 {
					kind = parlour.Member
					add := parlour.NewAccount{Account: parlour.Account{ID: id, Email: name + "@example.org", Name: name, CreatedAt: now, SeenAt: now}}
					if err := s.store.AddAccount(ctx, add, now.Add(-time.Hour)); err != nil {
						s.t.Error(err)
					}
					if err := s.store.BeginLogin(ctx, parlour.Login{Session: session, Person: id, At: now, SeenAt: now, Proof: add.Proof()}, ""); err != nil {
						s.t.Error(err)
					}
				}
				seat := parlour.Seat{Room: room.ID, Person: id, Name: name, Since: now, SeenAt: now, Admitted: true, Guest: kind == parlour.Guest}
				if _, err := s.store.TakeSeat(ctx, seat, now.Add(-time.Hour)); err != nil {
					s.t.Error(err)
				}
				for range tabs {
					_, err := s.hub.Open(ctx, events.Subscription{
						Room: room.ID, Slug: room.Slug, Feed: events.Feed{Format: events.SSE, Lang: "en"}, Person: seat.Author(), Kind: kind,
						Addr: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), Session: session, After: -1,
					}, func(context.Context) error { return nil })
					if err != nil {
						s.t.Error(err)
					}
				}
			}
		})
	}
	for n := range people {
		line <- n
	}
	close(line)
	seating.Wait()
}

// BenchmarkRecheck asks about all streams of a large room, none of which has
// lost its right. Meanwhile somebody reads the room's newest page over and over;
// page-ns is how long half and 99 in 100 of these readings took at most.
func BenchmarkRecheck(b *testing.B) {
	for _, c := range []struct{ people, tabs int }{{1000, 1}, {10_000, 1}, {2500, 4}} {
		b.Run(fmt.Sprintf("people=%d/tabs=%d", c.people, c.tabs), func(b *testing.B) {
			s := open(b, plan{})
			s.audience(c.people, c.tabs)
			room := s.lobby().ID
			ctx, stop := context.WithCancel(b.Context())
			var reading sync.WaitGroup
			var took []time.Duration
			reading.Go(func() {
				for ctx.Err() == nil {
					start := time.Now()
					if _, err := s.store.Page(context.Background(), room, 0, parlour.PageSize); err != nil {
						b.Error(err)
					}
					took = append(took, time.Since(start))
					time.Sleep(time.Millisecond)
				}
			})
			for b.Loop() {
				s.hub.Recheck(room)
			}
			stop()
			reading.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2]), "page-ns/50")
			b.ReportMetric(float64(took[len(took)*99/100]), "page-ns/99")
			if n := s.hub.Streams(); n != c.people*c.tabs {
				b.Errorf("%d streams are left", n)
			}
		})
	}
}

// BenchmarkRecheckEnds takes the right to read from a whole room at once: an
// operation ends 10,000 streams.
func BenchmarkRecheckEnds(b *testing.B) {
	const people = 10_000
	for b.Loop() {
		b.StopTimer()
		s := open(b, plan{})
		s.audience(people, 1)
		room := s.lobby()
		room.Access = parlour.Presets["private"]
		if _, err := s.store.ChangeRoom(b.Context(), room, nil, parlour.LogEntry{At: time.Now()}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		s.hub.Recheck(room.ID)
		b.StopTimer()
		if n := s.hub.Streams(); n != 0 {
			b.Errorf("%d streams are left", n)
		}
		b.StartTimer()
	}
}

// slowly is a program outside that takes a while to allow everything, and tells
// when it has been asked often enough.
type slowly struct {
	left atomic.Int64
	done chan struct{}
}

func (s *slowly) May(context.Context, parlour.Standing, parlour.Action, parlour.Room) error {
	time.Sleep(5 * time.Millisecond)
	if s.left.Add(-1) == 0 {
		close(s.done)
	}
	return nil
}

// BenchmarkRecheckBySlowPolicy asks about 10,000 people whom the house allows a
// program that takes 5 ms for each answer, and is asked twice about each: whether
// they may see the room, and read it. house-ns is how long the house itself took.
func BenchmarkRecheckBySlowPolicy(b *testing.B) {
	const people = 10_000
	policy := &slowly{}
	s := open(b, plan{rules: parlour.Rules{Policy: policy}})
	s.audience(people, 1)
	var byHouse time.Duration
	for b.Loop() {
		policy.done = make(chan struct{})
		policy.left.Store(2 * people)
		start := time.Now()
		s.hub.Recheck(s.lobby().ID)
		byHouse += time.Since(start)
		<-policy.done
	}
	b.ReportMetric(float64(byHouse)/float64(b.N), "house-ns")
}
