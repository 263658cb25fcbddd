package db

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"parlour"
)

func people(names ...string) (people []parlour.Author) {
	for _, name := range names {
		people = append(people, author(name))
	}
	return people
}

// wantLast checks the room's newest message.
func (h *house) wantLast(t testing.TB, room int64, want parlour.Message) {
	t.Helper()
	page := h.page(t, room, 0, 1)
	want.Room = room
	if len(page.Messages) != 1 || !reflect.DeepEqual(page.Messages[0], want) {
		t.Errorf("newest is %+v, want %+v", page.Messages, want)
	}
	heard := h.heard(room)
	told, _ := json.Marshal(heard[len(heard)-1].Message) // in which no names and an empty list of names are the same
	wanted, _ := json.Marshal(want)
	if string(told) != string(wanted) {
		t.Errorf("told %s, want %s", told, wanted)
	}
}

func testAttend(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	later := noon.Add(time.Minute)
	must(t, h.Attend(ctx, room, people("Ana"), nil, noon))
	h.wantLast(t, room, parlour.Message{
		Seq: 1, Changed: 1, Kind: parlour.KindJoin, At: noon, Event: &parlour.Event{Joined: []string{"Ana"}},
	})
	must(t, h.Attend(ctx, room, people("Bea", "Cem"), people("Dora"), later))
	h.wantLast(t, room, parlour.Message{
		Seq: 1, Changed: 2, Kind: parlour.KindJoin, At: noon,
		Event: &parlour.Event{Joined: []string{"Ana", "Bea", "Cem"}, Left: []string{"Dora"}},
	})
	must(t, h.Attend(ctx, room, nil, people("Ana", "Bea", "Cem"), later))
	h.wantLast(t, room, parlour.Message{
		Seq: 1, Changed: 3, Kind: parlour.KindLeave, At: noon, Event: &parlour.Event{Left: []string{"Dora"}},
	})
	h.say(t, room, "Eva", "hello") // 4
	must(t, h.Attend(ctx, room, nil, people("Eva"), later))
	h.wantLast(t, room, parlour.Message{
		Seq: 5, Changed: 5, Kind: parlour.KindLeave, At: later, Event: &parlour.Event{Left: []string{"Eva"}},
	})
	must(t, h.Attend(ctx, room, nil, nil, later))
	if page := h.page(t, room, 0, 10); page.Head != 5 || len(page.Messages) != 3 {
		t.Errorf("after nobody came or went: %+v", page)
	}
}

func testAttendNothing(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	said := h.say(t, room, "Eva", "hello")
	must(t, h.Attend(ctx, room, people("Ana"), nil, noon))
	must(t, h.Attend(ctx, room, nil, people("Ana"), noon))
	page := h.page(t, room, 0, 10)
	if page.Head != 3 || !reflect.DeepEqual(page.Messages, []parlour.Message{said}) {
		t.Errorf("page is %+v", page)
	}
	if heard := h.heard(room); len(heard) != 3 || heard[2].Op() != parlour.Removed || heard[2].Message.Seq != 2 {
		t.Errorf("told %+v", heard)
	}
	must(t, h.Attend(ctx, room, people("Bea"), nil, noon)) // the line that went does not come back
	h.wantLast(t, room, parlour.Message{
		Seq: 4, Changed: 4, Kind: parlour.KindJoin, At: noon, Event: &parlour.Event{Joined: []string{"Bea"}},
	})
	h.say(t, room, "Eva", "hello again")
	must(t, h.Attend(ctx, room, people("Cem"), people("Cem"), noon))
	if page := h.page(t, room, 0, 10); page.Head != 5 {
		t.Errorf("came and went at once, and was told: %+v", page)
	}
}

func testAttendSeats(t *testing.T, h *house) {
	ctx, room, other := t.Context(), h.room(t, "garden"), h.room(t, "other")
	later := noon.Add(time.Minute)
	for _, name := range []string{"Ana", "Bea"} {
		h.sit(t, room, "g-"+name, name)
		h.sit(t, other, "g-"+name, name)
	}
	must(t, h.Attend(ctx, room, people("Ana", "Bea", "Without"), nil, noon))
	must(t, h.Attend(ctx, room, nil, people("Bea"), later))
	must(t, h.Attend(ctx, other, people("Bea"), nil, later))
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g-Ana", Name: "Ana", Announced: true, SeenAt: noon})
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g-Bea", Name: "Bea", SeenAt: later})
	seats, err := h.AnnouncedSeats(ctx)
	must(t, err)
	want := []parlour.Seat{
		{Room: room, Person: "g-Ana", Name: "Ana", Announced: true, SeenAt: noon},
		{Room: other, Person: "g-Bea", Name: "Bea", Announced: true, SeenAt: later},
	}
	if !reflect.DeepEqual(seats, want) {
		t.Errorf("announced are %+v, want %+v", seats, want)
	}
	h.wantLast(t, room, parlour.Message{
		Seq: 1, Changed: 2, Kind: parlour.KindJoin, At: noon, Event: &parlour.Event{Joined: []string{"Ana", "Without"}},
	})
}

// Several nodes may notice that the same person has come, or gone.
func testAttendOnce(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	h.sit(t, room, "g-Ana", "Ana")
	twice := func(joined, left []parlour.Author, head parlour.Seq) {
		t.Helper()
		for range 2 {
			must(t, h.Attend(ctx, room, joined, left, noon))
		}
		if page := h.page(t, room, 0, 1); page.Head != head {
			t.Errorf("the room is at number %d, want %d", page.Head, head)
		}
	}
	twice(people("Ana"), nil, 1)
	h.say(t, room, "Bea", "hello") // 2
	twice(nil, people("Ana"), 3)
	twice(people("Ana"), nil, 4)
	h.say(t, room, "Bea", "hello again") // 5
	must(t, h.GiveUpSeat(ctx, room, "g-Ana"))
	twice(nil, people("Ana"), 6)
	h.say(t, room, "Bea", "and once more") // 7
	h.sit(t, room, "g-Ana", "Ana")
	twice(people("Ana"), nil, 8)
}

func testAttendDiscreetly(t *testing.T, h *house) {
	ctx := t.Context()
	room, err := h.CreateRoom(ctx, parlour.Room{Slug: "garden", Name: "Garden", Discreet: true})
	must(t, err)
	h.sit(t, room.ID, "g-Ana", "Ana")
	h.sit(t, room.ID, "g-Bea", "Bea")
	must(t, h.Attend(ctx, room.ID, people("Ana", "Bea"), nil, noon))
	must(t, h.Attend(ctx, room.ID, nil, people("Bea"), noon))
	if page := h.page(t, room.ID, 0, 10); page.Head != 0 {
		t.Errorf("the room was told %+v", page.Messages)
	}
	// Their seats are marked, or each start of the server would take them for new.
	h.wantSeat(t, parlour.Seat{Room: room.ID, Person: "g-Ana", Name: "Ana", Announced: true, SeenAt: noon})
	h.wantSeat(t, parlour.Seat{Room: room.ID, Person: "g-Bea", Name: "Bea", SeenAt: noon})

	room.Discreet = false
	_, err = h.ChangeRoom(ctx, room, nil, parlour.LogEntry{Room: room.ID, Act: parlour.ActChangeRoom, At: noon})
	must(t, err)
	must(t, h.Attend(ctx, room.ID, people("Bea"), nil, noon))
	h.wantLast(t, room.ID, parlour.Message{
		Seq: 1, Changed: 1, Kind: parlour.KindJoin, At: noon, Event: &parlour.Event{Joined: []string{"Bea"}},
	})
}
