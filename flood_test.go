package parlour

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var noon = time.Date(2025, 11, 21, 12, 0, 0, 0, time.UTC)

func guest(i int, addr string) Identity {
	id := Identity{Kind: Guest, ID: fmt.Sprintf("g%011d", i), Name: fmt.Sprint("guest ", i)}
	if addr != "" {
		id.Addr = netip.MustParseAddr(addr)
	}
	return id
}

// burst lets somebody talk without a pause and counts what is admitted.
func burst(f *flood, by Identity, now time.Time) (admitted int, refusal error) {
	for range 10 * addressBurst {
		if err := f.admit(by, now); err != nil {
			return admitted, err
		}
		admitted++
	}
	return admitted, nil
}

func TestPersonMayTalkInABurstAndThenSteadily(t *testing.T) {
	f, ana := newFlood(), guest(1, "192.0.2.1")
	n, err := burst(f, ana, noon)
	if n != personBurst {
		t.Fatalf("%d messages at once, want %d", n, personBurst)
	}
	refusal, ok := err.(*Error)
	if !ok || refusal.Kind != TooMany || refusal.Code != "flood" {
		t.Fatalf("refused with %v", err)
	}
	if refusal.RetryAfter != time.Second/personRate || refusal.Args["Count"] != 1 {
		t.Errorf("told to wait %v, %v seconds", refusal.RetryAfter, refusal.Args["Count"])
	}
	for i := range 100 {
		now := noon.Add(time.Duration(i+1) * time.Second / personRate)
		if n, _ := burst(f, ana, now); n != 1 {
			t.Fatalf("%d messages in second %d, want 1", n, i+1)
		}
	}
}

func TestWhoeverWaitsAsToldIsAdmitted(t *testing.T) {
	f, ana := newFlood(), guest(1, "")
	now := noon
	for range 50 {
		_, err := burst(f, ana, now)
		now = now.Add(err.(*Error).RetryAfter)
		if err := f.admit(ana, now); err != nil {
			t.Fatalf("refused after the time that was asked for: %v", err)
		}
		now = now.Add(137 * time.Millisecond)
	}
}

func TestRefusedIsNotCounted(t *testing.T) {
	f, ana := newFlood(), guest(1, "192.0.2.1")
	burst(f, ana, noon)
	for range 1000 {
		if f.admit(ana, noon) == nil {
			t.Fatal("admitted")
		}
	}
	if err := f.admit(ana, noon.Add(time.Second)); err != nil {
		t.Errorf("a thousand refusals cost more time: %v", err)
	}
}

func TestOnePersonsFloodStopsNobodyElse(t *testing.T) {
	f := newFlood()
	burst(f, guest(1, "192.0.2.1"), noon)
	for _, other := range []Identity{guest(2, "192.0.2.2"), guest(3, "192.0.2.1"), guest(4, "")} {
		if n, _ := burst(f, other, noon); n != personBurst {
			t.Errorf("%s may say %d, want %d", other.ID, n, personBurst)
		}
	}
}

func TestAddressHasALimitForAllWhoAreBehindIt(t *testing.T) {
	f := newFlood()
	total := 0
	var refused Identity
	for i := range 2 * addressBurst {
		by := guest(i, "192.0.2.1")
		if err := f.admit(by, noon); err == nil {
			total++
		} else if refused = by; KindOf(err) != TooMany {
			t.Fatal(err)
		}
	}
	if total != addressBurst {
		t.Errorf("%d messages from one address, want %d", total, addressBurst)
	}
	// What the address was refused is not counted against the person.
	refused.Addr = netip.MustParseAddr("192.0.2.2")
	if n, _ := burst(f, refused, noon); n != personBurst {
		t.Errorf("from elsewhere the same person may say %d, want %d", n, personBurst)
	}
	// Nor are a person's refusals counted against the address.
	loud := guest(-1, "192.0.2.3")
	burst(f, loud, noon)
	for range 1000 {
		_ = f.admit(loud, noon)
	}
	total = 0
	for i := range 2 * addressBurst {
		if f.admit(guest(1000+i, "192.0.2.3"), noon) == nil {
			total++
		}
	}
	if total != addressBurst-personBurst {
		t.Errorf("the others behind the address may say %d, want %d", total, addressBurst-personBurst)
	}
}

func TestFloodForgetsThoseWhoAreQuiet(t *testing.T) {
	f := newFlood()
	most := 0
	for i := range 100_000 {
		now := noon.Add(time.Duration(i) * time.Second)
		if err := f.admit(guest(i, ""), now); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(f.buckets))
	}
	if most > 2*floodSweepMin {
		t.Errorf("%d buckets at once though hardly anybody talked", most)
	}
}

func TestForgettingForgivesNothing(t *testing.T) {
	if full := time.Duration(personBurst) * time.Second / personRate; full >= floodForget {
		t.Errorf("a person's bucket needs %v to fill up and is forgotten after %v", full, floodForget)
	}
	if full := time.Duration(addressBurst) * time.Second / addressRate; full >= floodForget {
		t.Errorf("an address's bucket needs %v to fill up and is forgotten after %v", full, floodForget)
	}
	f, ana := newFlood(), guest(1, "")
	burst(f, ana, noon)
	for i := range 3 * floodSweepMin { // enough to make it forget
		_ = f.admit(guest(10+i, ""), noon.Add(time.Millisecond))
	}
	if f.admit(ana, noon.Add(2*time.Millisecond)) == nil {
		t.Error("a crowd made it forget who talks too much")
	}
}

func TestNoFloodLimitsAdmitEverybody(t *testing.T) {
	var f *flood
	if _, err := burst(f, guest(1, "192.0.2.1"), noon); err != nil {
		t.Error(err)
	}
}

func TestLookingAtOnesWordsHasABucketOfItsOwn(t *testing.T) {
	f, ana := newFlood(), guest(1, "192.0.2.1")
	for i := range lookBurst {
		if err := f.admitLook(ana, noon); err != nil {
			t.Fatalf("preview %d is refused: %v", i+1, err)
		}
	}
	refusal, ok := f.admitLook(ana, noon).(*Error)
	if !ok || refusal.Kind != TooMany || refusal.RetryAfter <= 0 {
		t.Fatalf("a preview too many ends in %v", refusal)
	}
	if err := f.admitLook(ana, noon.Add(refusal.RetryAfter)); err != nil {
		t.Errorf("refused after the time that was asked for: %v", err)
	}
	if err := f.admit(ana, noon); err != nil {
		t.Errorf("previews cost words: %v", err)
	}
	if err := f.admitLook(guest(2, "192.0.2.1"), noon); err != nil {
		t.Errorf("another pays for them: %v", err)
	}
	if err := (*flood)(nil).admitLook(ana, noon); err != nil {
		t.Errorf("without limits a preview is refused: %v", err)
	}
}
