package db

import (
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"parlour"
)

func testNumbers(t *testing.T, h *house) {
	const posters, rooms, each = 32, 6, 40
	ids := make([]int64, rooms)
	for i := range ids {
		ids[i] = h.room(t, "room"+strconv.Itoa(i))
	}
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				room := ids[(p+i)%rooms]
				m := h.say(t, room, "Ana", strconv.Itoa(p)+"-"+strconv.Itoa(i))
				heard := h.heard(room)
				if len(heard) < int(m.Seq) || heard[m.Seq-1].Message.Body != m.Body {
					t.Errorf("message %d was acknowledged before it was told", m.Seq)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, room := range ids {
		heard := h.heard(room)
		page := h.page(t, room, 0, posters*each)
		if len(page.Messages) != len(heard) || int(page.Head) != len(heard) {
			t.Fatalf("room %d: %d messages, %d told, head %d", room, len(page.Messages), len(heard), page.Head)
		}
		for i, m := range page.Messages {
			if m.Seq != parlour.Seq(i+1) || m.Changed != m.Seq || !reflect.DeepEqual(m, heard[i].Message) || heard[i].Seq != m.Seq {
				t.Fatalf("room %d, place %d: stored %+v, told %+v", room, i, m, heard[i])
			}
		}
		total += len(heard)
	}
	if total != posters*each {
		t.Errorf("%d messages, want %d", total, posters*each)
	}
}

func testOnce(t *testing.T, h *house) {
	ctx, room, other := t.Context(), h.room(t, "garden"), h.room(t, "other")
	post := parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "hello", Key: "k1", At: noon,
	}
	first, fresh, err := h.Post(ctx, post)
	must(t, err)
	if !fresh || first.Seq != 1 {
		t.Fatalf("first post: fresh %v, %+v", fresh, first)
	}
	again := post
	again.At = noon.Add(time.Minute)
	again.Author.Name = "Anna" // renamed meanwhile: still the same person
	same := func(want parlour.Message) {
		t.Helper()
		m, fresh, err := h.Post(ctx, again)
		must(t, err)
		if fresh || !reflect.DeepEqual(m, want) {
			t.Errorf("sent again: fresh %v, %+v; want %+v", fresh, m, want)
		}
	}
	same(first)

	for name, differ := range map[string]func(*parlour.NewMessage){
		"body":                func(p *parlour.NewMessage) { p.Body = "hello!" },
		"author":              func(p *parlour.NewMessage) { p.Author = author("Bea") },
		"key":                 func(p *parlour.NewMessage) { p.Key = "k2" },
		"room":                func(p *parlour.NewMessage) { p.Room = other },
		"key and body parted": func(p *parlour.NewMessage) { p.Key, p.Body = "k1h", "ello" },
		"no key":              func(p *parlour.NewMessage) { p.Key = "" },
		"no key again":        func(p *parlour.NewMessage) { p.Key = "" },
	} {
		p := post
		differ(&p)
		if _, fresh, err := h.Post(ctx, p); err != nil || !fresh {
			t.Errorf("another %s: fresh %v, %v", name, fresh, err)
		}
	}
	edited, err := h.Edit(ctx, parlour.Revision{Room: room, Seq: first.Seq, Kind: parlour.KindMessage, Body: "good morning", At: noon}, parlour.LogEntry{})
	must(t, err)
	same(edited)
	deleted, err := h.Delete(ctx, room, first.Seq, parlour.NoStub, noon)
	must(t, err)
	same(deleted)
	if heard := h.heard(room); len(heard) != 1+6+2 {
		t.Errorf("%d changes were told, want 9", len(heard))
	}
}

func testOnceAtOnce(t *testing.T, h *house) {
	room := h.room(t, "garden")
	const copies, keys = 16, 20
	seqs := make([][copies]parlour.Seq, keys)
	freshes := make([][copies]bool, keys)
	var wg sync.WaitGroup
	for k := range keys {
		for c := range copies {
			wg.Go(func() {
				m, fresh, err := h.Post(t.Context(), parlour.NewMessage{
					Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "hello", Key: strconv.Itoa(k), At: noon,
				})
				if err != nil {
					t.Error(err)
				}
				seqs[k][c], freshes[k][c] = m.Seq, fresh
			})
		}
	}
	wg.Wait()
	for k := range keys {
		fresh := 0
		for c := range copies {
			if freshes[k][c] {
				fresh++
			}
			if seqs[k][c] != seqs[k][0] {
				t.Errorf("key %d has the numbers %d and %d", k, seqs[k][0], seqs[k][c])
			}
		}
		if fresh != 1 {
			t.Errorf("key %d was fresh %d times", k, fresh)
		}
	}
	if page := h.page(t, room, 0, copies*keys); len(page.Messages) != keys || page.Head != keys {
		t.Errorf("%d messages up to %d, want %d", len(page.Messages), page.Head, keys)
	}
}

func testEditAndDelete(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	one := h.say(t, room, "Ana", "one")
	two := h.say(t, room, "Bea", "two")
	later := noon.Add(1500 * time.Microsecond).In(time.FixedZone("", 7200))

	edited, err := h.Edit(ctx, parlour.Revision{Room: room, Seq: one.Seq, Kind: parlour.KindMessage, Body: "uno", At: later}, parlour.LogEntry{})
	must(t, err)
	want := one
	want.Body, want.Changed, want.Edited = "uno", 3, noon.Add(time.Millisecond)
	if !reflect.DeepEqual(edited, want) {
		t.Errorf("edited %+v, want %+v", edited, want)
	}
	deleted, err := h.Delete(ctx, room, one.Seq, parlour.NoStub, later)
	must(t, err)
	want.Body, want.Changed, want.Deleted = "", 4, noon.Add(time.Millisecond)
	if !reflect.DeepEqual(deleted, want) {
		t.Errorf("deleted %+v, want %+v", deleted, want)
	}
	_, err = h.Edit(ctx, parlour.Revision{Room: room, Seq: one.Seq, Kind: parlour.KindMessage, Body: "eins", At: later}, parlour.LogEntry{})
	wantKind(t, err, parlour.NotFound)
	_, err = h.Delete(ctx, room, one.Seq, parlour.NoStub, later)
	wantKind(t, err, parlour.NotFound)

	heard := h.heard(room)
	wantOps := []parlour.Op{parlour.Posted, parlour.Posted, parlour.Edited, parlour.Removed}
	for i, op := range wantOps {
		if i >= len(heard) || heard[i].Op() != op || heard[i].Seq != parlour.Seq(i+1) {
			t.Fatalf("told %+v", heard)
		}
	}
	if page := h.page(t, room, 0, 10); page.Head != 4 || !reflect.DeepEqual(page.Messages, []parlour.Message{two}) {
		t.Errorf("page is %+v", page)
	}
}

func testReadAsTold(t *testing.T, h *house) {
	room := h.room(t, "garden")
	for _, post := range []parlour.NewMessage{
		{Kind: parlour.KindMessage, Author: author("Ana"), Body: "line\nline \"two\" 🌹 \u202e", Key: "k", At: noon},
		{Kind: parlour.KindAction, Author: author("Ana"), Body: "waves", At: noon.Add(123456789)},
		{Kind: parlour.KindNotice, Body: "closing soon", At: noon.In(time.FixedZone("", -3600))},
		{Kind: parlour.KindJoin, Event: &parlour.Event{Joined: []string{"Ana", "Bea"}, MoreJoined: 3, Left: []string{"Cem"}, MoreLeft: 1}, At: noon},
		{Kind: parlour.KindSystem, Event: &parlour.Event{Renamed: &parlour.Renaming{From: "Ana", To: "<b>"}}, At: noon},
	} {
		post.Room = room
		posted, _, err := h.Post(t.Context(), post)
		must(t, err)
		page := h.page(t, room, 0, 1)
		heard := h.heard(room)
		if !reflect.DeepEqual(page.Messages[0], posted) || !reflect.DeepEqual(heard[len(heard)-1].Message, posted) {
			t.Errorf("posted %+v, told %+v, read %+v", posted, heard[len(heard)-1].Message, page.Messages[0])
		}
		if want := post.At.Truncate(time.Millisecond).UTC(); posted.At != want || posted.Body != post.Body ||
			posted.Kind != post.Kind || posted.Author != post.Author || !reflect.DeepEqual(posted.Event, post.Event) {
			t.Errorf("posted %+v as %+v", post, posted)
		}
	}
}
