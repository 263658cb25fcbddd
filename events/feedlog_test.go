package events

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"parlour"
)

func TestLogTellsAllAfterACursorOrNothing(t *testing.T) {
	l := newFeedLog(Feed{}, 10, 1<<10)
	l.appendChange(11, 0, "", []byte("eleven "))
	l.append([]byte("signal "))
	l.appendChange(12, 0, "", []byte("twelve "))
	l.appendChange(15, 0, "", []byte("to fifteen ")) // 13 to 15 in one step
	l.appendChange(16, 0, "", []byte("sixteen "))
	for _, c := range []struct {
		cursor parlour.Seq
		want   string
		ok     bool
	}{
		{9, "", false}, // before the log
		{10, "eleven twelve to fifteen sixteen ", true},
		{11, "twelve to fifteen sixteen ", true},
		{12, "to fifteen sixteen ", true},
		{13, "", false}, // within a step
		{14, "", false},
		{15, "sixteen ", true},
		{16, "", true},
		{17, "", false}, // ahead of the log
	} {
		got, _, ok := l.since(c.cursor, 0)
		if string(got) != c.want || ok != c.ok {
			t.Errorf("since %d: %q, %t; want %q, %t", c.cursor, got, ok, c.want, c.ok)
		}
	}
	place := l.end()
	l.restart(20)
	for cursor, want := range map[parlour.Seq]bool{16: false, 19: false, 20: true, 21: false} {
		if _, _, ok := l.since(cursor, 0); ok != want {
			t.Errorf("since %d of a log that begins anew at 20: %t", cursor, ok)
		}
	}
	l.appendChange(21, 0, "", []byte("twenty-one"))
	if _, err := l.view().from(place-1, 0); !errors.Is(err, errFellOut) {
		t.Errorf("a place before the restart: %v", err)
	}
}

// endless is a log that forgets nothing, by which feedLog is judged.
type endless struct {
	bytes   []byte
	changes []span
}

func TestLogAgreesWithOneThatForgetsNothing(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			compareWithEndless(t, rand.New(rand.NewPCG(seed, 2)))
		})
	}
}

func compareWithEndless(t *testing.T, random *rand.Rand) {
	limit := 1 << (6 + random.IntN(10))
	first := parlour.Seq(random.IntN(5))
	l := newFeedLog(Feed{}, first, limit)
	whole := endless{}
	seq := first
	type kept struct {
		view view
		copy []byte
	}
	var views []kept
	for step := range 250 {
		b := bytes.Repeat([]byte{byte('a' + step%26)}, 1+random.IntN(limit/4))
		if random.IntN(50) == 0 { // longer than the whole log
			b = bytes.Repeat(b, 5)
		}
		start := int64(len(whole.bytes))
		whole.bytes = append(whole.bytes, b...)
		if random.IntN(4) == 0 {
			l.append(b)
		} else {
			seq += parlour.Seq(1 + random.IntN(2))
			l.appendChange(seq, 0, "", b)
			whole.changes = append(whole.changes, span{seq: seq, start: start, end: int64(len(whole.bytes))})
		}
		if len(l.buf) > max(limit, len(b)) {
			t.Fatalf("step %d: %d bytes in a log of %d after appending %d", step, len(l.buf), limit, len(b))
		}
		if kept := int64(len(whole.bytes)) - l.base; kept < int64(min(limit/4, len(whole.bytes))) {
			t.Fatalf("step %d: only %d bytes are left of a log of %d", step, kept, limit)
		}
		v := l.view()
		if random.IntN(20) == 0 {
			views = append(views, kept{v, bytes.Clone(v.bytes)})
		}
		for range 4 {
			checkPlace(t, v, whole, random.Int64N(v.end()+2))
		}
		for _, place := range []int64{v.base - 1, v.base, v.end(), v.end() + 1} {
			checkPlace(t, v, whole, place)
		}
		for cursor := max(0, seq-6); cursor <= seq+1; cursor++ {
			checkCursor(t, l, whole, first, cursor)
		}
		checkCursor(t, l, whole, first, parlour.Seq(random.IntN(int(seq)+1)))
	}
	for i, k := range views {
		if !bytes.Equal(k.view.bytes, k.copy) {
			t.Errorf("view %d changed after it was taken", i)
		}
	}
}

func checkPlace(t *testing.T, v view, whole endless, place int64) {
	t.Helper()
	got, err := v.from(place, 0)
	switch {
	case place < v.base:
		if !errors.Is(err, errFellOut) {
			t.Fatalf("place %d before %d: %v", place, v.base, err)
		}
	case place > v.end():
		if err != nil || len(got) > 0 {
			t.Fatalf("place %d after %d: %q, %v", place, v.end(), got, err)
		}
	case err != nil || !bytes.Equal(got, whole.bytes[place:]):
		t.Fatalf("from %d: %d bytes, %v; want the last %d", place, len(got), err, int64(len(whole.bytes))-place)
	}
}

func checkCursor(t *testing.T, l *feedLog, whole endless, first, cursor parlour.Seq) {
	t.Helper()
	got, _, ok := l.since(cursor, 0)
	isBoundary, isThere := cursor == first, true
	var want []byte
	for _, c := range whole.changes {
		isBoundary = isBoundary || c.seq == cursor
		if c.seq > cursor {
			want = append(want, whole.bytes[c.start:c.end]...)
			isThere = isThere && c.start >= l.base
		}
	}
	if ok != (isBoundary && isThere) || ok && !bytes.Equal(got, want) {
		t.Fatalf("since %d: %d bytes, %t; want %d, boundary %t, all in the log %t", cursor, len(got), ok, len(want), isBoundary, isThere)
	}
}

// TestWhoIsUpToDateStaysInTheLog: a pump appends no more than a quarter of the
// log between two walks, however that is cut, and what is longer on its own.
func TestWhoIsUpToDateStaysInTheLog(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	const limit = 1 << 12
	l := newFeedLog(Feed{}, 0, limit)
	for walk := range 2000 {
		place := l.end()
		for left := limit / 4; left > 0; {
			b := make([]byte, 1+random.IntN(left))
			if random.IntN(200) == 0 && left == limit/4 {
				b = make([]byte, 3*limit)
			}
			l.append(b)
			left -= len(b)
		}
		if _, err := l.view().from(place, 0); err != nil {
			t.Fatalf("walk %d: %v", walk, err)
		}
	}
}
