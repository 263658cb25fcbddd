package views

import (
	"io"
	"strings"
	"testing"

	"parlour"
)

// answered is one message of each sort of answer.
var answered = map[string]parlour.Message{
	"replied and reacted": {
		Kind: parlour.KindMessage, Author: ana, Body: "Hello yourself",
		Quote: &parlour.Quote{Seq: 90, Person: "gb", Name: "<Bob>", Excerpt: "hello <all> \"of\" you…"},
		Reactions: []parlour.Reaction{
			{Emoji: "👍", Count: 1, Names: []string{`<Bob>"`}},
			{Emoji: "❤️", Count: 12, Names: []string{"A", "B", "C"}},
		},
	},
	"replied to what is gone":      {Kind: parlour.KindMessage, Author: ana, Body: "a", Quote: &parlour.Quote{Seq: 90, Gone: true}},
	"replied to what is not shown": {Kind: parlour.KindAction, Author: ana, Body: "waves", Quote: &parlour.Quote{Seq: 90}},
	"replied to what many replied to": {
		Kind: parlour.KindNotice, Author: ana, Body: "a", Quote: &parlour.Quote{Seq: 90, Person: "gb", Name: "Bob"},
	},
}

func TestAnswersLookAsAgreed(t *testing.T) {
	for name, m := range answered {
		m, file := numbered(m), strings.ReplaceAll(name, " ", "-")
		for _, lang := range []string{"en", "ar"} {
			golden(t, file+"."+lang, written(t, func(w io.Writer) error {
				return WriteMessage(w, Locale{Lang: lang}.In("lobby"), m)
			}))
		}
	}
	m := numbered(answered["replied and reacted"])
	golden(t, "found", written(t, func(w io.Writer) error { return WriteFound(w, english.In("lobby"), m) }))
	m.Changed++
	golden(t, "change-reacted", written(t, func(w io.Writer) error { return WriteChange(w, english.In("lobby"), m.Change()) }))
	golden(t, "live-reacted", written(t, func(w io.Writer) error { return WriteLiveChange(w, english.In("lobby"), m.Change()) }))
}

// What is answered to htmx stands in the list, where its gate is shut, and in the
// composer, where it is open.
func TestAnswersToHTMXAboutAnswersLookAsAgreed(t *testing.T) {
	m := numbered(answered["replied and reacted"])
	quote := m.Quoted()
	golden(t, "replying", shownAs(t, Replying(english, "lobby", &quote)))
	golden(t, "replying-to-nothing", shownAs(t, Replying(english, "lobby", nil)))
	golden(t, "sent-reply", shownAs(t, Sent(Locale{Lang: "en"}, "FRESH", Taken{Reply: 90})))
	golden(t, "refused-reply", shownAs(t, Refused(english, parlour.ErrReplyGone, "")))
	golden(t, "told", shownAs(t, Told("You took 👍 back.")))
	below := shownAs(t, ReactionsBelow(pageIn("en"), Reactions{
		Room: lobby, Message: m, Reacts: true, All: []parlour.Reactor{{Emoji: "👍", Author: parlour.Author{Name: "<Bob>"}}},
	}))
	golden(t, "reactions", below)
	for _, element := range elements(t, strings.NewReplacer("<hx-partial", "<i", "</hx-partial", "</i").Replace(below)) {
		for _, attr := range element.Attr {
			if strings.HasPrefix(attr.Key, "hx-") && element.Data != "i" && attr.Key != "hx-ignore" {
				t.Errorf("<%s> has %s", element.Data, attr.Key)
			}
		}
	}
}

func TestNamesInAttributesAreJoinedAsTheLanguageDoes(t *testing.T) {
	for _, c := range []struct {
		lang  string
		named []string
		more  int
		want  string
	}{
		{"en", []string{"Ana"}, 0, "Ana"},
		{"en", []string{"Ana", "Bob", "Cleo"}, 0, "Ana, Bob and Cleo"},
		{"en", []string{"Ana", "Bob"}, 1, "Ana, Bob and 1 other"},
		{"de", []string{"Ana", "Bob"}, 2, "Ana, Bob und 2 weitere"},
		{"es", []string{"Ana", "Inés"}, 0, "Ana e Inés"},
		{"es", []string{"Ana", "Inés"}, 3, "Ana, Inés y 3 personas más"},
	} {
		if got := plainNames(Locale{Lang: c.lang}, c.named, c.more); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}
