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

// settles waits until all nodes are well and agree on who is there. Then it has
// the talkers end, and holds what every reader has against what is stored and what
// was acknowledged. gone are the names of those who left.
func (h *house) settles(gone ...string) {
	h.t.Helper()
	h.allWell()
	h.agrees(gone...)
	h.hush()
	h.tellsRightly()
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
		return eachMessage(ctx, store, h.rooms, func(slug string, m parlour.Message) {
			if m.Kind == parlour.KindMessage && textOf.MatchString(m.Body) {
				all["/rooms/"+slug] = append(all["/rooms/"+slug], line{int64(m.Seq), m.Body})
			}
		})
	})
	return all
}

// eachMessage calls do with all messages of rooms, the oldest of a room first.
func eachMessage(ctx context.Context, store *db.Store, slugs []string, do func(slug string, m parlour.Message)) error {
	for _, slug := range slugs {
		room, err := store.Room(ctx, slug)
		if err != nil {
			return err
		}
		var all []parlour.Message
		for before, more := parlour.Seq(0), true; more; {
			page, err := store.Page(ctx, room.ID, before, 500)
			if err != nil {
				return err
			}
			all = append(slices.Clone(page.Messages), all...)
			if more = page.More; more {
				before = page.Messages[0].Seq
			}
		}
		for _, m := range all {
			do(slug, m)
		}
	}
	return nil
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
