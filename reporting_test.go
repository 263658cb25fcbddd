package parlour_test

import (
	"testing"
	"time"

	"parlour"
)

func TestReportsWaitForModeratorsAndAreSettledTogether(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob, cem := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8"), h.guest("Cem", "192.0.2.9")
	m := h.says(ana, "rude")
	for _, by := range []parlour.Identity{bob, bob, cem} {
		if err := h.Report(t.Context(), by, "lobby", m.Seq, "that is rude"); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, "reporting nothing", h.Report(t.Context(), bob, "lobby", 4711, ""), "message.not_found")
	wantCode(t, "a visitor reports", h.Report(t.Context(), parlour.Identity{}, "lobby", m.Seq, ""), "session.none")
	_, _, q, err := h.Queue(t.Context(), h.mo, "lobby")
	if err != nil || len(q.Reports) != 2 || q.Reports[0].By.Name != "Bob" || q.Reports[0].Message.Body != "rude" || q.Reports[0].Slug != "lobby" {
		t.Fatalf("reports: %+v, %v", q.Reports, err)
	}
	wantCode(t, "a guest settles", h.Settle(t.Context(), bob, "lobby", q.Reports[0].ID, parlour.OutcomeActed, ""), "policy.moderators_only")
	wantCode(t, "an outcome that is none", h.Settle(t.Context(), h.mo, "lobby", q.Reports[0].ID, "sung", ""), "report.outcome")
	if err := h.Settle(t.Context(), h.mo, "lobby", q.Reports[0].ID, parlour.OutcomeDismissed, "it was a joke"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "settling the other", h.Settle(t.Context(), h.mo, "lobby", q.Reports[1].ID, parlour.OutcomeActed, ""), "report.not_found")
	if _, _, q, err := h.Queue(t.Context(), h.mo, "lobby"); err != nil || q.Len() != 0 {
		t.Errorf("still waiting: %+v, %v", q, err)
	}
}

func TestGuestsWaitUntilTheyAreLetIn(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	room, err := h.store.CreateRoom(t.Context(), parlour.Room{Slug: "garden", Name: "Garden", WaitingRoom: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.SetRole(t.Context(), room.ID, h.mo.ID, parlour.Moderator, false, parlour.LogEntry{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var waiting []parlour.Identity
	for _, name := range []string{"Ana", "Bob"} {
		by, _, err := h.Join(t.Context(), parlour.Identity{}, room.Slug, name, "")
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, err = h.Enter(t.Context(), by, room.Slug)
		wantCode(t, name+" enters", err, "policy.waiting")
		_, err = h.Say(t.Context(), by, room.Slug, parlour.Draft{Body: "hi"})
		wantCode(t, name+" talks", err, "policy.waiting")
		waiting = append(waiting, by)
	}
	if _, _, _, err := h.Enter(t.Context(), h.ad, room.Slug); err != nil {
		t.Errorf("a member waits: %v", err)
	}
	_, _, q, err := h.Queue(t.Context(), h.mo, room.Slug)
	if err != nil || len(q.Waiting) != 2 {
		t.Fatalf("waiting: %+v, %v", q.Waiting, err)
	}
	wantCode(t, "a guest lets themselves in", h.Admit(t.Context(), waiting[0], room.Slug, waiting[0].ID), "policy.moderators_only")
	if err := h.Admit(t.Context(), h.mo, room.Slug, waiting[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := h.TurnAway(t.Context(), h.mo, room.Slug, waiting[1].ID, "no"); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := h.Enter(t.Context(), waiting[0], room.Slug); err != nil {
		t.Errorf("who was let in is answered %v", err)
	}
	_, _, _, err = h.Enter(t.Context(), waiting[1], room.Slug)
	wantCode(t, "who was turned away enters", err, "policy.barred")
	if _, _, q, err := h.Queue(t.Context(), h.mo, room.Slug); err != nil || q.Len() != 0 {
		t.Errorf("still waiting: %+v, %v", q, err)
	}
}

func TestModerationLogIsOnlyAddedTo(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	h.sanction(h.mo, parlour.Sentence{Kind: parlour.Mute, Person: ana.ID})
	h.sanction(h.ad, parlour.Sentence{Kind: parlour.Ban, Person: ana.ID, House: true, Reason: "spam"})
	_, _, err := h.ModerationLog(t.Context(), ana, "lobby", 0)
	if err == nil {
		t.Error("a guest reads the log")
	}
	_, _, err = h.ModerationLog(t.Context(), h.ow, "", 0)
	wantCode(t, "an owner reads the log of the house", err, "policy.admins_only")
	_, all, err := h.ModerationLog(t.Context(), h.ad, "", 0)
	if err != nil || len(all) < 2 || all[0].Act != parlour.ActBan || all[0].Room != 0 || all[0].Reason != "spam" {
		t.Errorf("the house's log: %+v, %v", all, err)
	}
	if all[0].RoomName != "" || all[1].RoomSlug != "lobby" || all[1].RoomName != "Lobby" {
		t.Errorf("the house's log does not tell where it was: %+v", all[:2])
	}
	_, here, err := h.ModerationLog(t.Context(), h.mo, "lobby", 0)
	if err != nil || len(here) == 0 || here[0].Act != parlour.ActMute {
		t.Errorf("the room's log: %+v, %v", here, err)
	}
}

func TestReportKeepsWhatWasSaidUntilItIsSettled(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob, cem := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8"), h.guest("Cem", "192.0.2.9")
	m := h.says(ana, "rude")
	report := func(by parlour.Identity) {
		t.Helper()
		if err := h.Report(t.Context(), by, "lobby", m.Seq, ""); err != nil {
			t.Fatal(err)
		}
	}
	report(bob)
	if _, err := h.edits(ana, m.Seq, "polite"); err != nil {
		t.Fatal(err)
	}
	report(cem)
	if err := h.DeleteMessage(t.Context(), ana, "lobby", m.Seq, ""); err != nil {
		t.Fatal(err)
	}
	_, _, q, err := h.Queue(t.Context(), h.mo, "lobby")
	if err != nil || len(q.Reports) != 2 || q.Reports[0].Said != "rude" || q.Reports[1].Said != "polite" {
		t.Fatalf("reports: %+v, %v", q.Reports, err)
	}
	if err := h.Settle(t.Context(), h.mo, "lobby", q.Reports[0].ID, parlour.OutcomeActed, ""); err != nil {
		t.Fatal(err)
	}
}
