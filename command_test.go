package parlour_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"parlour"
)

func TestCommandsBeginWithOneSlash(t *testing.T) {
	for body, is := range map[string]bool{
		"/help": true, " /kick Ana": true, "/nonsense": true, "/": true, "/etc/passwd is a file": true,
		"//help": false, "/me waves": false, "/me": false, "/me\nwaves": false, "/shrug": false, "/shrug off": false, "/shrugs": true, "help": false, "a /kick": false, "": false,
		"/mega": true,
	} {
		if parlour.IsCommand(body) != is {
			t.Errorf("IsCommand(%q) = %v", body, !is)
		}
	}
	h := keepHouse(t, parlour.Rules{})
	if m := h.says(h.mo, "//shrug"); m.Body != "/shrug" || m.Kind != parlour.KindMessage {
		t.Errorf("said %+v", m)
	}
	_, err := h.Say(t.Context(), h.mo, "lobby", parlour.Draft{Body: "/kick Ana"})
	wantCode(t, "a command that is said", err, "command.not_here")
	if got := h.bodies(); !slices.Equal(got, []string{"/shrug"}) {
		t.Errorf("the room shows %q", got)
	}
}

func TestCommandsFindTheLongestName(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	for _, name := range []string{"Ana", "Ana Maria", "10m"} {
		h.guest(name, "192.0.2.7")
	}
	for _, c := range []struct{ typed, name, span, reason string }{
		{"/mute Ana 10m shouting at all", "Ana", "10m", "shouting at all"},
		{"/mute ANA MARIA 1h30m", "Ana Maria", "1h30m", ""},
		{"/mute \"Ana\" Maria is rude", "Ana", "", "Maria is rude"},
		{"/mute @Ana Maria, stop", "Ana", "", "Maria, stop"},
		{"/mute 10m 10m 10m", "10m", "10m", "10m"},
		{"/MUTE  Ana\n2d", "Ana", "2d", ""},
	} {
		answer, err := h.Obey(t.Context(), h.mo, "lobby", c.typed)
		if err != nil {
			t.Errorf("%q: %v", c.typed, err)
			continue
		}
		_, _, q, err := h.Queue(t.Context(), h.mo, "lobby")
		if err != nil {
			t.Fatal(err)
		}
		s, span := q.Sanctions[0], ""
		if !s.Until.IsZero() {
			span = parlour.FormatSpan(s.Until.Sub(s.At))
		}
		if s.Kind != parlour.Mute || s.Name != c.name || span != c.span || s.Reason != c.reason || answer.Args["Name"] != c.name {
			t.Errorf("%q: %+v, answered %+v", c.typed, s, answer)
		}
	}
}

func TestCommandsAreRefusedWithTheFieldAtFault(t *testing.T) {
	h := keepHouse(t, parlour.Rules{NameHold: time.Hour})
	ana := h.guest("Ana", "192.0.2.7")
	for _, c := range []struct {
		by          parlour.Identity
		typed, code string
	}{
		{h.mo, "/dance", "command.unknown"},
		{ana, "/dance", "command.unknown"},
		{ana, "/kick Mo", "policy.moderators_only"},
		{ana, "/topic mine", "policy.moderators_only"},
		{h.mo, "/kick", "command.name"},
		{h.mo, "/kick Nobody 10m", "command.nobody"},
		{h.mo, "/unban Ana", "command.nobody"},
		{h.mo, "/kick Owen", "sanction.outranked"},
		{h.mo, "/slow", "command.span"},
		{h.mo, "/slow fast", "command.span"},
		{h.mo, "/slow 2w", "slow.span"},
		{ana, "/nick", "name.empty"},
		{ana, "/nick mo", "name.taken"},
		{h.mo, "/nick Ana", "name.taken"},
		{ana, "/topic off", "policy.moderators_only"},
	} {
		_, err := h.Obey(t.Context(), c.by, "lobby", c.typed)
		wantCode(t, c.by.Name+" types "+c.typed, err, c.code)
	}
	for code, by := range map[string]parlour.Identity{"help": ana, "help_moderator": h.mo} {
		if answer, err := h.Obey(t.Context(), by, "lobby", "/help"); err != nil || answer.Code != code {
			t.Errorf("help for %s: %+v, %v", by.Name, answer, err)
		}
	}
}

func TestNickRenamesEverywhere(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	for _, by := range []parlour.Identity{h.guest("Ana", "192.0.2.7"), h.mo} {
		answer, err := h.Obey(t.Context(), by, "lobby", "/nick  Dr "+by.Name)
		if err != nil || answer.Code != "nick" || answer.Args["Name"] != "Dr "+by.Name || answer.As.ID != by.ID || answer.As.Name != "Dr "+by.Name {
			t.Fatalf("answered %+v, %v", answer, err)
		}
		room, err := h.store.Room(t.Context(), "lobby")
		if err != nil {
			t.Fatal(err)
		}
		seat, err := h.store.Seat(t.Context(), room.ID, by.ID)
		if err != nil || seat.Name != "Dr "+by.Name {
			t.Errorf("the seat is %+v, %v", seat, err)
		}
	}
	if _, err := h.Obey(t.Context(), h.mo, "lobby", `/mute "Dr Ana"`); err != nil {
		t.Fatal(err)
	}
	ana := h.guest("Mia", "192.0.2.7")
	if _, err := h.Obey(t.Context(), h.mo, "lobby", "/mute Mia"); err != nil {
		t.Fatal(err)
	}
	_, err := h.Obey(t.Context(), ana, "lobby", "/nick Mia speaks")
	wantCode(t, "a muted guest who says it by a name", err, "policy.muted")
}

func TestTopicIsShownToWhoMayRead(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	for _, c := range []struct{ set, code, topic string }{
		{"/topic Roses /off", "topic_is", "Roses /off"}, {"/topic off", "topic_none", ""},
	} {
		if _, err := h.Obey(t.Context(), h.mo, "lobby", c.set); err != nil {
			t.Fatal(err)
		}
		for _, by := range []parlour.Identity{ana, h.mo} {
			answer, err := h.Obey(t.Context(), by, "lobby", "/topic")
			if topic, _ := answer.Args["Topic"].(string); err != nil || answer.Code != c.code || topic != c.topic {
				t.Errorf("after %s %s is answered %+v, %v", c.set, by.Name, answer, err)
			}
		}
	}
	if _, err := h.Obey(t.Context(), h.mo, "lobby", "/ban Ana"); err != nil {
		t.Fatal(err)
	}
	_, err := h.Obey(t.Context(), ana, "lobby", "/topic")
	wantCode(t, "the topic for somebody banned", err, "policy.barred")
}

func TestShrugIsSaidBehindItsText(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	for typed, body := range map[string]string{
		"/shrug": parlour.Shrug, "/shrug  who\nknows ": "who\nknows " + parlour.Shrug,
		"/shrug ": parlour.Shrug, "//shrug it": "/shrug it",
	} {
		if m := h.says(h.mo, typed); m.Body != body || m.Kind != parlour.KindMessage {
			t.Errorf("%q is said as %+v", typed, m)
		}
	}
	_, err := h.Say(t.Context(), h.mo, "lobby", parlour.Draft{Body: "/shrug " + strings.Repeat("a", parlour.MaxBody-7)})
	wantCode(t, "a text that is too long with its shrug", err, "body.too_long")
}

func TestCommandsSetTheRoomAndTellIt(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	room := func() parlour.Room {
		t.Helper()
		r, err := h.store.Room(t.Context(), "lobby")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		typed string
		isSo  func(parlour.Room) bool
	}{
		{"/topic  Roses & thorns ", func(r parlour.Room) bool { return r.Topic == "Roses & thorns" }},
		{"/slow 90s", func(r parlour.Room) bool { return r.Slow == 90*time.Second && r.Topic == "Roses & thorns" }},
		{"/slow off", func(r parlour.Room) bool { return r.Slow == 0 }},
		{"/lock", func(r parlour.Room) bool { return r.Locked }},
		{"/unlock", func(r parlour.Room) bool { return !r.Locked }},
		{"/readonly", func(r parlour.Room) bool { return r.ReadOnly }},
		{"/readonly off", func(r parlour.Room) bool { return !r.ReadOnly }},
		{"/topic off", func(r parlour.Room) bool { return r.Topic == "" }},
	} {
		before := room().Head
		if _, err := h.Obey(t.Context(), h.mo, "lobby", c.typed); err != nil {
			t.Errorf("%s: %v", c.typed, err)
		}
		r := room()
		changes := parlour.Seq(1)
		if strings.HasPrefix(c.typed, "/topic") { // stands above the messages too
			changes = 2
		}
		if !c.isSo(r) || r.Head != before+changes {
			t.Errorf("after %s the room is %+v", c.typed, r)
		}
		page, err := h.store.Page(t.Context(), r.ID, 0, 1)
		if err != nil || page.Messages[0].Event == nil || page.Messages[0].Event.Set == nil || page.Messages[0].Event.Set.By != "Mo" {
			t.Errorf("%s is told as %+v, %v", c.typed, page.Messages, err)
		}
	}
}

func TestUnbanMeansOnePerson(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	for _, typed := range []string{"/kick Ana", "/ban Ana 1d spam"} {
		if _, err := h.Obey(t.Context(), h.mo, "lobby", typed); err != nil {
			t.Fatal(err)
		}
	}
	if answer, err := h.Obey(t.Context(), h.mo, "lobby", "/unban ana"); err != nil || answer.Code != "lifted" {
		t.Errorf("unban: %+v, %v", answer, err)
	}
	if got := h.mayRead(ana); got != "" {
		t.Errorf("after the unban: %q", got)
	}
	if _, err := h.Obey(t.Context(), h.mo, "lobby", "/ban Ana"); err != nil {
		t.Fatal(err)
	}
	if err := h.store.GiveUpSeat(t.Context(), h.lobby.ID, ana.ID); err != nil {
		t.Fatal(err)
	}
	another := parlour.Identity{Session: "s-another", Addr: netip.MustParseAddr("192.0.2.99")}
	if _, _, err := h.Join(t.Context(), another, "lobby", "Ana", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Obey(t.Context(), h.mo, "lobby", "/ban Ana"); err != nil {
		t.Fatal(err)
	}
	_, err := h.Obey(t.Context(), h.mo, "lobby", "/unban Ana")
	wantCode(t, "two people of one name", err, "command.ambiguous")
}

func TestSpansAreReadAsTheyAreWritten(t *testing.T) {
	for typed, want := range map[string]string{
		"10m": "10m", "90s": "1m30s", "1h30m": "1h30m", "2D": "2d", "1w": "7d", "36h": "1d12h", "520w": "3640d",
	} {
		span, ok := parlour.ParseSpan(typed)
		if got := parlour.FormatSpan(span); !ok || got != want {
			t.Errorf("%q is %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "0m", "10", "m", "-1m", "10x", "1m m", "999999999999s", "99999999w", "10 m", "¼h", "1.5h"} {
		if span, ok := parlour.ParseSpan(typed); ok {
			t.Errorf("%q is read as %v", typed, span)
		}
	}
}
