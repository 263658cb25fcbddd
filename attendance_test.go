package parlour

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAttendanceIsOneLine(t *testing.T) {
	for _, c := range []struct {
		name         string
		told         *Event
		joined, left []string
		kind         MessageKind
		want         *Event
	}{
		{"somebody comes", nil, []string{"ana"}, nil, KindJoin, &Event{Joined: []string{"ana"}}},
		{"somebody goes", nil, nil, []string{"ana"}, KindLeave, &Event{Left: []string{"ana"}}},
		{"one comes, one goes", nil, []string{"ana"}, []string{"bob"}, KindJoin,
			&Event{Joined: []string{"ana"}, Left: []string{"bob"}}},
		{"another comes", &Event{Joined: []string{"ana"}}, []string{"bob"}, nil, KindJoin,
			&Event{Joined: []string{"ana", "bob"}}},
		{"who came goes", &Event{Joined: []string{"ana", "bob"}}, nil, []string{"ana"}, KindJoin,
			&Event{Joined: []string{"bob"}}},
		{"who went comes back", &Event{Left: []string{"ana", "bob"}}, []string{"bob"}, nil, KindLeave,
			&Event{Left: []string{"ana"}}},
		{"nothing is left to tell", &Event{Joined: []string{"ana"}}, nil, []string{"ana"}, "", nil},
		{"within one call", nil, []string{"ana"}, []string{"ana"}, "", nil},
		{"nothing happens", nil, nil, nil, "", nil},
		{"an empty line", &Event{}, nil, nil, "", nil},
		{"only uncounted are left", &Event{Joined: []string{"ana"}, MoreJoined: 3}, nil, []string{"ana"}, KindJoin,
			&Event{MoreJoined: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind, e := Attendance(c.told, c.joined, c.left)
			if kind != c.kind || !sameLine(e, c.want) {
				t.Errorf("told as %q %+v, want %q %+v", kind, e, c.kind, c.want)
			}
		})
	}
}

func TestAttendanceNamesSomeAndCountsTheRest(t *testing.T) {
	crowd := people(EventNames + 5)
	kind, e := Attendance(nil, crowd, nil)
	if kind != KindJoin || !slices.Equal(e.Joined, crowd[:EventNames]) || e.MoreJoined != 5 {
		t.Errorf("told as %q %+v", kind, e)
	}
	kind, e = Attendance(nil, nil, crowd)
	if kind != KindLeave || !slices.Equal(e.Left, crowd[:EventNames]) || e.MoreLeft != 5 {
		t.Errorf("told as %q %+v", kind, e)
	}
}

func TestAttendanceLeavesWhatWasToldAsItIs(t *testing.T) {
	told := &Event{Joined: []string{"ana", "bob", "cleo"}, Left: []string{"dora"}}
	Attendance(told, []string{"dora", "emil"}, []string{"ana"})
	if !slices.Equal(told.Joined, []string{"ana", "bob", "cleo"}) || !slices.Equal(told.Left, []string{"dora"}) {
		t.Errorf("the event it was given became %+v", told)
	}
}

// TestAttendanceIsToldAlikeHoweverItIsSplit lets people come and go at random
// and tells it in portions of every size: the line at the end is the same.
func TestAttendanceIsToldAlikeHoweverItIsSplit(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 0))
		here := make(map[string]bool) // and the others are not, each at a time
		crowd := people(1 + rng.IntN(EventNames))
		for _, name := range crowd {
			here[name] = rng.IntN(2) == 0
		}
		before := fmt.Sprint(here)
		var moves []string
		for range rng.IntN(60) {
			moves = append(moves, crowd[rng.IntN(len(crowd))])
		}
		oneByOne := tell(here, moves, func() int { return 1 })
		portions := tell(here, moves, func() int { return 1 + rng.IntN(8) })
		atOnce := tell(here, moves, func() int { return len(moves) })
		if fmt.Sprint(here) != before {
			t.Fatal("the test spoils its own beginning")
		}
		if !sameLine(oneByOne, portions) || !sameLine(oneByOne, atOnce) {
			t.Fatalf("seed %d: one by one %+v, in portions %+v, at once %+v", seed, oneByOne, portions, atOnce)
		}
	}
}

// TestAttendanceOfACrowdAddsUp holds for crowds of which not all are named: how
// many more are here than before is told alike however it is split.
func TestAttendanceOfACrowdAddsUp(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		crowd := people(3 * EventNames)
		here := make(map[string]bool)
		var moves []string
		for range rng.IntN(300) {
			moves = append(moves, crowd[rng.IntN(len(crowd))])
		}
		a := growth(tell(here, moves, func() int { return 1 }))
		b := growth(tell(here, moves, func() int { return 1 + rng.IntN(40) }))
		if a != b {
			t.Fatalf("seed %d: %d more one by one, %d more in portions", seed, a, b)
		}
	}
}

// tell lets each who moves come or go, and tells it in portions.
func tell(before map[string]bool, moves []string, portion func() int) *Event {
	here := make(map[string]bool)
	for name, is := range before {
		here[name] = is
	}
	var line *Event
	for len(moves) > 0 {
		var joined, left []string
		n := min(portion(), len(moves))
		for _, name := range moves[:n] {
			if here[name] = !here[name]; here[name] {
				joined = append(joined, name)
			} else {
				left = append(left, name)
			}
		}
		moves = moves[n:]
		_, line = Attendance(line, joined, left)
	}
	return line
}

func growth(e *Event) int {
	if e == nil {
		return 0
	}
	return len(e.Joined) + e.MoreJoined - len(e.Left) - e.MoreLeft
}

// sameLine tells whether two lines say the same, in whatever order.
func sameLine(a, b *Event) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(slices.Sorted(slices.Values(a.Joined)), slices.Sorted(slices.Values(b.Joined))) &&
		slices.Equal(slices.Sorted(slices.Values(a.Left)), slices.Sorted(slices.Values(b.Left))) &&
		a.MoreJoined == b.MoreJoined && a.MoreLeft == b.MoreLeft && a.Renamed == nil && b.Renamed == nil
}

func people(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("p%02d", i)
	}
	return names
}
