package db

import (
	"reflect"
	"testing"
	"time"

	"parlour"
)

func (h *house) sit(t testing.TB, room int64, person, name string) {
	t.Helper()
	_, err := h.TakeSeat(t.Context(), parlour.Seat{Room: room, Person: person, Name: name, SeenAt: noon}, noon.Add(-time.Hour))
	must(t, err)
}

func (h *house) wantSeat(t testing.TB, want parlour.Seat) {
	t.Helper()
	if got, err := h.Seat(t.Context(), want.Room, want.Person); err != nil || got != want {
		t.Errorf("seat is %+v, %v; want %+v", got, err, want)
	}
}

func testSeats(t *testing.T, h *house) {
	ctx, room, other := t.Context(), h.room(t, "garden"), h.room(t, "other")
	long := noon.Add(-time.Hour)
	h.sit(t, room, "g1", "Ana")
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g1", Name: "Ana", SeenAt: noon})
	for _, name := range []string{"Ana", "ana", "ＡＮＡ"} {
		_, err := h.TakeSeat(ctx, parlour.Seat{Room: room, Person: "g2", Name: name, SeenAt: noon}, long)
		wantErr(t, err, parlour.ErrNameTaken)
	}
	h.sit(t, other, "g2", "Ana") // another room, another Ana
	h.sit(t, room, "g2", "Bea")
	h.sit(t, room, "g1", "ANA") // one's own name, written otherwise
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g1", Name: "ANA", SeenAt: noon})
	_, err := h.TakeSeat(ctx, parlour.Seat{Room: room, Person: "g1", Name: "bea", SeenAt: noon}, long)
	wantErr(t, err, parlour.ErrNameTaken)
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g1", Name: "ANA", SeenAt: noon})

	must(t, h.Attend(ctx, room, []parlour.Author{{ID: "g1", Name: "ANA"}}, nil, noon))
	h.sit(t, room, "g1", "Cem") // the room was told of the arrival, and still is to be told of the departure
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g1", Name: "Cem", Announced: true, SeenAt: noon})
	h.sit(t, room, "g3", "Ana")

	must(t, h.GiveUpSeat(ctx, room, "g3"))
	must(t, h.GiveUpSeat(ctx, room, "g3"))
	_, err = h.Seat(ctx, room, "g3")
	wantErr(t, err, parlour.ErrNoSeat)
	h.sit(t, room, "g2", "Ana")
	if heard := h.heard(room); len(heard) != 1 {
		t.Errorf("taking seats was told: %+v", heard)
	}
}

func testStaleSeats(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	take := func(person string, staleBefore time.Time) error {
		_, err := h.TakeSeat(ctx, parlour.Seat{Room: room, Person: person, Name: "Ana", SeenAt: noon.Add(time.Hour)}, staleBefore)
		return err
	}
	h.sit(t, room, "g1", "Ana")
	wantErr(t, take("g2", noon), parlour.ErrNameTaken) // seen at that very moment
	must(t, h.Attend(ctx, room, []parlour.Author{{ID: "g1", Name: "Ana"}}, nil, noon))
	wantErr(t, take("g2", noon.Add(time.Hour)), parlour.ErrNameTaken) // the room thinks they are here
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g1", Name: "Ana", Announced: true, SeenAt: noon})

	must(t, h.Attend(ctx, room, nil, []parlour.Author{{ID: "g1", Name: "Ana"}}, noon))
	must(t, take("g2", noon.Add(time.Millisecond)))
	h.wantSeat(t, parlour.Seat{Room: room, Person: "g2", Name: "Ana", After: 2, SeenAt: noon.Add(time.Hour)})
	_, err := h.Seat(ctx, room, "g1")
	wantErr(t, err, parlour.ErrNoSeat)
}

func testRename(t *testing.T, h *house) {
	ctx := t.Context()
	one, two, three := h.room(t, "one"), h.room(t, "two"), h.room(t, "three")
	long, later := noon.Add(-time.Hour), noon.Add(time.Minute)
	h.sit(t, one, "g1", "Ana")
	h.sit(t, two, "g1", "Ana")
	h.sit(t, three, "g2", "Bea")
	h.sit(t, two, "g2", "Bea")

	wantErr(t, h.Rename(ctx, "g1", "bea", later, long), parlour.ErrNameTaken)
	h.wantSeat(t, parlour.Seat{Room: one, Person: "g1", Name: "Ana", SeenAt: noon})
	h.wantSeat(t, parlour.Seat{Room: two, Person: "g1", Name: "Ana", SeenAt: noon})

	must(t, h.Rename(ctx, "g1", "Cem", later, long))
	h.wantSeat(t, parlour.Seat{Room: one, Person: "g1", Name: "Cem", SeenAt: later})
	h.wantSeat(t, parlour.Seat{Room: two, Person: "g1", Name: "Cem", SeenAt: later})
	must(t, h.Rename(ctx, "g1", "cem", later, long))
	h.wantSeat(t, parlour.Seat{Room: two, Person: "g1", Name: "cem", SeenAt: later})

	must(t, h.Rename(ctx, "g1", "Bea", later, later)) // by now that seat is stale
	h.wantSeat(t, parlour.Seat{Room: two, Person: "g1", Name: "Bea", SeenAt: later})
	_, err := h.Seat(ctx, two, "g2")
	wantErr(t, err, parlour.ErrNoSeat)
	h.wantSeat(t, parlour.Seat{Room: three, Person: "g2", Name: "Bea", SeenAt: noon})

	must(t, h.Rename(ctx, "nobody", "Dora", later, long))
}

func testRenameTold(t *testing.T, h *house) {
	ctx := t.Context()
	told, untold := h.room(t, "told"), h.room(t, "untold")
	h.sit(t, told, "g1", "Ana")
	h.sit(t, untold, "g1", "Ana")
	must(t, h.Attend(ctx, told, []parlour.Author{{ID: "g1", Name: "Ana"}}, nil, noon))

	must(t, h.Rename(ctx, "g1", "Ana", noon, noon)) // the same name is not worth telling
	must(t, h.Rename(ctx, "g1", "ana", noon, noon))
	must(t, h.Rename(ctx, "g1", "Anna", noon, noon))
	if heard := h.heard(untold); len(heard) != 0 {
		t.Errorf("told a room that does not know of the person: %+v", heard)
	}
	heard := h.heard(told)
	if len(heard) != 3 {
		t.Fatalf("told %+v", heard)
	}
	for i, want := range []parlour.Renaming{{From: "Ana", To: "ana"}, {From: "ana", To: "Anna"}} {
		m := heard[i+1].Message
		if m.Kind != parlour.KindSystem || m.Author != (parlour.Author{}) || m.Event == nil || !reflect.DeepEqual(m.Event.Renamed, &want) {
			t.Errorf("told %+v, want %+v", m, want)
		}
	}
}
