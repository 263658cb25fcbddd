package crowd_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
)

// talk has a crowd of 20 readers and five posters say 30 things at a server.
func talk(t *testing.T, s *careless, plan crowd.Plan, say crowd.Talk) crowd.Tally {
	t.Helper()
	s.changed, s.keys = make(chan struct{}), map[string]bool{}
	if s.send == nil {
		s.send = honest
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	rooms, err := crowd.Enter(ctx, server.URL, []string{"lobby"}, 3, "guest", nil)
	if err != nil {
		t.Fatal(err)
	}
	plan.Address, plan.Rooms, plan.Readers, plan.InFlight = server.Listener.Addr().String(), rooms, 20, 5
	c, err := crowd.Open(ctx, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	say.Posts = 30
	tally, err := c.Talk(ctx, say)
	if err != nil {
		t.Fatal(err)
	}
	if int64(tally.Latency.TotalCount()) != tally.Deliveries {
		t.Errorf("%d latencies for %d deliveries", tally.Latency.TotalCount(), tally.Deliveries)
	}
	return tally
}

func TestTallyOfAnHonestServerIsClean(t *testing.T) {
	for name, say := range map[string]crowd.Talk{"closed loop": {Padding: 700}, "rate": {Rate: 500}, "one at a time": {InFlight: 1}} {
		t.Run(name, func(t *testing.T) {
			tally := talk(t, &careless{}, crowd.Plan{Spin: name == "one at a time"}, say)
			if tally.Posts != 30 || tally.Deliveries != 600 || tally.Lost+tally.Duplicates+tally.Disordered+tally.Cut != 0 || tally.Refused+tally.Unsent != 0 {
				t.Errorf("%+v", tally)
			}
			if size := tally.MeanEvent(); size < say.Padding+20 || size > say.Padding+120 {
				t.Errorf("an event of %d bytes", size)
			}
			if tally.Acknowledged.TotalCount() != 30 || tally.Complete.TotalCount() != 30 {
				t.Errorf("%d answers, %d complete", tally.Acknowledged.TotalCount(), tally.Complete.TotalCount())
			}
		})
	}
}

func TestMistakesOfAServerAreCounted(t *testing.T) {
	t.Run("twice", func(t *testing.T) {
		tally := talk(t, &careless{send: func(stream, seq int) ([]int, bool) {
			if stream == 7 && seq%10 == 0 {
				return []int{seq, seq}, false
			}
			return []int{seq}, false
		}}, crowd.Plan{}, crowd.Talk{})
		if tally.Deliveries != 600 || tally.Duplicates != 3 || tally.Lost+tally.Disordered != 0 {
			t.Errorf("%+v", tally.Read)
		}
	})
	t.Run("in the wrong order", func(t *testing.T) {
		tally := talk(t, &careless{send: func(stream, seq int) ([]int, bool) {
			switch {
			case stream == 7 && seq == 9:
				return nil, false
			case stream == 7 && seq == 10:
				return []int{10, 9}, false
			}
			return []int{seq}, false
		}}, crowd.Plan{}, crowd.Talk{})
		if tally.Deliveries != 600 || tally.Disordered != 1 || tally.Lost+tally.Duplicates != 0 {
			t.Errorf("%+v", tally.Read)
		}
	})
	t.Run("cut off, and back with the cursor", func(t *testing.T) {
		tally := talk(t, &careless{send: func(stream, seq int) ([]int, bool) { return []int{seq}, stream == 7 && seq == 9 }}, crowd.Plan{}, crowd.Talk{})
		if tally.Deliveries != 600 || tally.Cut != 1 || tally.Lost+tally.Duplicates+tally.Disordered != 0 {
			t.Errorf("%+v", tally.Read)
		}
	})
	t.Run("refused", func(t *testing.T) {
		tally := talk(t, &careless{refuse: func(seq int) bool { return seq == 4 }}, crowd.Plan{}, crowd.Talk{})
		if tally.Posts != 29 || tally.Refused != 1 || tally.Reason != "status 422" || tally.Deliveries != 580 || tally.Lost != 0 {
			t.Errorf("%+v", tally)
		}
	})
	t.Run("lost", func(t *testing.T) {
		tally := talk(t, &careless{send: func(stream, seq int) ([]int, bool) {
			if stream == 7 && seq == 30 {
				return nil, false
			}
			return []int{seq}, false
		}}, crowd.Plan{Patience: 5 * time.Second}, crowd.Talk{})
		if tally.Deliveries != 599 || tally.Lost != 1 || tally.Duplicates+tally.Disordered != 0 {
			t.Errorf("%+v", tally.Read)
		}
	})
}

func TestSlowReadersAreCountedApart(t *testing.T) {
	tally := talk(t, &careless{}, crowd.Plan{Stalled: 2, Slow: 3, SlowRate: 2000}, crowd.Talk{})
	if tally.Deliveries != 600 || tally.Lost+tally.Duplicates+tally.Disordered != 0 {
		t.Errorf("%+v", tally.Read)
	}
	if tally.Apart.Deliveries > 90 || tally.Apart.Duplicates+tally.Apart.Disordered != 0 {
		t.Errorf("apart: %+v", tally.Apart)
	}
}

func TestClosedStreamAddressEndsTheOpening(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "full", http.StatusTooManyRequests) }))
	defer server.Close()
	rooms := []crowd.Room{{Path: "/rooms/lobby", Events: "/rooms/lobby/events?after=0", Sessions: []*crowd.Session{{}}}}
	c, err := crowd.Open(t.Context(), crowd.Plan{Address: server.Listener.Addr().String(), Rooms: rooms, Readers: 2})
	if err == nil {
		c.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "429") {
		t.Fatalf("error %v", err)
	}
}
