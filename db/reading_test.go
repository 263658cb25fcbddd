package db

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"parlour"
)

func testPages(t *testing.T, h *house) {
	room := h.room(t, "garden")
	next := h.room(t, "next") // its messages lie right after
	for i := range 10 {
		h.say(t, room, "Ana", strconv.Itoa(i+1))
		h.say(t, next, "Ana", "elsewhere")
	}
	for _, seq := range []parlour.Seq{4, 9} {
		_, err := h.Delete(t.Context(), room, seq, parlour.NoStub, noon)
		must(t, err)
	}
	for _, c := range []struct {
		before parlour.Seq
		limit  int
		want   string
		more   bool
	}{
		{0, 3, "7 8 10", true},
		{7, 3, "3 5 6", true},
		{3, 3, "1 2", false},
		{0, 8, "1 2 3 5 6 7 8 10", false},
		{0, 7, "2 3 5 6 7 8 10", true},
		{1, 3, "", false},
		{1000, 2, "8 10", true},
		{1<<63 - 1, 2, "8 10", true},
		{-5, 2, "8 10", true},
		{0, 0, "", true},
	} {
		page := h.page(t, room, c.before, c.limit)
		if bodies(page.Messages) != c.want || page.More != c.more || page.Head != 12 {
			t.Errorf("%d before %d: %q, more %v, head %d; want %q, %v, 12",
				c.limit, c.before, bodies(page.Messages), page.More, page.Head, c.want, c.more)
		}
	}
	if page := h.page(t, h.room(t, "empty"), 0, 3); len(page.Messages) != 0 || page.More || page.Head != 0 {
		t.Errorf("an empty room has %+v", page)
	}
}

// gist tells of each message its number, what happened to it and under which
// number.
func gist(ms []parlour.Message) (s string) {
	for i, m := range ms {
		if i > 0 {
			s += " "
		}
		s += fmt.Sprintf("%c%d@%d", "PER"[m.Change().Op()], m.Seq, m.Changed)
	}
	return s
}

func testSince(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	next := h.room(t, "next")
	for i := range 5 { // 1 to 5
		h.say(t, room, "Ana", strconv.Itoa(i+1))
		h.say(t, next, "Ana", "elsewhere")
	}
	edit := func(seq parlour.Seq) {
		t.Helper()
		_, err := h.Edit(ctx, parlour.Revision{Room: room, Seq: seq, Kind: parlour.KindMessage, Body: "edited", At: noon}, parlour.LogEntry{})
		must(t, err)
	}
	remove := func(seq parlour.Seq) {
		t.Helper()
		_, err := h.Delete(ctx, room, seq, parlour.NoStub, noon)
		must(t, err)
	}
	edit(4)   // 6
	remove(2) // 7
	h.say(t, room, "Ana", "8")
	h.say(t, room, "Ana", "9")
	edit(1)   // 10
	edit(9)   // 11
	remove(8) // 12
	edit(4)   // 13

	for _, c := range []struct {
		after parlour.Seq
		want  string
	}{
		{0, "E1@10 P3@3 E4@13 P5@5 E9@11"},
		{3, "R2@7 E1@10 E4@13 P5@5 E9@11"},
		{5, "R2@7 E1@10 E4@13 E9@11"},
		{7, "E1@10 E4@13 E9@11"},
		{8, "E1@10 R8@12 E4@13 E9@11"},
		{10, "E9@11 R8@12 E4@13"},
		{12, "E4@13"},
		{13, ""},
	} {
		lacks, err := h.Since(ctx, room, c.after, 10)
		must(t, err)
		if gist(lacks.Messages) != c.want || lacks.Head != 13 || lacks.TooFar {
			t.Errorf("since %d: %s, head %d, too far %v; want %s", c.after, gist(lacks.Messages), lacks.Head, lacks.TooFar, c.want)
		}
	}
}

func testTooFar(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	for i := range 6 { // 1 to 6
		h.say(t, room, "Ana", strconv.Itoa(i+1))
	}
	for i := range 6 { // 7 to 12
		_, err := h.Edit(ctx, parlour.Revision{Room: room, Seq: parlour.Seq(i + 1), Kind: parlour.KindMessage, Body: "edited", At: noon}, parlour.LogEntry{})
		must(t, err)
	}
	for _, c := range []struct {
		after  parlour.Seq
		limit  int
		tooFar bool
		want   string
	}{
		{0, 6, false, "E1@7 E2@8 E3@9 E4@10 E5@11 E6@12"},
		{0, 5, true, ""},
		{6, 6, false, "E1@7 E2@8 E3@9 E4@10 E5@11 E6@12"},
		{6, 5, true, ""},
		{4, 6, false, "E1@7 E2@8 E3@9 E4@10 E5@11 E6@12"},
		{4, 5, true, ""},
		{8, 4, false, "E3@9 E4@10 E5@11 E6@12"},
		{8, 3, true, ""},
		{12, 0, false, ""},
		{11, 0, true, ""},
		{13, 100, true, ""},
		{1<<63 - 1, 100, true, ""},
		{-3, 6, false, "E1@7 E2@8 E3@9 E4@10 E5@11 E6@12"},
	} {
		lacks, err := h.Since(ctx, room, c.after, c.limit)
		must(t, err)
		if lacks.TooFar != c.tooFar || gist(lacks.Messages) != c.want || lacks.Head != 12 {
			t.Errorf("since %d, at most %d: %s, head %d, too far %v; want %s, %v",
				c.after, c.limit, gist(lacks.Messages), lacks.Head, lacks.TooFar, c.want, c.tooFar)
		}
	}
}

// A reader that stopped anywhere and applies what Since tells ends with the
// same list as one who opens the room now, and so does one who applied every
// change as it was told.
func testCatchupLeadsToNow(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	random := rand.New(rand.NewPCG(1, 2))
	lists := [][]parlour.Message{nil} // what is on the screen at each number
	var list []parlour.Message
	for len(lists) < 150 {
		var err error
		switch n := random.IntN(10); {
		case n < 5 || len(list) == 0:
			h.say(t, room, "Ana", strconv.Itoa(len(lists)))
		case n < 8:
			_, err = h.Edit(ctx, parlour.Revision{Room: room, Seq: list[random.IntN(len(list))].Seq, Kind: parlour.KindMessage, Body: "edited " + strconv.Itoa(len(lists)), At: noon}, parlour.LogEntry{})
		default:
			_, err = h.Delete(ctx, room, list[random.IntN(len(list))].Seq, parlour.NoStub, noon)
		}
		must(t, err)
		heard := h.heard(room)
		list = apply(list, heard[len(heard)-1].Message)
		lists = append(lists, list)
	}
	now := h.page(t, room, 0, 1000).Messages
	for after, list := range lists {
		lacks, err := h.Since(ctx, room, parlour.Seq(after), 1000)
		must(t, err)
		for _, m := range lacks.Messages {
			list = apply(list, m)
		}
		if !reflect.DeepEqual(list, now) {
			t.Fatalf("since %d leads to\n%s\nnot to\n%s", after, gist(list), gist(now))
		}
	}
}

// apply is what a page does with a change: what is new goes to the end.
func apply(list []parlour.Message, m parlour.Message) []parlour.Message {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, func(old parlour.Message) bool { return old.Seq == m.Seq })
	switch {
	case i < 0 && m.Deleted.IsZero():
		return append(list, m)
	case i < 0:
		return list
	case m.Deleted.IsZero():
		list[i] = m
		return list
	default:
		return slices.Delete(list, i, i+1)
	}
}
