package views

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"parlour"
)

// mayHave are the elements of a message and their attributes.
var mayHave = map[string][]string{
	"article": {"id", "class"},
	"p":       {"class", "dir", "hx-ignore"},
	"div":     {"class", "dir", "hx-ignore"},
	"em":      {}, "del": {}, "code": {}, "li": {}, "summary": {},
	"ul": {"dir"}, "ol": {"dir", "start"}, "blockquote": {"dir"}, "pre": {"dir", "tabindex"}, "details": {"class"},
	"span":   {"class", "data-of", "aria-hidden"},
	"bdi":    {"class"},
	"time":   {"datetime", "title"},
	"small":  {"class"},
	"strong": {},
	"q":      {"dir"},
	"br":     {},
	"a":      {"href", "target", "rel"},
}

// leadsOut are the addresses that links may have.
var leadsOut = regexp.MustCompile(`^(?i:https?://|mailto:)`)

// FuzzMessage holds that no text and no name, however odd, adds anything to a
// message but text and its markup; and that clean text without any markup is
// shown as it stands.
func FuzzMessage(f *testing.F) {
	for _, body := range []string{
		"hello", "<script>alert(1)</script>", "a\nb\r\nc\rd", `"><img src=x onerror=alert(1)>`, "https://example.org/\"onx=1 x",
		"https://a.example/<b>&amp;&#x3c;", "</div></article><hx-partial hx-target='#live'>", "\x00\xff\u202e", "<!--", "<?end>", "&lt;&notit;&#0;",
		"]]>", "<textarea>", "{{.}}{names}", "https://xn--80ak6aa92e.com/\u200b", "http://[::1]:8080/x",
	} {
		for kind := range 6 {
			f.Add(body, body, kind)
		}
	}
	kinds := []parlour.MessageKind{
		parlour.KindMessage, parlour.KindAction, parlour.KindJoin, parlour.KindLeave, parlour.KindSystem, parlour.KindNotice,
	}
	f.Fuzz(func(t *testing.T, body, name string, kind int) {
		m := numbered(parlour.Message{Kind: kinds[uint(kind)%uint(len(kinds))], Author: ana, Body: body})
		m.Author.Name = name
		m.Quote = &parlour.Quote{Seq: 9, Person: name, Name: name, Excerpt: body}
		if m.Kind == parlour.KindJoin || m.Kind == parlour.KindLeave {
			m.Event = &parlour.Event{Joined: []string{name, body}, Left: []string{name}}
		}
		fragment := written(t, func(w io.Writer) error { return WriteMessage(w, english, m) })
		found := elements(t, fragment)
		for i, e := range found {
			allowed, ok := mayHave[e.Data]
			if !ok || e.Namespace != "" || e.Data == "article" && i > 0 {
				t.Fatalf("there is a <%s> in %s", e.Data, fragment)
			}
			for _, attr := range e.Attr {
				if !slices.Contains(allowed, attr.Key) {
					t.Fatalf("<%s> has %s in %s", e.Data, attr.Key, fragment)
				}
				if attr.Key == "href" && !leadsOut.MatchString(attr.Val) {
					t.Fatalf("a link leads to %q", attr.Val)
				}
			}
		}
		hasMarkup := strings.ContainsAny(body, "*_~`|[]\\:<>+-0123456789") || strings.Contains(body, "\n\n")
		if clean, err := parlour.CleanBody(body); err == nil && clean == body && m.Kind == parlour.KindMessage && !hasMarkup {
			if got := shown(found, "body"); got != body {
				t.Errorf("%q is shown as %q", body, got)
			}
		}
		if clean, err := parlour.CleanName(name); err == nil && clean == name && m.Event == nil && m.Kind != parlour.KindSystem {
			if got := shown(found, "who"); got != name {
				t.Errorf("the name %q is shown as %q", name, got)
			}
		}
	})
}

// shown is the text of the element with a class, line ends for <br>.
func shown(found []*html.Node, class string) string {
	var text strings.Builder
	for _, e := range found {
		if !slices.Contains(e.Attr, html.Attribute{Key: "class", Val: class}) {
			continue
		}
		for n := range e.Descendants() {
			switch {
			case n.Type == html.TextNode:
				text.WriteString(n.Data)
			case n.Data == "br":
				text.WriteString("\n")
			}
		}
	}
	return text.String()
}
