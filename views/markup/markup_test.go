package markup

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"parlour"
)

var words = Words{Spoiler: "Spoiler"}

func rendered(body string) string { return string(AppendBlocks(nil, words, body)) }

// TestMarkupLooksAsAgreed goes through testdata/subset.txt: what is written, a
// line with an arrow, what becomes of it. Between two of them stands a line of
// dashes.
func TestMarkupLooksAsAgreed(t *testing.T) {
	file, err := os.ReadFile("testdata/subset.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for agreed := range strings.SplitSeq(strings.TrimSpace(string(file)), "\n--------\n") {
		body, want, ok := strings.Cut(agreed, "\n=>\n")
		if !ok {
			t.Fatalf("no arrow in %q", agreed)
		}
		// As long as nobody wants to read links in full.
		got := strings.ReplaceAll(rendered(body), ` target="_blank" rel="`+linkRel+`"`, " ↗")
		if got != want {
			t.Errorf("%s\nis\n%s\nwant\n%s", body, got, want)
		}
		count++
	}
	if count < 40 {
		t.Errorf("only %d agreements were read", count)
	}
}

func TestWhatPeopleDoHasNoBlocks(t *testing.T) {
	for body, want := range map[string]string{
		"waves *hard*":           "waves <em>hard</em>",
		"- is no list":           "- is no list",
		"> is no *quote*":        "&gt; is no <em>quote</em>",
		"```go\nvar x int\n```":  "<code>go var x int </code>",
		"one *line*\n\nand more": "one <em>line</em><br><br>and more",
		"hides ||it||":           `hides <details class="spoiler"><summary>Spoiler</summary><span>it</span></details>`,
	} {
		if got := string(AppendLine(nil, words, body)); got != want {
			t.Errorf("%q is\n%s\nwant\n%s", body, got, want)
		}
	}
}

func TestSpoilersAreToldInTheReadersLanguage(t *testing.T) {
	got := string(AppendBlocks(nil, Words{Spoiler: "<محتوى مخفي>"}, "||x||"))
	if !strings.Contains(got, "<summary>&lt;محتوى مخفي&gt;</summary>") {
		t.Error(got)
	}
}

// TestPlainTextsNeedNoParser holds that the short way and the long way lead to
// the same: for each text that is said to be plain, reading it finds nothing.
func TestPlainTextsNeedNoParser(t *testing.T) {
	for _, body := range []string{
		"Good morning", "a < b && c > d", "10:30:45", "a|b", "~5", "x] (y)", "12 people", "a-b + c", "  indented\n\ttoo", "# no heading",
		"https://example.org/a?b=1&c=2", "see http://a.example:8080/x.", "«Привет»", "سلام", ":)", "note: this", "a=1;", "!", "1", "a b",
	} {
		if !isPlain(body) {
			t.Errorf("%q is not taken for plain", body)
		}
		comparePlain(t, body)
	}
}

// comparePlain fails if a text that is said to be plain is not.
func comparePlain(t *testing.T, body string) {
	t.Helper()
	if !isPlain(body) {
		return
	}
	short := string(AppendPlain(nil, body))
	long, ok := render(words, body, nil, blocks)
	if !ok || textOf(t, short) != textOf(t, string(long)) || strings.Count(short, "<") != strings.Count(string(long), "<") {
		t.Errorf("%q is said to be plain, but\n%s\nis not\n%s", body, short, long)
	}
}

// textOf is what a fragment shows.
func textOf(t testing.TB, fragment string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader("<!DOCTYPE html><body>" + fragment))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Data == "br":
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// hostile are beginnings of texts that parsers are slow at, or deep in: each is
// repeated until a message is full.
var hostile = []string{
	"[", "]", "![", "[a](", "[](", "[a](b", "[a][", "[[]", "*", "**", "*a ", "*a_", "_*", "a**b", "~~", "~~a", "||", "||a", "||*", "`", "`` ", "` `` ``` ", "\\```\n",
	">", "> ", "> - ", "- ", "- > ", "1. ", " - a\n", "-\n", ">\n", "> a\n", ":", ":a", ":+1:", "\\", "\\*", "<", "<a ", "&", "&amp;", "(", ")", "\n\n", "a\n",
	"http://", "https://a.example ", "https://a.example/(", "[https://a.example](", "*https://a.example* ", "```\n", "```go\n", "~~~\n", "  - ", "\t- ", "\t",
	"||[*a](https://a.example)||", "***a", "a_b*c~~d||e", "é*", "\u202e", "[a](https://a.example) ",
}

func filled(pattern, head string) string {
	body := head + strings.Repeat(pattern, parlour.MaxBody/utf8.RuneCountInString(pattern)+1)
	return string([]rune(body)[:parlour.MaxBody])
}

// Browsers, and the parser that tests read pages with, give up at a depth of 512
// elements.
func TestMarkupIsNeverDeep(t *testing.T) {
	for _, pattern := range hostile {
		for _, head := range []string{"", "*", "> ", "[", "||", "- "} {
			fragment := rendered(filled(pattern, head))
			deepest, depth := 0, 0
			tokens := html.NewTokenizer(strings.NewReader(fragment))
			for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
				name, _ := tokens.TagName()
				switch {
				case kind == html.StartTagToken && string(name) != "br":
					depth++
				case kind == html.EndTagToken:
					depth--
				}
				deepest = max(deepest, depth)
			}
			if depth != 0 {
				t.Errorf("%q after %q is not balanced", pattern, head)
			}
			if deepest > 40 {
				t.Errorf("%q after %q is %d deep", pattern, head, deepest)
			}
		}
	}
}

func TestFragmentsOfMarkupHaveNoLineEnds(t *testing.T) {
	for _, body := range []string{"```go\na\n\nb\n```", "- a\n- b", "a\n\nb *c*", "`a\nb`", "> a\n> b", "```\n\n  x\r\n```"} {
		if got := rendered(body); strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q is %q", body, got)
		}
	}
}

func BenchmarkRendering(b *testing.B) {
	for _, c := range []struct{ name, body string }{
		{"plain", "Good morning, everybody! Has anyone seen the kettle?"},
		{"link", "Look at https://example.org/kettle?q=1 please"},
		{"emphasis", "Good *morning*, everybody! Has **anyone** seen the `kettle`?"},
		{"list", "Bring:\n- a kettle\n- *tea*, see [the shop](https://example.org/tea)\n- ||a surprise||\n\n> and what else? :tea:"},
		{"code", "```go\nfunc main() {\n\tfor i := range 10 {\n\t\tfmt.Println(\"line\", i) // ten of them\n\t}\n}\n```"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				out = AppendBlocks(out[:0], words, c.body)
			}
		})
	}
}

// BenchmarkHostile renders messages that are as long as may be.
func BenchmarkHostile(b *testing.B) {
	for _, pattern := range hostile {
		body := filled(pattern, "")
		b.Run(strings.ReplaceAll(pattern, "/", "∕"), func(b *testing.B) {
			for b.Loop() {
				AppendBlocks(nil, words, body)
			}
		})
	}
}
