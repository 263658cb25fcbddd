package parlour_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parlour"
)

func (h *keptHouse) face() parlour.Face {
	h.t.Helper()
	face, err := h.store.Face(h.t.Context(), h.lobby.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	page, err := h.store.Page(h.t.Context(), h.lobby.ID, 0, 1)
	if err != nil || fmt.Sprint(page.Face) != fmt.Sprint(face) {
		h.t.Errorf("the page's face is %+v, %v, want %+v", page.Face, err, face)
	}
	return face
}

func (h *keptHouse) pinned() (seqs []parlour.Seq) {
	h.t.Helper()
	for _, pin := range h.face().Pins {
		seqs = append(seqs, pin.Seq)
	}
	return seqs
}

func TestPinsFollowTheirMessages(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	one, two, three := h.says(ana, "one\n one"), h.says(ana, "two"), h.says(ana, "three")
	wantCode(t, "a guest pins", h.Pin(t.Context(), ana, "lobby", one.Seq), "policy.moderators_only")
	wantCode(t, "pinning nothing", h.Pin(t.Context(), h.mo, "lobby", 4711), "message.not_found")
	for _, seq := range []parlour.Seq{three.Seq, one.Seq, two.Seq, one.Seq} {
		wantCode(t, "pinning "+seq.String(), h.Pin(t.Context(), h.mo, "lobby", seq), "")
	}
	if got, want := h.face().Pins, (parlour.Pin{Seq: one.Seq, Author: "Ana", Excerpt: "one one"}); len(got) != 3 || got[1] != want {
		t.Errorf("the pins are %+v, want %+v in the middle", got, want)
	}
	if _, err := h.edits(ana, one.Seq, "uno"); err != nil {
		t.Fatal(err)
	}
	if got := h.face().Pins[1].Excerpt; got != "uno" {
		t.Errorf("after the edit the pin tells %q", got)
	}
	if err := h.DeleteMessage(t.Context(), ana, "lobby", three.Seq, ""); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "a guest unpins", h.Unpin(t.Context(), ana, "lobby", one.Seq), "policy.moderators_only")
	for range 2 {
		wantCode(t, "unpinning", h.Unpin(t.Context(), h.mo, "lobby", two.Seq), "")
	}
	if got := h.pinned(); !slices.Equal(got, []parlour.Seq{one.Seq}) {
		t.Errorf("pinned are %v", got)
	}
	if _, err := h.DeleteMessagesOf(t.Context(), h.mo, "lobby", ana.ID, parlour.AllTime, ""); err != nil {
		t.Fatal(err)
	}
	if got := h.pinned(); len(got) != 0 {
		t.Errorf("after a purge pinned are %v", got)
	}
	acts := strings.Join(h.acts(), "\n")
	if strings.Count(acts, "Mo pin Ana") != 3 || strings.Count(acts, "Mo unpin") != 1 {
		t.Errorf("the log has\n%s", acts)
	}
}

func TestPinsAreBounded(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	for i := range parlour.MaxPins {
		wantCode(t, "a pin", h.Pin(t.Context(), h.mo, "lobby", h.says(h.mo, fmt.Sprint(i)).Seq), "")
	}
	wantCode(t, "one pin more", h.Pin(t.Context(), h.mo, "lobby", h.says(h.mo, "more").Seq), "pin.too_many")
}

// What stands above the messages comes to those who were away like any change,
// once, as it is now.
func TestFaceIsAChangeWithANumber(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	m := h.says(h.mo, "hello")
	h.arrange(func(f *parlour.RoomForm) { f.Rules = "Be kind." })
	away := func(after parlour.Seq) (faces []parlour.Face) {
		t.Helper()
		lacks, err := h.store.Since(t.Context(), h.lobby.ID, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range lacks.Messages {
			if m.Kind == parlour.KindFace {
				faces = append(faces, *m.Event.Face)
			}
		}
		return faces
	}
	head := m.Seq
	for _, do := range []func() error{
		func() error { return h.Pin(t.Context(), h.mo, "lobby", m.Seq) },
		func() error { return h.SetTopic(t.Context(), h.mo, "lobby", "Tea") },
		func() error { return h.Unpin(t.Context(), h.mo, "lobby", m.Seq) },
		func() error { return h.Pin(t.Context(), h.mo, "lobby", m.Seq) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		now := h.face()
		for _, after := range []parlour.Seq{0, head} {
			if got := away(after); len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(now) {
				t.Errorf("who was away since %d is told %+v, want %+v", after, got, now)
			}
		}
		room, err := h.store.Room(t.Context(), "lobby")
		if err != nil {
			t.Fatal(err)
		}
		head = room.Head
	}
	if got := away(head); len(got) != 0 {
		t.Errorf("who was not away is told %+v", got)
	}
	if now := h.face(); now.Rules != "Be kind." || now.Topic != "Tea" || len(now.Pins) != 1 {
		t.Errorf("the face is %+v", now)
	}
	h.arrange(func(f *parlour.RoomForm) { f.Description = "nothing that stands there" })
	if got := away(head); len(got) != 0 {
		t.Errorf("a change of something else is told as %+v", got)
	}
}

func TestPinsTellNothingWhereNotEverybodyMayReadThem(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	m, other := h.says(h.mo, "a secret of before"), h.says(h.mo, "another")
	wantCode(t, "pinning", h.Pin(t.Context(), h.mo, "lobby", m.Seq), "")
	h.arrange(func(f *parlour.RoomForm) { f.HistoryFromJoin = true })
	wantCode(t, "pinning another", h.Pin(t.Context(), h.mo, "lobby", other.Seq), "")
	if _, err := h.edits(h.mo, m.Seq, "a secret of now"); err != nil {
		t.Fatal(err)
	}
	if got := h.face().Pins; !slices.Equal(got, []parlour.Pin{{Seq: m.Seq}, {Seq: other.Seq}}) {
		t.Errorf("the pins tell %+v", got)
	}
	h.arrange(func(f *parlour.RoomForm) { f.HistoryFromJoin = false })
	if got := h.face().Pins; len(got) != 2 || got[0].Excerpt != "a secret of now" || got[1].Author != "Mo" {
		t.Errorf("when all is open they tell %+v", got)
	}
}
