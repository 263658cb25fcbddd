package parlour_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parlour"
)

func (h *keptHouse) edits(by parlour.Identity, seq parlour.Seq, body string) (parlour.Message, error) {
	h.t.Helper()
	return h.EditMessage(h.t.Context(), by, "lobby", seq, parlour.Draft{Body: body})
}

// said is a message that was said some time ago.
func (h *keptHouse) said(by parlour.Identity, ago time.Duration, body string) parlour.Message {
	h.t.Helper()
	m, _, err := h.store.Post(h.t.Context(), parlour.NewMessage{
		Room: h.lobby.ID, Kind: parlour.KindMessage, Author: parlour.Author{ID: by.ID, Name: by.Name}, Body: body, At: time.Now().Add(-ago),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *keptHouse) arrange(change func(*parlour.RoomForm)) {
	h.t.Helper()
	room, err := h.store.Room(h.t.Context(), "lobby")
	if err != nil {
		h.t.Fatal(err)
	}
	form := parlour.FormOf(room)
	change(&form)
	if _, err := h.ArrangeRoom(h.t.Context(), h.ow, "lobby", form); err != nil {
		h.t.Fatal(err)
	}
}

func TestPeopleChangeTheirOwnWithinTheRoomsWindow(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	for _, c := range []struct {
		window  string
		by      parlour.Identity
		ago     time.Duration
		refused string
	}{
		{"", ana, 14 * time.Minute, ""},
		{"", ana, 15 * time.Minute, "edit.too_late"},
		{"5m", ana, 6 * time.Minute, "edit.too_late"},
		{"1h", ana, 59 * time.Minute, ""},
		{"1d", ana, 23 * time.Hour, ""},
		{"always", ana, 10 * 365 * 24 * time.Hour, ""},
		{"off", ana, 0, "policy.no_edits"},
		{"always", bob, 0, "edit.not_yours"},
		{"off", h.mo, 1000 * time.Hour, ""},
	} {
		h.arrange(func(f *parlour.RoomForm) { f.EditWindow = c.window })
		what := c.by.Name + " edits in a window of " + c.window
		m, err := h.edits(c.by, h.said(ana, c.ago, "teh").Seq, "the")
		wantCode(t, what, err, c.refused)
		if err == nil && (m.Body != "the" || m.Edited.IsZero() || m.Author.ID != ana.ID || (m.EditedBy != "") != (c.by.ID != ana.ID)) {
			t.Errorf("%s: %+v", what, m)
		}
		err = h.DeleteMessage(t.Context(), c.by, "lobby", h.said(ana, c.ago, "oops").Seq, "")
		if want := c.refused; want == "edit.not_yours" {
			wantCode(t, c.by.Name+" deletes", err, "policy.moderators_only")
		} else {
			wantCode(t, c.by.Name+" deletes in a window of "+c.window, err, want)
		}
	}
}

func TestEditsPassWhatPostsHaveToPass(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	for act, word := range map[parlour.FilterAct]string{parlour.Masking: "damn", parlour.Refusing: "spam", parlour.Holding: "pills"} {
		h.filters("lobby", act, word)
	}
	seq := h.says(ana, "hello").Seq
	m, err := h.edits(ana, seq, "damn it")
	wantCode(t, "a masked edit", err, "")
	if m.Body != "*** it" || m.Changed != seq+1 {
		t.Errorf("masked it is %+v", m)
	}
	_, err = h.edits(ana, seq, "spam")
	wantCode(t, "a refused edit", err, "filter.refused")
	for _, c := range []struct{ body, code string }{{"", "body.empty"}, {"/kick Bob", "command.not_here"}, {strings.Repeat("x", 5000), "body.too_long"}} {
		_, err = h.edits(ana, seq, c.body)
		wantCode(t, "an edit to "+c.body[:min(9, len(c.body))], err, c.code)
	}
	h.sanction(h.mo, parlour.Sentence{Kind: parlour.Mute, Person: ana.ID, For: time.Hour})
	_, err = h.edits(ana, seq, "I am muted")
	wantCode(t, "who is muted edits", err, "policy.muted")
	if got := h.bodies(); !slices.Equal(got, []string{"*** it"}) {
		t.Errorf("the room shows %q", got)
	}
}

func TestEditsCountAsMessagesForTheFlood(t *testing.T) {
	h := keepHouse(t, parlour.Rules{Limits: true})
	ana := h.guest("Ana", "192.0.2.7")
	seq := h.says(ana, "0").Seq
	for n := range 30 {
		if _, err := h.edits(ana, seq, strings.Repeat("x", n+1)); err != nil {
			wantCode(t, "too many edits", err, "flood")
			return
		}
	}
	t.Error("30 edits at once are taken")
}

func TestHeldEditWaitsAndLeavesTheMessageAsItIs(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	h.filters("lobby", parlour.Holding, "money")
	m, other := h.says(ana, "hello"), h.says(ana, "bye")
	for _, seq := range []parlour.Seq{m.Seq, m.Seq, other.Seq} { // sent again it is the same
		held, err := h.edits(ana, seq, "easy money")
		if err != nil || held.Seq != 0 {
			t.Fatalf("held: %+v, %v", held, err)
		}
	}
	if got := h.bodies(); !slices.Equal(got, []string{"hello", "bye"}) {
		t.Errorf("the room shows %q", got)
	}
	if err := h.DeleteMessage(t.Context(), ana, "lobby", other.Seq, ""); err != nil {
		t.Fatal(err)
	}
	_, _, q, err := h.Queue(t.Context(), h.mo, "lobby")
	if err != nil || len(q.Held) != 1 || q.Held[0].Edits != m.Seq {
		t.Fatalf("waiting: %+v, %v", q.Held, err)
	}
	approved, err := h.Approve(t.Context(), h.mo, "lobby", q.Held[0].ID)
	if err != nil || approved.Seq != m.Seq || approved.Body != "easy money" || approved.EditedBy != "" {
		t.Errorf("approved: %+v, %v", approved, err)
	}
}

func TestEarlierTextsAreForModeratorsAndGoWithTheMessage(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	seq := h.says(ana, "first").Seq
	for _, body := range []string{"second", "second", "/me thirds"} { // the same again is no edit
		if _, err := h.edits(ana, seq, body); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.edits(h.mo, seq, "fourth"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.edits(ana, seq, "fifth"); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := h.Revisions(t.Context(), ana, "lobby", seq)
	wantCode(t, "a guest looks", err, "policy.moderators_only")
	_, m, earlier, err := h.Revisions(t.Context(), h.mo, "lobby", seq)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, r := range earlier {
		texts = append(texts, r.By.Name+": "+parlour.Message{Kind: r.Kind, Body: r.Body}.Source())
	}
	want := []string{"Ana: first", "Ana: second", "Ana: /me thirds", "Mo: fourth"}
	if !slices.Equal(texts, want) || m.Body != "fifth" || m.EditedBy != "" || m.Changed != seq+4 {
		t.Errorf("earlier texts are %q of %+v, want %q", texts, m, want)
	}
	if got := h.acts(); !slices.Contains(got, "Mo edit Ana "+seq.String()) {
		t.Errorf("the log has %q", got)
	}
	if err := h.DeleteMessage(t.Context(), ana, "lobby", seq, ""); err != nil {
		t.Fatal(err)
	}
	if left, err := h.store.Revisions(t.Context(), h.lobby.ID, seq); err != nil || len(left) != 0 {
		t.Errorf("after its deletion there is %+v, %v", left, err)
	}
}

func TestDeletedMessageLeavesWhatTheRoomWants(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	h.arrange(func(f *parlour.RoomForm) { f.Stubs = true })
	ana := h.guest("Ana", "192.0.2.7")
	own, taken, purged := h.says(ana, "own"), h.says(ana, "taken"), h.says(ana, "purged")
	head := purged.Seq
	if err := h.DeleteMessage(t.Context(), ana, "lobby", own.Seq, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.DeleteMessage(t.Context(), h.mo, "lobby", taken.Seq, ""); err != nil {
		t.Fatal(err)
	}
	page, err := h.store.Page(t.Context(), h.lobby.ID, 0, 10)
	if err != nil || len(page.Messages) != 3 {
		t.Fatalf("the page is %+v, %v", page, err)
	}
	since, err := h.store.Since(t.Context(), h.lobby.ID, head, 10) // who was away since
	if err != nil || len(since.Messages) != 2 {
		t.Fatalf("since then %+v, %v", since, err)
	}
	fresh, err := h.store.Since(t.Context(), h.lobby.ID, 0, 10) // who was never here
	if err != nil || len(fresh.Messages) != 3 {
		t.Fatalf("from the beginning %+v, %v", fresh, err)
	}
	for i, want := range []parlour.Stub{parlour.StubOfAuthor, parlour.StubOfModerator} {
		for _, m := range []parlour.Message{page.Messages[i], since.Messages[i], fresh.Messages[i]} {
			if m.Stub != want || m.Body != "" || m.Change().Op() == parlour.Removed {
				t.Errorf("deleted by the %s it is %+v", want, m)
			}
		}
	}
	for _, err := range []error{
		h.DeleteMessage(t.Context(), h.mo, "lobby", own.Seq, ""), h.Pin(t.Context(), h.mo, "lobby", own.Seq), h.Report(t.Context(), h.mo, "lobby", own.Seq, ""),
	} {
		wantCode(t, "what can be done with a stub", err, "message.not_found")
	}
	if _, err := h.DeleteMessagesOf(t.Context(), h.mo, "lobby", ana.ID, parlour.AllTime, ""); err != nil {
		t.Fatal(err)
	}
	if page, err := h.store.Page(t.Context(), h.lobby.ID, 0, 10); err != nil || len(page.Messages) != 2 {
		t.Errorf("a purge leaves %+v, %v", page.Messages, err)
	}
}
