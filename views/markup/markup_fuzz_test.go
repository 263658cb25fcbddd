package markup

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"parlour"
)

// list is all that may be in the HTML of a text: elements, their attributes, and
// what these may be.
var list = map[string]map[string]string{
	"p": {"dir": "auto"}, "div": {"dir": "auto", "class": "p"}, "br": {}, "em": {}, "strong": {}, "del": {}, "code": {}, "li": {},
	"pre": {"dir": "ltr", "tabindex": "0"}, "ul": {"dir": "auto"}, "ol": {"dir": "auto", "start": "[0-9]{1,9}"}, "blockquote": {"dir": "auto"},
	"details": {"class": "spoiler"}, "summary": {}, "span": {"class": "c-(?:key|known|name|text|number|note|added|gone)"},
	"bdi": {"class": "to to-[a-z0-9]{1,64}"},
	"a":   {"href": `(?:(?i:https?)://|(?i:mailto):)[^\s"<>]+`, "target": "_blank", "rel": "nofollow noopener noreferrer ugc"},
}

// FuzzMarkup holds that whatever people write, nothing is in the HTML that is not
// in the list, every element is closed in its turn and stands where HTML lets it,
// and the same text leads to the same HTML.
func FuzzMarkup(f *testing.F) {
	for _, pattern := range hostile {
		f.Add(strings.Repeat(pattern, 5), false)
	}
	for _, body := range []string{
		"<script>alert(1)</script> *x*", "[x](javascript:alert(1))", "[x](https://a.example/\"onx=1)", "||**a||**", "**a ||b [c](https://d.example) e|| f**",
		"[||a||](https://a.example)", "```html\n</code></pre><script>\n```", "```\"><b>\nx\n```", "> ||a||\n> - b\n\nc", "- a\n-\n- b", "a\x00b *c*",
		"[![x](https://a.example)](https://b.example)", "*<hx-partial hx-target='#live'>*", "1. a\n   - b\n\n   c", "&lt;*&#x3c;*", "```diff\n+a\n-b\n```",
		"@Ana", "*@a*b* ||@c|| [@d](https://e.example) @[x](https://f.example)", "@`a` `@b`", "> @a\n- @\t@<b>\n```\n@c\n```", "@https://a.example @@@@", "\\@a_b_",
	} {
		f.Add(body, false)
		f.Add(body, true)
	}
	patterns := make(map[string]*regexp.Regexp)
	for _, attrs := range list {
		for _, pattern := range attrs {
			patterns[pattern] = regexp.MustCompile(`^(?:` + pattern + `)$`)
		}
	}
	f.Fuzz(func(t *testing.T, typed string, inLine bool) {
		body, err := parlour.CleanBody(typed)
		if err != nil {
			return
		}
		read, write := blocks, AppendBlocks
		if inLine {
			read, write = lines, AppendLine
		}
		mentions := somebody(MentionsAt(body, inLine), body)
		fragment := string(write(nil, words, body, mentions...))
		if again := string(write(nil, words, body, mentions...)); again != fragment {
			t.Fatalf("%q is once\n%s\nand then\n%s", body, fragment, again)
		}
		if !isPlain(body) {
			if _, ok := render(words, body, mentions, read); !ok {
				t.Errorf("%q cannot be rendered", body)
			}
		} else if !inLine {
			comparePlain(t, body)
		}
		var open []string
		tokens := html.NewTokenizer(strings.NewReader(fragment))
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			token := tokens.Token()
			switch kind {
			case html.TextToken:
			case html.StartTagToken:
				attrs, ok := list[token.Data]
				if !ok {
					t.Fatalf("there is a <%s> in %s", token.Data, fragment)
				}
				for _, attr := range token.Attr {
					pattern, ok := attrs[attr.Key]
					if !ok || !patterns[pattern].MatchString(attr.Val) {
						t.Fatalf("<%s> has %s=%q in %s", token.Data, attr.Key, attr.Val, fragment)
					}
				}
				if token.Data != "br" {
					open = append(open, token.Data)
				}
			case html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("</%s> ends %q in %s", token.Data, open, fragment)
				}
				open = open[:len(open)-1]
			default:
				t.Fatalf("there is a %s in %s", token, fragment)
			}
		}
		if len(open) > 0 {
			t.Fatalf("%q are not closed in %s", open, fragment)
		}
		if strings.ContainsAny(fragment, "\r\n") {
			t.Errorf("there is a line end in %q", fragment)
		}
		// What a browser makes of it, written down, is what it was: nothing is
		// moved elsewhere, closed early or opened again.
		doc, err := html.Parse(strings.NewReader("<!DOCTYPE html><body><div>" + fragment + "</div>"))
		if err != nil {
			t.Fatal(err)
		}
		var seen strings.Builder
		if err := html.Render(&seen, doc); err != nil {
			t.Fatal(err)
		}
		sameTarget := strings.NewReplacer(` target="_blank"`, "", "<br/>", "<br>", "&#10;", "\n") // the order of attributes may change
		want := "<!DOCTYPE html><html><head></head><body><div>" + sameTarget.Replace(fragment) + "</div></body></html>"
		if got := sameTarget.Replace(seen.String()); got != want {
			t.Errorf("a browser makes\n%s\nof\n%s", got, want)
		}
	})
}

// somebody is who is mentioned at some places, under names that may have anything
// in them but a line end.
func somebody(places []int, body string) (mentions []parlour.Mention) {
	end := 0
	for i, at := range places {
		if at < end {
			continue
		}
		end = at + 1
		for range i + 3 {
			if r, size := utf8.DecodeRuneInString(body[end:]); size > 0 && r != '\n' {
				end += size
			}
		}
		mentions = append(mentions, parlour.Mention{Person: "p", Start: at, End: end})
	}
	return mentions
}

// FuzzColours holds that colours add nothing to code and take nothing away.
func FuzzColours(f *testing.F) {
	for language := range languages {
		f.Add(language, "if x == \"a\\\"b\" { // c\n/* d */ 'e' $f @g #h <i j='k'>l</i> <!-- --> 1.5 -- m {- n -} [[o]] \"\"\" + p\n- q\n@@ r")
		f.Add(language, "\"\\\n'\\'\\'<<<!/*\"\"\"``")
	}
	f.Fuzz(func(t *testing.T, language, code string) {
		if strings.ContainsAny(code, "\r\x00") || !utf8.ValidString(code) {
			return // which no body has
		}
		fragment := string(appendCode(nil, language, code))
		var shown strings.Builder
		isOpen := false
		tokens := html.NewTokenizer(strings.NewReader(fragment))
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			switch token := tokens.Token(); kind {
			case html.TextToken:
				shown.WriteString(token.Data)
			case html.StartTagToken, html.EndTagToken:
				if token.Data != "span" || isOpen == (kind == html.StartTagToken) {
					t.Fatalf("there is %s in %s", token, fragment)
				}
				isOpen = !isOpen
			default:
				t.Fatalf("there is %s in %s", token, fragment)
			}
		}
		if got := shown.String(); got != code {
			t.Errorf("%q in %s is shown as %q", code, language, got)
		}
	})
}
