package db

import (
	"slices"
	"testing"
	"time"

	"parlour"
)

func testOvertaken(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	post := parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "hi", At: noon, Asked: time.Now()}
	_, _, err := h.Post(ctx, post)
	must(t, err)
	_, err = h.Sanction(ctx, parlour.Sanction{Kind: parlour.Ban, Room: room, Person: "g-Bob", At: noon}, parlour.LogEntry{Room: room, At: noon})
	must(t, err)
	_, _, err = h.Post(ctx, post) // whose right was looked at before
	wantErr(t, err, parlour.ErrOvertaken)
	if page := h.page(t, room, 0, 10); len(page.Messages) != 1 {
		t.Errorf("the room has %+v", page.Messages)
	}
	post.Asked = time.Now()
	_, _, err = h.Post(ctx, post)
	must(t, err)
	must(t, h.Adjust(ctx, room, parlour.Adjustment{ReadOnly: new(true)}, parlour.Setting{What: parlour.ActReadOnly}, parlour.LogEntry{Room: room, At: noon}))
	_, _, err = h.Post(ctx, post)
	wantErr(t, err, parlour.ErrOvertaken)
}

func testTargets(t *testing.T, h *house) {
	ctx, room, other := t.Context(), h.room(t, "garden"), h.room(t, "other")
	_, err := h.Target(ctx, room, "g1")
	wantErr(t, err, parlour.ErrPersonNotFound)
	h.sit(t, room, "g1", "Ana")
	h.sit(t, other, "g1", "Ana")
	must(t, h.Trace(ctx, parlour.Trace{Person: "g1", Name: "Old Ana", Session: "s1", Address: "192.0.2.1", At: noon}))
	must(t, h.Trace(ctx, parlour.Trace{Person: "g1", Name: "Old Ana", Session: "s2", Address: "192.0.2.2", At: noon}))
	want := parlour.Target{
		Author: parlour.Author{ID: "g1", Name: "Ana"}, Kind: parlour.Guest, Session: "s2", Address: "192.0.2.2", Rooms: []int64{room, other},
	}
	got, err := h.Target(ctx, room, "g1")
	must(t, err)
	slices.Sort(got.Rooms)
	if got.Author != want.Author || got.Kind != want.Kind || got.Session != want.Session || got.Address != want.Address || !slices.Equal(got.Rooms, want.Rooms) {
		t.Errorf("target is %+v, want %+v", got, want)
	}
	must(t, h.GiveUpSeat(ctx, room, "g1"))
	must(t, h.GiveUpSeat(ctx, other, "g1"))
	got, err = h.Target(ctx, room, "g1") // who has left can be reached still
	must(t, err)
	if got.Name != "Old Ana" || got.Address != "192.0.2.2" || len(got.Rooms) != 0 {
		t.Errorf("target is %+v", got)
	}
	later := noon.Add(parlour.TraceKept + time.Hour)
	must(t, h.Trace(ctx, parlour.Trace{Person: "g2", Name: "Bob", At: later}))
	_, err = h.Target(ctx, room, "g1") // and not for ever
	wantErr(t, err, parlour.ErrPersonNotFound)
}

func testModerationLog(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	for _, entry := range []parlour.LogEntry{
		{Room: room, At: noon, By: author("Mo"), Act: parlour.ActBan, Target: author("Ana"), Detail: "1d", Reason: "spam"},
		{At: noon, Act: parlour.ActMute},
		{Room: room, At: noon, Act: parlour.ActKick},
	} {
		_, err := h.Sanction(ctx, parlour.Sanction{Kind: parlour.Mute, Room: entry.Room, Person: "g1", At: noon}, entry)
		must(t, err)
	}
	acts := func(room, before int64, limit int) (acts []parlour.Act, last parlour.LogEntry) {
		t.Helper()
		entries, err := h.ModerationLog(ctx, room, before, limit)
		must(t, err)
		for _, e := range entries {
			acts, last = append(acts, e.Act), e
		}
		return acts, last
	}
	if got, _ := acts(0, 0, 10); !slices.Equal(got, []parlour.Act{parlour.ActKick, parlour.ActMute, parlour.ActBan}) {
		t.Errorf("the house's log is %q", got)
	}
	newest, last := acts(room, 0, 1)
	if !slices.Equal(newest, []parlour.Act{parlour.ActKick}) {
		t.Errorf("the newest of the room is %q", newest)
	}
	older, last := acts(room, last.ID, 10)
	last.ID = 0
	want := parlour.LogEntry{Room: room, RoomSlug: "garden", RoomName: "garden", At: noon, By: author("Mo"), Act: parlour.ActBan, Target: author("Ana"), Detail: "1d", Reason: "spam"}
	if len(older) != 1 || last != want {
		t.Errorf("before it is %+v, want %+v", last, want)
	}
	for _, change := range []string{`DELETE FROM moderation_log`, `UPDATE moderation_log SET reason = 'x'`} {
		if h.write(ctx, func(tx *tx) error { _, err := tx.exec(change); return err }) == nil {
			t.Errorf("%s is allowed", change)
		}
	}
}

func testSecrets(t *testing.T, h *house) {
	one, err := h.Secret(t.Context(), "one")
	must(t, err)
	again, err := h.Secret(t.Context(), "one")
	must(t, err)
	other, err := h.Secret(t.Context(), "other")
	must(t, err)
	if len(one) != 32 || !slices.Equal(one, again) || slices.Equal(one, other) {
		t.Errorf("secrets are %x, %x, %x", one, again, other)
	}
}
