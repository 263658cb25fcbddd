package crowd

// seen remembers which of the latest posts of a room a reader has got. Posts
// are numbered from 1 in each room.
type seen struct {
	high uint32
	bits [window / 64]uint64
}

// window is how far behind the highest number others are still told apart. It
// bounds how many posts may be under way in a room.
const window = 256

// first notes a number and tells whether it is new. A number that is further
// behind than the window counts as known.
func (s *seen) first(n uint32) bool {
	if n+window <= s.high {
		return false
	}
	if n > s.high {
		for i := max(s.high+1, n-min(n, window-1)); i <= n; i++ {
			s.bits[i%window/64] &^= 1 << (i % 64)
		}
		s.high = n
	}
	word, bit := &s.bits[n%window/64], uint64(1)<<(n%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
