package views

import (
	"bytes"
	"strings"
	"testing"

	"parlour"
)

func TestRoomSaysWhereItsStreamGoesOn(t *testing.T) {
	for name, want := range map[string][]string{
		"room": {
			`hx-sse:connect="/rooms/lobby/events?after=121"`, `hx-swap="beforeend target:#log"`, `hx-nonce:inherited="` + nonce + `"`,
			`hx-get="/rooms/lobby/messages?before=71"`, `href="/rooms/lobby?before=71"`, `<article id="m-71">made before</article>`,
			`href="/rooms/lobby/own.css?id=` + ana.ID + `"`, `name="key" value="KEY"`, `src="/rooms/lobby/live"`,
			`src="/rooms/lobby/compose"`, `<bdi>Ana &lt;3</bdi>`, `href="/rooms/lobby?lang=de"`,
		},
		"room, refused": {`hx-config='{"sse":{"pauseOnBackground":false}}'`, `&lt;draft&gt;</textarea>`, `class="start"`},
		"past":          {`href="/rooms/lobby"`, `href="/rooms/lobby?before=71&amp;lang=de"`},
		"compose":       {`action="/rooms/lobby/compose"`},
	} {
		got := shownAs(t, pages("en")[name])
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s lacks %s:\n%s", name, part, got)
			}
		}
	}
	for _, part := range []string{"hx-sse", "<script", "<form id=\"composer\"", "noscript"} {
		if got := shownAs(t, pages("en")["past"]); strings.Contains(got, part) {
			t.Errorf("a page of the past has %s:\n%s", part, got)
		}
	}
	if got := shownAs(t, pages("en")["room"]); strings.Contains(got, "pauseOnBackground") {
		t.Error("a room keeps its stream in the background without being told to")
	}
}

func TestAnswersToHTMX(t *testing.T) {
	flooded := parlour.Errorf(parlour.TooMany, "flood", "too fast")
	flooded.RetryAfter = 7e9
	golden(t, "sent", shownAs(t, Sent(Locale{Lang: "en"}, "FRESH", Taken{})))
	golden(t, "sent-nick", shownAs(t, Sent(Locale{Lang: "de"}, "FRESH", Taken{Told: "Du heißt jetzt <Ana>.", Name: "<Ana>"})))
	golden(t, "refused-flood", shownAs(t, Refused(english, flooded, "")))
	golden(t, "refused-session", shownAs(t, Refused(Locale{Lang: "de"}, parlour.ErrNoSeat, "")))
	about := aboutNow()
	golden(t, "menu-of-moderator", shownAs(t, Menu(pageIn("en"), about)))
	about.Menu = parlour.Menu{Reports: true}
	golden(t, "menu-of-guest", shownAs(t, Menu(pageIn("ar"), about)))
	golden(t, "edit-below", shownAs(t, EditBelow(pageIn("en"), Editing{Room: lobby, Message: about.Message, Body: "</textarea><b>"})))
	golden(t, "edit-refused", shownAs(t, EditRefused(english, flooded)))
	golden(t, "acted", shownAs(t, Acted("Done & said")))
	golden(t, "previewed", shownAs(t, Previewed(Locale{Lang: "ar"}, parlour.Message{Kind: parlour.KindMessage, Author: ana, Body: "*so* ||it is||"})))
	golden(t, "older", shownAs(t, Older(pageIn("en"), lobby, []byte("<article></article>"), 21, 71, 120)))
	golden(t, "older-start", shownAs(t, Older(pageIn("en"), lobby, []byte("<article></article>"), 0, 21, 120)))
	golden(t, "closed", shownAs(t, Closed(english, Ended{Reason: EndedSession, Room: lobby})))
}

func TestLivePageIsLeftOpen(t *testing.T) {
	head := shownAs(t, LiveHead(pageIn("ar"), lobby, 3))
	if !strings.HasSuffix(head, `<div id="log" role="log" aria-label="الرسائل">`) {
		t.Errorf("it ends in %s", head[len(head)-80:])
	}
	for _, part := range []string{`<meta http-equiv="refresh" content="3">`, `<html lang="ar" dir="rtl">`} {
		if !strings.Contains(head, part) {
			t.Errorf("%s lacks %s", head, part)
		}
	}
	if strings.Contains(head, "script") {
		t.Error("it has a script")
	}
}

func TestOwnSheetHasNothingThatAnAddressSmuggles(t *testing.T) {
	const mine = ".by-gk3j4h5l6m7n8{--tint:var(--own)}\n" +
		"article:has(.to-gk3j4h5l6m7n8){--tint:var(--called)}\n.to-gk3j4h5l6m7n8{font-weight:700}\n" +
		"#typing .but-gk3j4h5l6m7n8{display:inline}\n#typing .but-gk3j4h5l6m7n8~*{display:none}\n"
	for id, want := range map[string]string{
		"gk3j4h5l6m7n8":         mine,
		"":                      "",
		"a{}*{display:none}":    "",
		"a b":                   "",
		"é":                     "",
		strings.Repeat("a", 65): "",
	} {
		var out bytes.Buffer
		if err := OwnCSS(&out, id); err != nil || out.String() != want {
			t.Errorf("OwnCSS(%q) = %q, %v", id, out.String(), err)
		}
	}
}
