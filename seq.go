package parlour

import "strconv"

// Seq numbers the changes of one room: 1, 2, 3 … without gaps. Zero stands
// before the first change.
//
// The same number is a cursor: a reader at Seq n has seen every change up to
// and including n.
type Seq int64

func (s Seq) String() string { return strconv.FormatInt(int64(s), 10) }

// ParseSeq reads a cursor as people and browsers send it: decimal digits and
// nothing else, from 0 to 2^63-1. Anything else is Malformed.
func ParseSeq(s string) (Seq, error) {
	if s == "" || s[0] < '0' || s[0] > '9' { // ParseInt would take "+1" and "-1"
		return 0, Errorf(Malformed, "cursor.malformed", "cursor %.40q is not a number", s)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, Errorf(Malformed, "cursor.malformed", "cursor %.40q is not a number this room can reach", s)
	}
	return Seq(n), nil
}
