package parlour

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// oneHouse is several nodes of one house at a time that stands still. What one of
// them tells is counted by the others at once.
func oneHouse(now *time.Time) (nodes []*House, told *[]Spent) {
	told = new([]Spent)
	for i := range 3 {
		nodes = append(nodes, NewHouse(nil, nil, Rules{Limits: true, Share: func(s Spent) {
			*told = append(*told, s)
			for j, other := range nodes {
				if j != i {
					other.Count([]Spent{s})
				}
			}
		}}))
		nodes[i].now = func() time.Time { return *now }
	}
	return nodes, told
}

// inTurn does something on one node after the other, and counts how often it is
// not refused.
func inTurn(nodes []*House, times int, do func(*House) error) (n int) {
	for i := range times {
		if do(nodes[i%len(nodes)]) == nil {
			n++
		}
	}
	return n
}

func TestLimitsHoldOverAllNodes(t *testing.T) {
	ana := Identity{Kind: Guest, ID: "pana", Addr: netip.MustParseAddr("192.0.2.1")}
	now := noon
	nodes, _ := oneHouse(&now)
	for _, c := range []struct {
		what  string
		burst int
		rate  float64 // a second
		do    func(*House) error
	}{
		{"saying", personBurst, personRate, func(h *House) error { return h.flood.admit(ana, now) }},
		{"looking", lookBurst, lookRate, func(h *House) error { return h.flood.admitLook(ana, now) }},
		{"forms", unprovenBurst, unprovenRate, func(h *House) error { return h.AdmitUnproven(ana) }},
		{"guessing", targetBurst, float64(targetRate), func(h *House) error {
			_, err := h.attempts.admit("sign-in ana@example.org", ana.Addr, now)
			return err
		}},
	} {
		if n := inTurn(nodes, 5*c.burst, c.do); n != c.burst {
			t.Errorf("%s: %d times on three nodes, want %d", c.what, n, c.burst)
		}
		now = now.Add(time.Duration(4.5 / c.rate * float64(time.Second)))
		if n := inTurn(nodes, c.burst, c.do); n != 4 {
			t.Errorf("%s: %d times after a while, want 4", c.what, n)
		}
	}
	next := 0
	n := inTurn(nodes, 2*addressBurst, func(h *House) error {
		next++
		return h.flood.admit(guest(next, "192.0.2.7"), now)
	})
	if n != addressBurst {
		t.Errorf("%d messages from one address, want %d", n, addressBurst)
	}
}

func TestWhatSeveralNodesLetPassAtOnceIsADebt(t *testing.T) {
	ana, now := guest(1, ""), noon
	h := NewHouse(nil, nil, Rules{Limits: true})
	h.now = func() time.Time { return now }
	n, _ := burst(h.flood, ana, now)
	h.Count([]Spent{{Key: "p" + ana.ID, Times: personBurst}})
	now = now.Add(personBurst * time.Second / personRate)
	if err := h.flood.admit(ana, now); n != personBurst || err == nil {
		t.Errorf("after %d and as many elsewhere the next is admitted too early", n)
	}
	now = now.Add(time.Second / personRate)
	if err := h.flood.admit(ana, now); err != nil {
		t.Errorf("the debt is paid, and yet: %v", err)
	}
}

func TestWhoKnowsThePasswordIsGivenBackTheAttemptEverywhere(t *testing.T) {
	now := noon
	nodes, _ := oneHouse(&now)
	addr := netip.MustParseAddr("192.0.2.1")
	for i := range 5 * originBurst {
		a, err := nodes[i%3].attempts.admit("sign-in ana@example.org", addr, now)
		if err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
		a.succeeded()
	}
	nodes[0].Count([]Spent{{Key: "o192.0.2.1", Times: -5}}) // more than was taken
	n := inTurn(nodes, 5*targetBurst, func(h *House) error {
		_, err := h.attempts.admit("sign-in bob@example.org", addr, now.Add(time.Millisecond))
		return err
	})
	if n != targetBurst {
		t.Errorf("%d attempts, want %d", n, targetBurst)
	}
}

func TestSameTextIsRefusedOnEveryNode(t *testing.T) {
	now := noon
	nodes, _ := oneHouse(&now)
	ana := guest(1, "")
	post := NewMessage{Room: 1, Author: Author{ID: ana.ID}, Body: "hello", Key: "k1"}
	if err := nodes[0].flood.admit(ana, now); err != nil {
		t.Fatal(err)
	}
	nodes[0].flood.said(post, post.Body)
	again, other := post, post
	again.Key, other.Body = "k2", "hello?"
	for i, h := range nodes {
		if err := h.flood.repeats(post); err != nil {
			t.Errorf("node %d: the same post, sent again, is answered %v", i, err)
		}
		if err := h.flood.repeats(again); err == nil {
			t.Errorf("node %d lets the same text pass", i)
		}
		if err := h.flood.repeats(other); err != nil {
			t.Errorf("node %d: another text is answered %v", i, err)
		}
	}
}

func TestTokenIsUsedOnceOnAllNodes(t *testing.T) {
	now := noon
	nodes, _ := oneHouse(&now)
	for i, token := range []string{"one", "two", "three"} {
		if !nodes[i].UseOnce(token) {
			t.Errorf("%s was never used", token)
		}
		for j, h := range nodes {
			if h.UseOnce(token) {
				t.Errorf("%s, which was used on node %d, is used on node %d", token, i, j)
			}
		}
	}
}

func TestOtherNodesAreToldNoSecrets(t *testing.T) {
	now := noon
	nodes, told := oneHouse(&now)
	ana := guest(1, "192.0.2.1")
	_, _ = nodes[0].attempts.admit("link SECRET", ana.Addr, now)
	_ = nodes[0].UseOnce("SECRET")
	_ = nodes[0].flood.admit(ana, now)
	nodes[0].flood.said(NewMessage{Room: 1, Author: Author{ID: ana.ID}}, "SECRET")
	if len(*told) != 6 {
		t.Errorf("told %d things: %+v", len(*told), *told)
	}
	for _, s := range *told {
		if strings.Contains(s.Key+s.Said.Body, "SECRET") {
			t.Errorf("told %+v", s)
		}
	}
}

// TestWhatMakesNoSenseCountsForNothing: nodes of several versions may serve side
// by side.
func TestWhatMakesNoSenseCountsForNothing(t *testing.T) {
	now := noon
	nodes, _ := oneHouse(&now)
	spent := []Spent{{}, {Key: "?"}, {Key: "?x", Times: 3}, {Key: "p", Times: 1 << 60}, {Key: "a1", Times: -1 << 60}}
	nodes[0].Count(spent)
	NewHouse(nil, nil, Rules{}).Count(append(spent, Spent{Key: "tx", Times: 1}))
	if err := nodes[0].flood.admit(guest(1, ""), now); err != nil {
		t.Error(err)
	}
}
