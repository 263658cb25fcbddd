package parlour_test

import (
	"strings"
	"testing"
	"time"

	"parlour"
)

func TestEmojiIsOneEmoji(t *testing.T) {
	for typed, want := range map[string]string{
		"👍": "👍", "👍🏽": "👍🏽", "❤️": "❤️", "❤": "❤️", "☺": "☺️", "👩‍🚀": "👩‍🚀", "👨‍👩‍👧‍👦": "👨‍👩‍👧‍👦",
		"🇩🇪": "🇩🇪", "1️⃣": "1️⃣", "🏴󠁧󠁢󠁷󠁬󠁳󠁿": "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
	} {
		if got, err := parlour.CleanEmoji(typed); got != want || err != nil {
			t.Errorf("%q is kept as %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{
		"", " ", "a", "1", "#", "👍👍", "👍 ", "hello", ":+1:", "<b>", "\xf0\x9f", "\u200d", "\ufe0f", "😀\u202e",
		strings.Repeat("👍", 40), "👍" + strings.Repeat("\u0301", 20),
	} {
		if got, err := parlour.CleanEmoji(typed); parlour.KindOf(err) != parlour.Invalid {
			t.Errorf("%q is kept as %q, %v", typed, got, err)
		}
	}
	for _, offered := range parlour.OfferedReactions {
		if got, err := parlour.CleanEmoji(offered); got != offered || err != nil {
			t.Errorf("%q is offered and kept as %q, %v", offered, got, err)
		}
	}
}

func TestQuoteKeepsSpoilersHidden(t *testing.T) {
	quoted := func(body string) string { return parlour.Message{Seq: 1, Body: body}.Quoted().Excerpt }
	for body, want := range map[string]string{
		"plain":                 "plain",
		"it was ||the butler||": "it was …",
		"||a|| b ||c||\n d":     "… b … d",
		"a || b":                "a || b",
		"||||":                  "||||",
		"||a||b||":              "…b||",
		"||never\nclosed":       "||never closed",
	} {
		if got := quoted(body); got != want {
			t.Errorf("%q is quoted as %q, want %q", body, got, want)
		}
	}
	long := quoted("||" + strings.Repeat("x", 200) + "|| " + strings.Repeat("e\u0301", 200))
	if want := "… " + strings.Repeat("e\u0301", 98) + "…"; long != want {
		t.Errorf("cut to %q", long)
	}
}

func TestReplyIsToWhatOneMayRead(t *testing.T) {
	h := open(t, parlour.Rules{})
	ana := h.join(nobody, "lobby", "Ana")
	say := func(by parlour.Identity, draft parlour.Draft) parlour.Message {
		t.Helper()
		m, err := h.Say(t.Context(), by, "lobby", draft)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	early := say(ana, parlour.Draft{Body: "early"})
	room := h.room("lobby")
	room.HistoryFromJoin = true
	if _, err := h.store.ChangeRoom(t.Context(), room, nil, parlour.LogEntry{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	bob := h.join(nobody, "lobby", "Bob")
	if _, err := h.Say(t.Context(), bob, "lobby", parlour.Draft{Body: "a", Reply: early.Seq}); err != parlour.ErrReplyGone {
		t.Errorf("Bob answers what is not for him: %v", err)
	}
	if _, err := h.Say(t.Context(), bob, "lobby", parlour.Draft{Body: "a", Reply: 99}); err != parlour.ErrReplyGone {
		t.Errorf("Bob answers what is not there: %v", err)
	}
	if _, _, err := h.React(t.Context(), bob, "lobby", early.Seq, "👍", 0); err != parlour.ErrMessageNotFound {
		t.Errorf("Bob reacts to what is not for him: %v", err)
	}
	if _, _, _, _, err := h.Around(t.Context(), bob, "lobby", early.Seq); err != parlour.ErrMessageNotFound {
		t.Errorf("Bob opens what is not for him: %v", err)
	}

	// Whoever may read it sees that it is an answer, but not to what.
	reply := say(ana, parlour.Draft{Body: "b", Reply: early.Seq})
	if *reply.Quote != (parlour.Quote{Seq: early.Seq}) {
		t.Errorf("Bob would be told %+v", reply.Quote)
	}
	answer := say(bob, parlour.Draft{Body: "c", Reply: reply.Seq})
	if answer.Quote.Excerpt != "b" {
		t.Errorf("Bob quotes %+v", answer.Quote)
	}
	_, _, page, _, err := h.Around(t.Context(), bob, "lobby", reply.Seq)
	if err != nil || len(page.Messages) != 2 || page.More {
		t.Errorf("Bob sees %+v, %v", page, err)
	}
}

// A quote from before the room began to hide its history is not told to those
// from whom it is hidden.
func TestQuotesAreVeiledForWhoeverCameLater(t *testing.T) {
	quote := &parlour.Quote{Seq: 1, Name: "Ana", Excerpt: "early"}
	of := func() []parlour.Message {
		return []parlour.Message{{Seq: 1}, {Seq: 4, Quote: quote}, {Seq: 5, Quote: quote}}
	}
	for name, messages := range map[string][]parlour.Message{
		"page":     parlour.Page{Messages: of()}.From(1).Messages,
		"catch-up": parlour.Catchup{Messages: of()[1:]}.From(1).Messages,
	} {
		for _, m := range messages {
			if m.Quote == nil || *m.Quote != (parlour.Quote{Seq: 1}) {
				t.Errorf("%s: %+v", name, m.Quote)
			}
		}
		if len(messages) != 2 {
			t.Errorf("%s: %d messages", name, len(messages))
		}
	}
	if m := (parlour.Page{Messages: of()}).From(0).Messages[1]; m.Quote != quote {
		t.Errorf("somebody else sees %+v", m.Quote)
	}
}

func TestReactionsAreForThoseWhoMayTalk(t *testing.T) {
	h := open(t, parlour.Rules{Limits: true})
	ana, bob := h.join(nobody, "lobby", "Ana"), h.join(nobody, "lobby", "Bob")
	m, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	got, given, err := h.React(t.Context(), bob, "lobby", m.Seq, "👍", 0)
	if err != nil || !given || len(got.Reactions) != 1 || got.Reactions[0].Names[0] != "Bob" {
		t.Errorf("Bob reacts: %+v, %v", got, err)
	}
	if _, _, err := h.React(t.Context(), bob, "lobby", m.Seq, "nice", 0); parlour.KindOf(err) != parlour.Invalid {
		t.Errorf("with a word: %v", err)
	}
	if _, _, err := h.React(t.Context(), bob, "lobby", 99, "👍", 0); err != parlour.ErrMessageNotFound {
		t.Errorf("to nothing: %v", err)
	}
	var flooded error
	for range 20 {
		if _, _, err := h.React(t.Context(), bob, "lobby", m.Seq, "🎉", 0); err != nil {
			flooded = err
		}
	}
	if parlour.KindOf(flooded) != parlour.TooMany {
		t.Errorf("twenty at once: %v", flooded)
	}
	sanction := parlour.Sanction{Kind: parlour.Mute, Room: h.room("lobby").ID, Person: ana.ID, At: time.Now()}
	if _, err := h.store.Sanction(t.Context(), sanction, parlour.LogEntry{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.React(t.Context(), ana, "lobby", m.Seq, "👍", 0); parlour.KindOf(err) != parlour.Forbidden {
		t.Errorf("Ana is muted and reacts: %v", err)
	}
	if err := h.Leave(t.Context(), bob, "lobby"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.React(t.Context(), bob, "lobby", m.Seq, "👍", 0); err != parlour.ErrNoSeat {
		t.Errorf("Bob has left and reacts: %v", err)
	}
}
