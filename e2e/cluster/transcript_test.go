package cluster

import (
	"context"
	"fmt"
	"slices"

	"parlour"
	"parlour/db"
)

// cameAgain waits until readers have opened so many streams anew: else nothing was
// broken for them.
func (h *house) cameAgain(streams int) {
	h.t.Helper()
	until(h.t, fmt.Sprintf("%d streams are opened again", streams), func() bool {
		opened := 0
		for _, r := range h.readers {
			r.mu.Lock()
			opened += r.streams
			r.mu.Unlock()
		}
		return opened >= len(h.readers)+streams
	})
}

// settles has the talkers end, and holds what every reader has against what is
// stored and what was acknowledged.
func (h *house) settles() {
	h.t.Helper()
	h.allWell()
	h.hush()
	transcripts := h.transcripts()
	for _, talker := range h.talkers {
		h.holds(talker, transcripts[talker.room])
	}
	resets, streams := 0, 0
	for _, r := range h.readers {
		want := transcripts[r.room]
		if len(want) == 0 {
			h.t.Fatalf("nothing is stored of %s", r.room)
		}
		if !isSoon(func() bool { return r.last() >= want[len(want)-1].seq }) {
			h.t.Errorf("%s has read as far as %d of %d", r.name, r.last(), want[len(want)-1].seq)
		}
		r.mu.Lock()
		for _, fault := range r.faults {
			h.t.Errorf("%s: %s", r.name, fault)
		}
		if !slices.Equal(r.lines, want) {
			h.t.Errorf("%s has other lines than the store: %s", r.name, difference(r.lines, want))
		}
		resets, streams = resets+r.resets, streams+r.streams
		r.mu.Unlock()
	}
	h.t.Logf("%d messages acknowledged, %d streams opened, %d resets", h.said.Load(), streams, resets)
}

// holds checks that all that was acknowledged is stored once and in order, and
// nothing twice.
func (h *house) holds(t *talker, transcript []line) {
	h.t.Helper()
	for _, strange := range t.strange {
		h.t.Errorf("%s: %s", t.name, strange)
	}
	stored := make(map[string]int)
	var order []string
	for _, l := range transcript {
		if stored[l.text]++; slices.Contains(t.tried, l.text) {
			order = append(order, l.text)
		}
	}
	var want []string
	for _, text := range t.tried {
		switch n := stored[text]; {
		case n > 1 || t.acked[text] && n != 1:
			h.t.Errorf("%q (acknowledged: %v) is stored %d times", text, t.acked[text], n)
		case n == 1:
			want = append(want, text)
		}
	}
	if !slices.Equal(order, want) {
		h.t.Errorf("%s said %q and %q is stored", t.name, want, order)
	}
}

// transcripts are what talkers said in each room, by the store.
func (h *house) transcripts() map[string][]line {
	h.t.Helper()
	all := make(map[string][]line)
	h.inStore(func(ctx context.Context, store *db.Store) error {
		for _, slug := range h.rooms {
			room, err := store.Room(ctx, slug)
			if err != nil {
				return err
			}
			for before, more := parlour.Seq(0), true; more; {
				page, err := store.Page(ctx, room.ID, before, 500)
				if err != nil {
					return err
				}
				var lines []line
				for _, m := range page.Messages {
					if m.Kind == parlour.KindMessage && textOf.MatchString(m.Body) {
						lines = append(lines, line{int64(m.Seq), m.Body})
					}
				}
				all["/rooms/"+slug] = append(lines, all["/rooms/"+slug]...)
				if more = page.More; more {
					before = page.Messages[0].Seq
				}
			}
		}
		return nil
	})
	return all
}

// difference tells the first line in which two transcripts differ.
func difference(got, want []line) string {
	n := min(len(got), len(want))
	for i := range n {
		if got[i] != want[i] {
			return fmt.Sprintf("%v in place of %v", got[i], want[i])
		}
	}
	return fmt.Sprintf("%v more, %v less", got[n:], want[n:])
}
