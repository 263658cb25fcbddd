package markup

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strconv"
	"unicode"

	emoji "github.com/yuin/goldmark-emoji/ast"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"

	"parlour"
)

// writer writes what was read as HTML.
type writer struct {
	words       Words
	source      []byte
	out         []byte
	open        []tag // the elements within the line that are open, outermost first
	hasSpoilers bool
	isHidden    bool // within a spoiler
}

type tag struct{ start, end string }

// deepestLine is how many elements of a line may stand in each other.
const deepestLine = 12

func (w *writer) add(html string) { w.out = append(w.out, html...) }

// text writes what is shown as it stands.
func (w *writer) text(t []byte) { w.add(html.EscapeString(string(t))) }

// blocks writes what stands in the text as a whole, in a quote or in an item. A
// paragraph that stands alone needs no element of its own.
func (w *writer) blocks(parent ast.Node) {
	isAlone := parent.ChildCount() == 1
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		switch n := c.(type) {
		case *ast.Paragraph:
			w.paragraph(n, isAlone)
		case *ast.TextBlock: // the text of an item in a list without empty lines
			w.line(n)
		case *ast.List:
			w.list(n)
		case *ast.Blockquote:
			w.quote(n)
		case *ast.FencedCodeBlock:
			w.code(n)
		}
	}
}

func (w *writer) paragraph(n ast.Node, isAlone bool) {
	switch {
	case isAlone:
		w.line(n)
	case w.hasSpoilers: // which a <p> cannot hold
		w.add(`<div class="p" dir="auto">`)
		w.line(n)
		w.add(`</div>`)
	default:
		w.add(`<p dir="auto">`)
		w.line(n)
		w.add(`</p>`)
	}
}

func (w *writer) list(n *ast.List) {
	name := "ul"
	if n.IsOrdered() {
		name = "ol"
	}
	w.add(`<` + name)
	if n.IsOrdered() && n.Start != 1 {
		w.add(` start="` + strconv.Itoa(n.Start) + `"`)
	}
	w.add(` dir="auto">`)
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		w.add(`<li>`)
		w.blocks(item)
		w.add(`</li>`)
	}
	w.add(`</` + name + `>`)
}

func (w *writer) quote(n *ast.Blockquote) {
	if n.FirstChild() == nil {
		w.add(`&gt;`)
		return
	}
	w.add(`<blockquote dir="auto">`)
	w.blocks(n)
	w.add(`</blockquote>`)
}

// code writes fenced code. It scrolls in itself, so it has to be reached by
// keyboard.
func (w *writer) code(n *ast.FencedCodeBlock) {
	var code []byte
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		code = append(code, line.Value(w.source)...)
	}
	if util.IsBlank(code) {
		w.add("```")
		if n.Info != nil {
			w.text(n.Info.Segment.Value(w.source))
		}
		return
	}
	w.add(`<pre dir="ltr" tabindex="0"><code>`)
	w.out = appendCode(w.out, string(n.Language(w.source)), string(bytes.TrimRight(code, "\n")))
	w.add(`</code></pre>`)
}

// lines writes paragraphs as they were typed, with the lines between them.
func (w *writer) lines(parent ast.Node) {
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		w.line(c)
		if c.NextSibling() != nil {
			w.add(`<br><br>`)
		}
	}
}

// line writes what stands in a paragraph, or in an element of its lines.
func (w *writer) line(parent ast.Node) {
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		switch n := c.(type) {
		case *ast.Text:
			w.typed(n)
		case *ast.CodeSpan:
			w.codeSpan(n)
		case *ast.Emphasis:
			if n.Level == 1 {
				w.within(tag{`<em>`, `</em>`}, n)
			} else {
				w.within(tag{`<strong>`, `</strong>`}, n)
			}
		case *span:
			if n.of == spoiler {
				w.spoiler(n)
			} else {
				w.within(tag{`<del>`, `</del>`}, n)
			}
		case *named:
			w.named(n)
		case *bareLink:
			w.out = appendLink(w.out, string(n.at.Value(w.source)))
		case *ast.Link:
			w.link(n, n.Destination)
		case *ast.Image: // no page loads pictures from elsewhere, but one may go there
			w.link(n, n.Destination)
		case *emoji.Emoji:
			w.emoji(n)
		case *shrug:
			w.text([]byte(`\` + shrugRest))
		default:
			w.line(n)
		}
	}
}

func (w *writer) within(t tag, n ast.Node) {
	if len(w.open) >= deepestLine {
		w.line(n)
		return
	}
	w.add(t.start)
	w.open = append(w.open, t)
	w.line(n)
	w.open = w.open[:len(w.open)-1]
	w.end(t)
}

// end closes an element, or takes it back if there is nothing in it: a link
// without a text cannot be told from none.
func (w *writer) end(t tag) {
	if started, isEmpty := bytes.CutSuffix(w.out, []byte(t.start)); isEmpty {
		w.out = started
		return
	}
	w.add(t.end)
}

// typed writes text, and the line end behind it.
func (w *writer) typed(n *ast.Text) {
	value := n.Segment.Value(w.source)
	for {
		at := bytes.IndexByte(value, '\\')
		if at < 0 || at+1 == len(value) {
			break
		}
		if isShrug := bytes.HasSuffix(value[:at], []byte("¯")); util.IsPunct(value[at+1]) && !isShrug {
			w.text(value[:at])
		} else {
			w.text(value[:at+1])
		}
		w.text(value[at+1 : at+2])
		value = value[at+2:]
	}
	w.text(value)
	if n.SoftLineBreak() || n.HardLineBreak() {
		w.add(`<br>`)
	}
}

func (w *writer) codeSpan(n *ast.CodeSpan) {
	w.add(`<code>`)
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			w.text(bytes.ReplaceAll(t.Segment.Value(w.source), []byte("\n"), []byte(" ")))
		}
	}
	w.add(`</code>`)
}

// spoiler writes what is hidden until one asks for it, which browsers do without
// a script, by mouse and keyboard, and screen readers tell. No emphasis and no
// link can hold such an element, so they end before it and begin again in it.
func (w *writer) spoiler(n *span) {
	if w.isHidden {
		w.line(n)
		return
	}
	w.isHidden = true
	for _, t := range slices.Backward(w.open) {
		w.end(t)
	}
	w.add(`<details class="spoiler"><summary>`)
	w.text([]byte(w.words.Spoiler))
	w.add(`</summary><span>`)
	for _, t := range w.open {
		w.add(t.start)
	}
	w.line(n)
	for _, t := range slices.Backward(w.open) {
		w.end(t)
	}
	w.add(`</span></details>`)
	for _, t := range w.open {
		w.add(t.start)
	}
	w.isHidden = false
}

func (w *writer) emoji(n *emoji.Emoji) {
	if n.Value.IsUnicode() {
		w.text([]byte(string(n.Value.Unicode)))
	} else {
		w.text([]byte(":" + string(n.ShortName) + ":"))
	}
}

// link writes a link with a text of its own. What may not be a link stands there
// as it was typed; so does a text with an address in it, which would look as if
// the link led there, and one that shows nothing to follow.
func (w *writer) link(n ast.Node, to []byte) {
	if address := string(to); mayLink(address) && !hasLink(n) && w.shows(n) {
		w.within(tag{openLink(address), `</a>`}, n)
		return
	}
	if n.Kind() == ast.KindImage {
		w.add(`!`)
	}
	w.add(`[`)
	w.line(n)
	w.add(`](`)
	w.out = AppendPlain(w.out, string(to))
	w.add(`)`)
}

var mailAddress = regexp.MustCompile("^(?i:mailto:[a-z0-9.!#$%&'*+/=?^_{|}~-]+@[a-z0-9.-]+)$")

// mayLink tells whether a link may lead somewhere: to a web address that is one
// as a whole, or to a mail address.
func mayLink(address string) bool {
	if mailAddress.MatchString(address) {
		return true
	}
	found := parlour.Links(address)
	return webAddress.MatchString(address) && len(found) == 1 && found[0][0] == 0 && found[0][1] == len(address)
}

func hasLink(n ast.Node) bool {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if k := c.Kind(); k == kindBareLink || k == ast.KindLink || k == ast.KindImage || hasLink(c) {
			return true
		}
	}
	return false
}

// shows tells whether there is anything to be seen in what was read.
func (w *writer) shows(n ast.Node) bool {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok && len(bytes.TrimFunc(t.Segment.Value(w.source), showsNothing)) > 0 {
			return true
		}
		if c.Kind() == emoji.KindEmoji || c.Kind() == kindShrug || w.shows(c) {
			return true
		}
	}
	return false
}

func showsNothing(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point)
}
