package parlour_test

import (
	"slices"
	"testing"
	"time"

	"parlour"
)

func (h *keptHouse) filters(slug string, act parlour.FilterAct, word string) parlour.Filter {
	h.t.Helper()
	f, err := h.AddFilter(h.t.Context(), h.ad, slug, parlour.Filter{Kind: parlour.WordFilter, Pattern: word, Act: act})
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

func TestFiltersDoWhatTheySayExceptToModerators(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	h.says(ana, "damn, before there was a filter")
	h.filters("lobby", parlour.Masking, "damn")
	gone := h.filters("", parlour.Refusing, "spam")
	h.filters("lobby", parlour.Kicking, "scam")
	if m := h.says(ana, "oh damn"); m.Body != "oh ***" {
		t.Errorf("said %q", m.Body)
	}
	_, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "damn spam"})
	wantCode(t, "what a filter of the house refuses", err, "filter.refused")
	if m := h.says(h.mo, "damn spam scam"); m.Body != "damn spam scam" {
		t.Errorf("the moderator said %q", m.Body)
	}
	if err := h.RemoveFilter(t.Context(), h.ad, "", gone.ID); err != nil {
		t.Fatal(err)
	}
	h.says(ana, "spam") // as soon as the filter is gone
	_, err = h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "a scam"})
	wantCode(t, "what a filter kicks for", err, "filter.refused")
	if got := h.mayRead(ana); got != "policy.barred" || !slices.Contains(h.left, ana.ID) {
		t.Errorf("after that Ana is answered %q, left %v", got, h.left)
	}
	want := []string{"damn, before there was a filter", "oh ***", "damn spam scam", "spam"}
	if got := h.bodies(); !slices.Equal(got, want) {
		t.Errorf("the room shows %q", got)
	}
}

func TestHeldMessageIsNowhereUntilItIsApproved(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	h.filters("lobby", parlour.Holding, "money")
	head := h.says(ana, "hello").Seq
	draft := parlour.Draft{Body: "easy money", Key: "k1"}
	for range 3 { // sent again it is the same
		m, err := h.Say(t.Context(), ana, "lobby", draft)
		if err != nil || m.Seq != 0 {
			t.Fatalf("held: %+v, %v", m, err)
		}
	}
	if _, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "more money"}); err != nil {
		t.Fatal(err)
	}
	room, err := h.store.Room(t.Context(), "lobby")
	if err != nil || room.Head != head || !slices.Equal(h.bodies(), []string{"hello"}) {
		t.Errorf("the room is at %d and shows %q, %v", room.Head, h.bodies(), err)
	}
	_, _, _, err = h.Queue(t.Context(), ana, "lobby")
	wantCode(t, "a guest looks at the queue", err, "policy.moderators_only")
	_, _, q, err := h.Queue(t.Context(), h.mo, "lobby")
	if err != nil || len(q.Held) != 2 || q.Held[0].Body != "easy money" || q.Held[0].Why != "hold word money" {
		t.Fatalf("the queue holds %+v, %v", q.Held, err)
	}
	_, err = h.Approve(t.Context(), ana, "lobby", q.Held[0].ID)
	wantCode(t, "a guest approves", err, "policy.moderators_only")
	before := time.Now().Add(-time.Second)
	m, err := h.Approve(t.Context(), h.mo, "lobby", q.Held[0].ID)
	if err != nil || m.Seq != head+1 || m.Author.ID != ana.ID || !m.Author.Guest || m.At.Before(before) {
		t.Errorf("approved: %+v, %v", m, err)
	}
	_, err = h.Approve(t.Context(), h.mo, "lobby", q.Held[0].ID)
	wantCode(t, "approving twice", err, "held.not_found")
	if again, err := h.Say(t.Context(), ana, "lobby", draft); err != nil || again.Seq != m.Seq {
		t.Errorf("sent again after it was approved: %+v, %v", again, err)
	}
	if err := h.Discard(t.Context(), h.mo, "lobby", q.Held[1].ID); err != nil {
		t.Error(err)
	}
	if got := h.bodies(); !slices.Equal(got, []string{"hello", "easy money"}) {
		t.Errorf("the room shows %q", got)
	}
}

func TestSlowModeIsByPersonAndNotForModerators(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	if err := h.SetSlow(t.Context(), h.mo, "lobby", time.Hour); err != nil {
		t.Fatal(err)
	}
	draft := parlour.Draft{Body: "one", Key: "k"}
	if _, err := h.Say(t.Context(), ana, "lobby", draft); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Say(t.Context(), ana, "lobby", draft); err != nil {
		t.Errorf("the same post sent again: %v", err)
	}
	_, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "two"})
	wantCode(t, "a second message", err, "policy.slow")
	if e := err.(*parlour.Error); e.Kind != parlour.TooMany || e.RetryAfter < 59*time.Minute || e.RetryAfter > time.Hour {
		t.Errorf("told to wait %v", e.RetryAfter)
	}
	h.says(bob, "one")
	h.says(h.mo, "one")
	h.says(h.mo, "two")
	if err := h.SetSlow(t.Context(), h.mo, "lobby", 0); err != nil {
		t.Fatal(err)
	}
	h.says(ana, "two")
}

func TestSameTextTwiceInARowIsRefused(t *testing.T) {
	h := keepHouse(t, parlour.Rules{Limits: true})
	ana := h.guest("Ana", "192.0.2.7")
	h.filters("lobby", parlour.Masking, "damn")
	h.says(ana, "oh damn")
	_, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "oh damn"})
	wantCode(t, "the same again", err, "post.repeated")
	draft := parlour.Draft{Body: "other", Key: "k"}
	for range 2 {
		if _, err := h.Say(t.Context(), ana, "lobby", draft); err != nil {
			t.Errorf("the same post sent again: %v", err)
		}
	}
	h.says(ana, "oh damn")
	for range 50 {
		h.says(h.mo, "order!") // neither repetition nor flood
	}
}

func TestNewcomersLinksWaitWhatElseTheySayDoesNot(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	room, err := h.store.CreateRoom(t.Context(), parlour.Room{Slug: "garden", Name: "Garden", LinkAfter: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ana, _, err := h.Join(t.Context(), parlour.Identity{}, room.Slug, "Ana", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Say(t.Context(), ana, room.Slug, parlour.Draft{Body: "see https://example.org"})
	wantCode(t, "a newcomer's link", err, "policy.newcomer_links")
	if _, err := h.Say(t.Context(), ana, room.Slug, parlour.Draft{Body: "see example.org"}); err != nil {
		t.Error(err)
	}
}
