package db

import (
	"testing"

	"parlour"
)

func testHaveRead(t *testing.T, h *house) {
	ctx, room, other := t.Context(), h.room(t, "garden"), h.room(t, "other")
	h.sit(t, room, "g1", "Ana")
	h.sit(t, room, "g2", "Bea")
	h.sit(t, other, "g1", "Ana")
	wantRead := func(room int64, person string, want parlour.Seq) {
		t.Helper()
		if seat, err := h.Seat(ctx, room, person); err != nil || seat.Read != want {
			t.Errorf("%s has read up to %d in room %d, %v; want %d", person, seat.Read, room, err, want)
		}
	}
	for _, upTo := range []map[string]parlour.Seq{{"g1": 7, "g2": 3, "nobody": 9}, {"g1": 5}, {}, {"g1": 6, "g2": 4}} {
		must(t, h.HaveRead(ctx, room, upTo))
	}
	wantRead(room, "g1", 7)
	wantRead(room, "g2", 4)
	wantRead(other, "g1", 0)
	_, err := h.Seat(ctx, room, "nobody")
	wantErr(t, err, parlour.ErrNoSeat)

	h.sit(t, room, "g1", "Anna") // another name, the same seat
	wantRead(room, "g1", 7)
	if heard := h.heard(room); len(heard) != 0 {
		t.Errorf("reading was told: %+v", heard)
	}
}

func (h *house) unread(t *testing.T, person string, room int64, after parlour.Seq) int {
	t.Helper()
	unread, err := h.Unread(t.Context(), person, map[int64]parlour.Seq{room: after})
	must(t, err)
	return unread[room]
}

func testUnread(t *testing.T, h *house) {
	ctx, before, room, behind := t.Context(), h.room(t, "a"), h.room(t, "garden"), h.room(t, "z")
	post := func(room int64, by parlour.Author, kind parlour.MessageKind) parlour.Message {
		t.Helper()
		m, _, err := h.Post(ctx, parlour.NewMessage{Room: room, Kind: kind, Author: by, Body: "x", At: noon})
		must(t, err)
		return m
	}
	first := post(room, author("Ana"), parlour.KindMessage)
	post(room, author("Ana"), parlour.KindAction)
	post(room, parlour.Author{}, parlour.KindNotice)
	post(room, parlour.Author{}, parlour.KindSystem)
	must(t, h.Attend(ctx, room, people("Ana"), nil, noon))
	post(room, author("Bea"), parlour.KindMessage)
	gone := post(room, author("Ana"), parlour.KindMessage)
	_, err := h.Delete(ctx, room, gone.Seq, parlour.NoStub, noon)
	must(t, err)
	_, err = h.Edit(ctx, parlour.Revision{Room: room, Seq: first.Seq, Kind: parlour.KindMessage, Body: "y", At: noon}, parlour.LogEntry{}) // read is read
	must(t, err)
	post(before, author("Ana"), parlour.KindMessage)
	post(behind, author("Ana"), parlour.KindMessage)

	for _, c := range []struct {
		person string
		after  parlour.Seq
		want   int
	}{{"g-Bea", 0, 3}, {"g-Ana", 0, 2}, {"g-Cem", 0, 4}, {"g-Cem", first.Seq, 3}, {"g-Cem", gone.Seq, 0}, {"g-Cem", 99, 0}} {
		if got := h.unread(t, c.person, room, c.after); got != c.want {
			t.Errorf("%s has %d unread after %d, want %d", c.person, got, c.after, c.want)
		}
	}
	all, err := h.Unread(ctx, "g-Cem", map[int64]parlour.Seq{before: 0, room: first.Seq, behind: 1})
	if err != nil || len(all) != 2 || all[before] != 1 || all[room] != 3 {
		t.Errorf("unread in several rooms: %v, %v", all, err)
	}
}

func testUnreadBound(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	for range parlour.UnreadMost - 1 {
		h.say(t, room, "Ana", "x")
	}
	if got := h.unread(t, "g-Bea", room, 0); got != parlour.UnreadMost-1 {
		t.Errorf("%d unread, want %d", got, parlour.UnreadMost-1)
	}
	for range 10 {
		h.say(t, room, "Ana", "x")
	}
	if got := h.unread(t, "g-Bea", room, 0); got != parlour.UnreadMost {
		t.Errorf("%d unread, want no more than %d", got, parlour.UnreadMost)
	}
	// What lies behind a thousand messages that do not count is not looked for.
	must(t, h.write(ctx, func(t *tx) error {
		for range 990 {
			_, _, err := t.post(parlour.NewMessage{Room: room, Kind: parlour.KindSystem, At: noon}, nil)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	if got := h.unread(t, "g-Bea", room, 0); got != 10 {
		t.Errorf("%d unread among the newest thousand, want 10", got)
	}
}

func testFirstUnread(t *testing.T, h *house) {
	ctx, room, behind := t.Context(), h.room(t, "garden"), h.room(t, "z")
	post := func(room int64, by parlour.Author, kind parlour.MessageKind) parlour.Seq {
		t.Helper()
		m, _, err := h.Post(ctx, parlour.NewMessage{Room: room, Kind: kind, Author: by, Body: "x", At: noon})
		must(t, err)
		return m.Seq
	}
	want := func(person parlour.Author, after, want parlour.Seq) {
		t.Helper()
		first, err := h.FirstUnread(ctx, room, person.ID, after)
		if err != nil || first != want {
			t.Errorf("the first unread of %s after %d is %d, %v; want %d", person.Name, after, first, err, want)
		}
	}
	ana, bea := author("Ana"), author("Bea")
	first := post(room, ana, parlour.KindMessage)
	post(room, bea, parlour.KindMessage)
	post(room, parlour.Author{}, parlour.KindSystem)
	gone := post(room, ana, parlour.KindMessage)
	_, err := h.Delete(ctx, room, gone, parlour.NoStub, noon)
	must(t, err)
	second := post(room, ana, parlour.KindAction)
	post(behind, ana, parlour.KindMessage)
	want(bea, 0, first)
	want(bea, first, second)
	want(bea, second, 0)
	want(ana, 0, first+1)
	want(ana, first+1, 0)
}
