package views

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"parlour"
)

// What the log keeps is names that the program has for things, and nobody is shown one.
func TestModerationLogIsToldInWords(t *testing.T) {
	bob := parlour.Author{ID: "p-bob", Name: "<Bob>"}
	for _, one := range []struct {
		act          parlour.Act
		detail, want string
	}{
		{parlour.ActBan, "", "Ada banned <Bob> For good"},
		{parlour.ActKick, "10m", "Ada kicked <Bob> 10 minutes"},
		{parlour.ActMute, "1d1h30m1s", "Ada muted <Bob> 1 day 1 hour 30 minutes 1 second"},
		{parlour.ActLift, "mute", "Ada undid this for <Bob>: Mute"},
		{parlour.ActDelete, "12", "Ada deleted message 12 of <Bob>"},
		{parlour.ActPurge, "3", "Ada deleted messages of <Bob>: 3"},
		{parlour.ActPin, "12", "Ada pinned message [/rooms/tea/messages/12]12 of <Bob>"},
		{parlour.ActSettle, "12 dismissed", "Ada settled the reports about message [/rooms/tea/messages/12]12: Nothing wrong"},
		{parlour.ActAddFilter, "mask regex a b <c>", "Ada added a filter: Regular expression a b <c>: Replace with ***"},
		{parlour.ActRemoveFilter, "hold link ", "Ada removed a filter: Link: Hold for approval"},
		{parlour.ActTopic, "", "Ada removed the topic"},
		{parlour.ActTopic, "1h", "Ada changed the topic: 1h"},
		{parlour.ActSlow, "30s", "Ada set slow mode: 30 seconds"},
		{parlour.ActSlow, "0s", "Ada ended slow mode"},
		{parlour.ActRole, "moderator", "Ada changed the role of <Bob> Moderator"},
		{parlour.ActRole, "", "Ada changed the role of <Bob> Not on the list"},
		{parlour.ActInvite, "listed", "Ada created an invitation On the list"},
		{parlour.ActInvite, "", "Ada created an invitation"},
		{parlour.ActUseInvite, "guest", "<Bob> accepted an invitation A guest"},
		{parlour.ActSettings, "sign_up=invited create_rooms=admins", "Ada changed the settings of the house Who may sign up: With an invitation only · Who may create rooms: Admins"},
		{parlour.ActRevokeInvite, "", "Ada revoked an invitation"},
	} {
		e := parlour.LogEntry{RoomSlug: "tea", By: parlour.Author{Name: "Ada"}, Act: one.act, Target: bob, Detail: one.detail}
		if got := plainOf(english.entryWords(e)); got != one.want {
			t.Errorf("%s with %q is told as %q, want %q", one.act, one.detail, got, one.want)
		}
		for _, l := range languages {
			in := Locale{Lang: l.Code}
			if told := in.entryWords(e); told == "" || strings.Contains(told, "{") || strings.Contains(told, `<bdi></bdi>`) {
				t.Errorf("%s: %s with %q is told as %q", l.Code, one.act, one.detail, told)
			}
		}
	}
	if got := plainOf(english.entryWords(parlour.LogEntry{Act: parlour.ActKick, Target: bob, Detail: "10m"})); got != "The house kicked <Bob> 10 minutes" {
		t.Errorf("what a filter did is told as %q", got)
	}
}

// A filter is told alike where it is kept, where it did something and in the log.
func TestHeldMessageTellsInWordsWhichFilterHeldIt(t *testing.T) {
	for _, one := range []struct {
		by   parlour.Filter
		want string
	}{
		{parlour.Filter{Act: parlour.Holding, Kind: "word", Pattern: "easy <money>"}, `Word <code dir="ltr">easy &lt;money&gt;</code>: Hold for approval`},
		{parlour.Filter{Act: parlour.Holding, Kind: "link"}, "Link: Hold for approval"},
	} {
		m := Moderation{Queue: parlour.Queue{
			Held: []parlour.Held{{ID: 1, Why: one.by.String()}}, Filters: []parlour.Filter{one.by},
		}}
		if shown := shownAs(t, ModerationPage(pageIn("en"), m)); strings.Count(shown, one.want) != 2 {
			t.Errorf("%q is not told twice on\n%s", one.want, shown)
		}
	}
}

func TestLengthsOfTimeAreToldAsTheLanguageDoes(t *testing.T) {
	for lang, want := range map[string]string{
		"en": "2 days 1 hour", "de": "2 Tage 1 Stunde", "es": "2 días 1 hora", "fr": "2 jours 1 heure",
		"pl": "2 dni 1 godz.", "pt": "2 dias 1 hora", "ar": "يومين ساعة واحدة", "zh": "2 天 1 小时",
	} {
		if got := (Locale{Lang: lang}).span(49 * time.Hour); got != want {
			t.Errorf("%s tells %q, want %q", lang, got, want)
		}
	}
}

// plainOf is what a fragment tells, with where its links lead.
func plainOf(fragment string) string {
	fragment = regexp.MustCompile(`<a href="([^"]*)"[^>]*>`).ReplaceAllString(fragment, "[$1]")
	fragment = regexp.MustCompile(`</?\w[^>]*>`).ReplaceAllString(fragment, "")
	return strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(fragment)
}
