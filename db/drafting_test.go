package db

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"parlour"
)

// typed is what is kept of somebody in a room, as it comes with how they stand
// there; of a room that is gone, as it is in its table.
func (h *house) typed(t *testing.T, room int64, person string) parlour.KeptDraft {
	t.Helper()
	rooms, err := h.Rooms(t.Context())
	must(t, err)
	by := parlour.Identity{Kind: parlour.Member, ID: person}
	for _, is := range rooms {
		if is.ID != room {
			continue
		}
		found, who, d, err := h.StandingWithDraft(t.Context(), by, is.Slug, noon)
		must(t, err)
		plain, alone, err := h.Standing(t.Context(), by, is.Slug, noon)
		must(t, err)
		if found != plain || !reflect.DeepEqual(who, alone) {
			t.Errorf("with a draft it is %+v, %+v, and without %+v, %+v", found, who, plain, alone)
		}
		return d
	}
	var d parlour.KeptDraft
	must(t, h.read(t.Context(), func(c conn) error {
		r, err := c.one(`SELECT `+draftColumns+` FROM drafts WHERE person_id = $1 AND room_id = $2 AND body <> ''`, person, room)
		if errors.Is(err, errNoRow) {
			return nil
		}
		d = draftIn(r, room, person)
		return err
	}))
	return d
}

func (h *house) draft(t *testing.T, room int64, person string) string {
	t.Helper()
	return h.typed(t, room, person).Body
}

func (h *house) keepDraft(t *testing.T, d parlour.KeptDraft) {
	t.Helper()
	if d.At.IsZero() {
		d.At = noon
	}
	must(t, h.KeepDraft(t.Context(), d))
}

func testDrafts(t *testing.T, h *house) {
	ctx, garden, shed := t.Context(), h.room(t, "garden"), h.room(t, "shed")
	want := func(what, body string) {
		t.Helper()
		if got := h.draft(t, garden, "m1"); got != body {
			t.Errorf("%s: the draft is %q, want %q", what, got, body)
		}
	}
	want("nothing was typed", "")
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m1", Key: "k1"})
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m1", Body: "one", Key: "k1"})
	last := parlour.KeptDraft{Room: garden, Person: "m1", Body: "zwei\n日本", Reply: 7, At: noon.Add(time.Minute)}
	h.keepDraft(t, last)
	if d := h.typed(t, garden, "m1"); d != last {
		t.Errorf("the draft is %+v, want %+v", d, last)
	}
	for _, kind := range []parlour.SanctionKind{parlour.Mute, parlour.Ban} { // each is a row of its own
		_, err := h.Sanction(ctx, parlour.Sanction{Kind: kind, Person: "m1", At: noon}, parlour.LogEntry{At: noon})
		must(t, err)
	}
	if d := h.typed(t, garden, "m1"); d != last {
		t.Errorf("the draft of who is banned is %+v, want %+v", d, last)
	}
	if h.draft(t, garden, "m2") != "" || h.draft(t, shed, "m1") != "" {
		t.Error("a draft is somebody else's, or in another room")
	}
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m1"})
	want("it was emptied", "")

	// What was sent does not come back, wherever the two meet on their way.
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m1", Body: "hello", Key: "k2"})
	must(t, h.SendDraft(ctx, parlour.KeptDraft{Room: garden, Person: "m1", Key: "k2", At: noon}))
	want("it was sent", "")
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m1", Body: "hello", Key: "k2"})
	want("it comes late", "")
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m1", Body: "the next", Key: "k3"})
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m1", Key: "k2"})
	want("an empty one comes late", "the next")
	must(t, h.SendDraft(ctx, parlour.KeptDraft{Room: shed, Person: "m1", Key: "k4", At: noon}))
	h.keepDraft(t, parlour.KeptDraft{Room: shed, Person: "m1", Body: "hello", Key: "k4"})
	if got := h.draft(t, shed, "m1"); got != "" {
		t.Errorf("a draft came after its form was sent, and is kept: %q", got)
	}
	h.keepDraft(t, parlour.KeptDraft{Room: shed, Person: "m1", Body: "no key"})
	if got := h.draft(t, shed, "m1"); got != "no key" {
		t.Errorf("a draft without a key is kept as %q", got)
	}
	err := h.KeepDraft(ctx, parlour.KeptDraft{Room: 99, Person: "m1", Body: "nowhere", At: noon})
	wantErr(t, err, parlour.ErrRoomNotFound)
}

func testDraftBounds(t *testing.T, h *house) {
	rooms := make([]int64, parlour.MaxDrafts+2)
	for i := range rooms {
		rooms[i] = h.room(t, fmt.Sprint("room", i))
		h.keepDraft(t, parlour.KeptDraft{Room: rooms[i], Person: "m1", Body: "typed", At: noon.Add(time.Duration(i) * time.Second)})
	}
	h.keepDraft(t, parlour.KeptDraft{Room: rooms[0], Person: "m2", Body: "somebody else's"})
	var kept []int
	for i, room := range rooms {
		if h.draft(t, room, "m1") != "" {
			kept = append(kept, i)
		}
	}
	if len(kept) != parlour.MaxDrafts || kept[0] != 2 {
		t.Errorf("kept are those of %v", kept)
	}
	if h.draft(t, rooms[0], "m2") == "" {
		t.Error("the drafts of one cost another one theirs")
	}
}

func testDraftsGo(t *testing.T, h *house) {
	ctx, garden, shed := t.Context(), h.room(t, "garden"), h.room(t, "shed")
	typed := func(room int64, person, session string) {
		h.keepDraft(t, parlour.KeptDraft{Room: room, Person: person, Session: session, Body: "typed by " + person})
	}
	sessions := h.Sessions()
	must(t, sessions.Commit("s1", []byte("data"), time.Now().Add(time.Hour)))
	must(t, sessions.Commit("s2", []byte("data"), time.Now().Add(-time.Second)))
	must(t, h.AddAccount(ctx, parlour.NewAccount{Account: account("m1", "Ana")}, noon))
	for _, room := range []int64{garden, shed} {
		typed(room, "g1", "s1")
		typed(room, "g2", "s2")
		typed(room, "m1", "")
	}
	if _, err := sessions.purge(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	if h.draft(t, garden, "g2") != "" || h.draft(t, garden, "g1") == "" {
		t.Error("an expired session leaves its draft behind, or takes another one's along")
	}
	must(t, sessions.Delete("s1"))
	if h.draft(t, garden, "g1") != "" {
		t.Error("a session that ended leaves its draft behind")
	}
	must(t, h.DeleteRoom(ctx, garden, parlour.LogEntry{Room: garden, At: noon}))
	if h.draft(t, garden, "m1") != "" || h.draft(t, shed, "m1") == "" {
		t.Error("a deleted room leaves a draft behind, or takes another room's along")
	}
	gone := account("m1", "Ana")
	gone.DisabledAt = noon
	must(t, h.ChangeAccount(ctx, gone))
	if h.draft(t, shed, "m1") != "" {
		t.Error("a disabled account leaves a draft behind")
	}
}

func testDraftsTakenAlong(t *testing.T, h *house) {
	ctx, garden, shed, barn := t.Context(), h.room(t, "garden"), h.room(t, "shed"), h.room(t, "barn")
	for _, room := range []int64{garden, shed, barn} {
		h.keepDraft(t, parlour.KeptDraft{Room: room, Person: "g1", Session: "s1", Body: "as a guest"})
	}
	h.keepDraft(t, parlour.KeptDraft{Room: shed, Person: "m1", Body: "as a member"})
	must(t, h.SendDraft(ctx, parlour.KeptDraft{Room: barn, Person: "m1", Key: "k", At: noon}))
	must(t, h.TakeDraftsAlong(ctx, "s1", "m1"))
	must(t, h.Sessions().Delete("s1"))
	for room, want := range map[int64]string{garden: "as a guest", shed: "as a member", barn: "as a guest"} {
		if got := h.draft(t, room, "m1"); got != want {
			t.Errorf("in room %d the member has %q, want %q", room, got, want)
		}
		if got := h.draft(t, room, "g1"); got != "" {
			t.Errorf("in room %d the guest still has %q", room, got)
		}
	}
	// A guest who becomes a member keeps their ID.
	h.keepDraft(t, parlour.KeptDraft{Room: garden, Person: "m2", Session: "s2", Body: "typed"})
	must(t, h.TakeDraftsAlong(ctx, "s2", "m2"))
	must(t, h.Sessions().Delete("s2"))
	if got := h.draft(t, garden, "m2"); got != "typed" {
		t.Errorf("who signed up has %q", got)
	}
}
