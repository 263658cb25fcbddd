package markup

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"parlour"
)

// span is text between a pair of marks.
type span struct {
	ast.BaseInline
	of *pair
}

var kindSpan = ast.NewNodeKind("Span")

func (*span) Kind() ast.NodeKind { return kindSpan }

func (s *span) Dump(source []byte, level int) { ast.DumpHelper(s, source, level, nil, nil) }

// pair is a mark of two equal characters that stands before and behind.
type pair struct{ mark byte }

var struck, spoiler = &pair{'~'}, &pair{'|'}

func (p *pair) IsDelimiter(c byte) bool { return c == p.mark }

func (p *pair) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

func (p *pair) OnMatch(int) ast.Node { return &span{of: p} }

// pairs reads the marks of a pair, by the rules of emphasis: an || between spaces
// is none.
type pairs struct{ *pair }

func (p pairs) Trigger() []byte { return []byte{p.mark} }

func (p pairs) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	d := parser.ScanDelimiter(line, before, 2, p.pair)
	if d == nil || d.OriginalLength != 2 || before == rune(p.mark) {
		return nil
	}
	d.Segment = segment.WithStop(segment.Start + 2)
	block.Advance(2)
	pc.PushDelimiter(d)
	return d
}

// linksKey holds the places of the web addresses in the text, as parlour.Links
// tells them: what filters look at is what becomes a link.
var linksKey = parser.NewContextKey()

// bareLink is a web address that stands in the text.
type bareLink struct {
	ast.BaseInline
	at text.Segment
}

var kindBareLink = ast.NewNodeKind("BareLink")

func (*bareLink) Kind() ast.NodeKind { return kindBareLink }

func (l *bareLink) Dump(source []byte, level int) { ast.DumpHelper(l, source, level, nil, nil) }

// bareLinks takes web addresses out of the text, before any mark in them is
// taken for one. It is called at their colon, when their scheme is read as text
// already.
type bareLinks struct{}

func (bareLinks) Trigger() []byte { return []byte{':'} }

func (bareLinks) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	links, _ := pc.Get(linksKey).([][]int)
	if links == nil {
		return nil
	}
	_, segment := block.PeekLine()
	before, ok := parent.LastChild().(*ast.Text)
	if !ok || segment.Padding != 0 || before.Segment.Stop != segment.Start {
		return nil
	}
	for _, link := range links {
		start, end := link[0], link[1]
		if start >= segment.Start || end <= segment.Start {
			continue
		}
		if start < before.Segment.Start || end > segment.Stop {
			return nil
		}
		if before.Segment.Stop = start; before.Segment.IsEmpty() {
			parent.RemoveChild(parent, before)
		}
		block.Advance(end - segment.Start)
		return &bareLink{at: text.NewSegment(start, end)}
	}
	return nil
}

// shrug is a shrug whose first arm was read already. Its marks mean nothing, and
// pair with no others.
type shrug struct{ ast.BaseInline }

var kindShrug = ast.NewNodeKind("Shrug")

func (*shrug) Kind() ast.NodeKind { return kindShrug }

func (s *shrug) Dump(source []byte, level int) { ast.DumpHelper(s, source, level, nil, nil) }

// shrugs is called at the backslash: no parser is at what is no punctuation.
type shrugs struct{}

var shrugHead, shrugRest, _ = strings.Cut(parlour.Shrug, `\`)

func (shrugs) Trigger() []byte { return []byte{'\\'} }

func (shrugs) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if string(block.PrecendingCharacter()) != shrugHead || !bytes.HasPrefix(line[1:], []byte(shrugRest)) {
		return nil
	}
	block.Advance(1 + len(shrugRest))
	return &shrug{}
}

// shortcodes reads the shortcodes of emoji where a word may begin: 10:100:1000
// and 2001:ab::1 have none.
type shortcodes struct{ parser.InlineParser }

func (s shortcodes) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); unicode.IsLetter(before) || unicode.IsDigit(before) {
		return nil
	}
	return s.InlineParser.Parse(parent, block, pc)
}

// codeSpans remembers for how many backticks there are none that close them: the
// parser that it calls looks for them to the end of the text each time.
type codeSpans struct{ parser.InlineParser }

// unclosed are the numbers of backticks that are not closed in a block.
type unclosed struct {
	block ast.Node
	runs  map[int]bool
}

var unclosedKey = parser.NewContextKey()

func (c codeSpans) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	run := len(line) - len(bytes.TrimLeft(line, "`"))
	known, _ := pc.Get(unclosedKey).(*unclosed)
	if known == nil || known.block != parent {
		known = &unclosed{block: parent, runs: make(map[int]bool)}
		pc.Set(unclosedKey, known)
	}
	if known.runs[run] {
		block.Advance(run)
		return ast.NewTextSegment(segment.WithStop(segment.Start + run))
	}
	node := c.InlineParser.Parse(parent, block, pc)
	if _, isText := node.(*ast.Text); isText {
		known.runs[run] = true
	}
	return node
}
