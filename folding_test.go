package parlour

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFoldLeavesWhatSearchersTakeForTheSame(t *testing.T) {
	for text, want := range map[string]string{
		" Café\n\tSTRASSE  ": "cafe strasse", "Straße ẞ": "strasse ss", "ﬁn": "fin", "ＡＢ１": "ab1", "ΣΊΣΥΦΟΣ": "σισυφοσ", "ς": "σ",
		"a\u200bb\u00adc": "abc", "が": "か\u3099", "": "", "\u0301": "", "İ": "i", "مُحَمَّد": "محمد",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
	}
}

func TestQueryIsReadAsItStands(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	q, err := ParseQuery(`Rose "a  Phrase" from:"Béa Long" IN:Lobby after:2026-05-01 before:2026-06-01 has:link http://x foo:bar`, zone)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(q.Terms, "|"); got != "rose|a phrase|http://x|foo:bar" {
		t.Errorf("terms are %q", got)
	}
	if q.From != "bea long" || q.In != "Lobby" || !q.Link ||
		!q.After.Equal(time.Date(2026, 5, 1, 22, 0, 0, 0, time.UTC)) || !q.Before.Equal(time.Date(2026, 5, 31, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("read %+v", q)
	}
	for typed, code := range map[string]string{
		`"open`: "search.quote", "from:": "search.value", "before:soon": "search.date", "has:file": "search.no_files", "has:cats": "search.has",
		`""`: "search.empty", "in:lobby": "search.empty", strings.Repeat("a", MaxQuery+1): "search.too_long",
		strings.Repeat("a ", 11): "search.too_many_words", "after:2026-02-30": "search.date",
	} {
		_, err := ParseQuery(typed, zone)
		refused, ok := err.(*Error)
		if !ok || refused.Code != code || refused.Field != "q" || refused.Kind != Invalid {
			t.Errorf("%q is refused by %v, want %s", typed, err, code)
		}
	}
}

func TestExcerptMarksWhatWasFoundAndHidesSpoilers(t *testing.T) {
	mark := func(body string, terms ...string) (s string) {
		for _, piece := range (Query{Terms: terms}).Excerpt(Message{Body: body}) {
			if piece.Marked {
				s += "[" + piece.Text + "]"
			} else {
				s += piece.Text
			}
		}
		return s
	}
	for _, c := range []struct{ got, want string }{
		{mark("The Café\nis open, the cafe\u0301 too", "cafe"), "The [Café] is open, the [cafe\u0301] too"},
		{mark("ﬁne", "f"), "[ﬁ]ne"},
		{mark("roses", "ose", "ros"), "[rose]s"},
		{mark("he is ||dead|| now", "dead"), "he is … now"},
		{mark("nothing", "x"), "nothing"},
		{mark(strings.Repeat("a ", 500)+"rose", "rose")[:3], "…"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if long := mark(strings.Repeat("a ", 500)+"rose"+strings.Repeat(" b", 500), "rose"); !strings.Contains(long, "[rose]") || len(long) > 300 {
		t.Errorf("the excerpt is %q", long)
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add(`rose "a phrase" from:"Béa" in:lobby before:2026-01-01 has:link`, "A rose, ﬁne ||and|| a phrase")
	f.Fuzz(func(t *testing.T, typed, body string) {
		q, err := ParseQuery(typed, time.UTC)
		if err != nil {
			if KindOf(err) != Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, term := range q.Terms {
			if term == "" || Fold(term) != term && utf8.ValidString(term) {
				t.Errorf("term %q folds to %q", term, Fold(term))
			}
		}
		if !utf8.ValidString(body) {
			return
		}
		shown := ""
		for _, piece := range q.Excerpt(Message{Body: body}) {
			if !utf8.ValidString(piece.Text) || piece.Text == "" {
				t.Errorf("a piece is %q", piece.Text)
			}
			shown += piece.Text
		}
		if strings.Count(shown, "") > MaxBody*4 {
			t.Error("the excerpt is long")
		}
	})
}
