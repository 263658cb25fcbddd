package crowd

import (
	"math/rand/v2"
	"testing"
)

func TestSeenTellsNewFromKnown(t *testing.T) {
	var s seen
	known := map[uint32]bool{}
	high := uint32(0)
	for range 100_000 {
		n := max(1, high+uint32(rand.IntN(40))-min(high, 30))
		if rand.IntN(500) == 0 {
			n = high + uint32(rand.IntN(1000))
		}
		want := !known[n]
		if n+window <= high {
			want = false
		}
		if got := s.first(n); n > 0 && got != want {
			t.Fatalf("first(%d) = %v with %d as the highest", n, got, high)
		}
		known[n] = true
		high = max(high, n)
	}
}
