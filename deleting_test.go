package parlour_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parlour"
)

func TestDeletingIsAChangeWithANumber(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	m := h.says(ana, "rude")
	h.says(ana, "kind")
	wantCode(t, "another guest deletes", h.DeleteMessage(t.Context(), bob, "lobby", m.Seq, ""), "policy.moderators_only")
	if err := h.DeleteMessage(t.Context(), h.mo, "lobby", m.Seq, "be  kind"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "deleting twice", h.DeleteMessage(t.Context(), h.mo, "lobby", m.Seq, ""), "message.not_found")
	_, _, _, err := h.Message(t.Context(), ana, "lobby", m.Seq)
	wantCode(t, "reading what was deleted", err, "message.not_found")
	// Whoever was away from before the deletion on learns of it.
	lacks, err := h.store.Since(t.Context(), h.lobby.ID, m.Seq+1, 10)
	if err != nil || len(lacks.Messages) != 1 || lacks.Messages[0].Seq != m.Seq || lacks.Messages[0].Deleted.IsZero() {
		t.Errorf("who was away lacks %+v, %v", lacks, err)
	}
	if got, want := h.acts()[len(h.acts())-1], fmt.Sprintf("Mo delete Ana %d be kind", m.Seq); got != want {
		t.Errorf("the log tells %q, want %q", got, want)
	}
}

func TestPurgeFindsAllOfOnePersonAndNothingElse(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	// More than are deleted at once, between what others say, some of it old.
	var kept []string
	for i := range 450 {
		by, at, body := ana, time.Now(), fmt.Sprintf("ana %d", i)
		if i < 100 {
			at = at.Add(-48 * time.Hour)
			kept = append(kept, body)
		}
		if i%10 == 3 {
			by, body = bob, fmt.Sprintf("bob %d", i)
			if i < 100 {
				kept = kept[:len(kept)-1]
			}
			kept = append(kept, body)
		}
		_, _, err := h.store.Post(t.Context(), parlour.NewMessage{
			Room: h.lobby.ID, Kind: parlour.KindMessage, Author: parlour.Author{ID: by.ID, Name: by.Name}, Body: body, At: at,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	n, err := h.DeleteMessagesOf(t.Context(), h.mo, "lobby", ana.ID, 24*time.Hour, "")
	if err != nil || n != 315 {
		t.Errorf("%d messages of the last day were deleted, %v", n, err)
	}
	if got := h.bodies(); !slices.Equal(got, kept) {
		t.Errorf("%d are left, want %d", len(got), len(kept))
	}
	if n, err := h.DeleteMessagesOf(t.Context(), h.mo, "lobby", ana.ID, parlour.AllTime, ""); err != nil || n != 90 {
		t.Errorf("%d of all were deleted, %v", n, err)
	}
	for _, body := range h.bodies() {
		if body[:3] != "bob" {
			t.Fatalf("%q is left", body)
		}
	}
}

// Whoever is purged leaves nothing for others to see, not even a thumb.
func TestPurgeTakesReactionsBack(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	m := h.says(bob, "hello")
	for _, by := range []parlour.Identity{ana, bob} {
		if _, _, err := h.React(t.Context(), by, "lobby", m.Seq, "👍", 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Sanction(t.Context(), h.mo, "lobby", parlour.Sentence{Kind: parlour.Ban, Person: ana.ID, Delete: time.Hour}); err != nil {
		t.Fatal(err)
	}
	_, _, m, err := h.Message(t.Context(), bob, "lobby", m.Seq)
	if err != nil || len(m.Reactions) != 1 || !slices.Equal(m.Reactions[0].Names, []string{"Bob"}) {
		t.Errorf("left are %+v, %v", m.Reactions, err)
	}
	if got, want := h.acts()[len(h.acts())-1], "Mo take_back Ana 1"; got != want {
		t.Errorf("the log tells %q, want %q", got, want)
	}
}
