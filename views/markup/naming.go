package markup

import (
	"html"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"parlour"
)

// MentionsAt tells at which bytes of a clean body an @ may begin a mention: not in
// code, nor in a link, nor behind a backslash. What is to be written by AppendLine
// is read as that reads it.
func MentionsAt(body string, inLine bool) (places []int) {
	read := blocks
	if inLine {
		read = lines
	}
	defer func() {
		if recover() != nil { // see render
			places = nil
		}
	}()
	return placesIn(parse(body, read, anyName), nil)
}

func placesIn(parent ast.Node, places []int) []int {
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		switch n := c.(type) {
		case *ast.Link, *ast.Image:
		case *named:
			places = append(places, n.at.Start)
		default:
			places = placesIn(n, places)
		}
	}
	return places
}

// named is a mention in the text.
type named struct {
	ast.BaseInline
	person string
	at     text.Segment
}

var kindNamed = ast.NewNodeKind("Named")

func (*named) Kind() ast.NodeKind { return kindNamed }

func (n *named) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// mentionsKey holds the mentions of the text.
var mentionsKey = parser.NewContextKey()

// anyName stands for the mentions of a text of which they are not known yet: each
// @ is one.
var anyName = []parlour.Mention{{Start: -1}}

// names takes mentions out of the text, before any mark in a name is taken for one.
type names struct{}

func (names) Trigger() []byte { return []byte{'@'} }

func (names) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	mentions, _ := pc.Get(mentionsKey).([]parlour.Mention)
	if len(mentions) == 0 {
		return nil
	}
	_, segment := block.PeekLine()
	if segment.Padding != 0 {
		return nil
	}
	if &mentions[0] == &anyName[0] {
		block.Advance(1)
		return &named{at: segment.WithStop(segment.Start + 1)}
	}
	for _, m := range mentions {
		if m.Start == segment.Start && m.End > m.Start && m.End <= segment.Stop {
			block.Advance(m.End - m.Start)
			return &named{person: m.Person, at: segment.WithStop(m.End)}
		}
	}
	return nil
}

// named writes a mention. Style sheets know by its class whom it mentions (see
// views.OwnCSS).
func (w *writer) named(n *named) {
	w.add(`<bdi class="to to-` + html.EscapeString(n.person) + `">`)
	w.text(n.at.Value(w.source))
	w.add(`</bdi>`)
}
