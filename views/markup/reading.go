package markup

import (
	"bytes"

	emoji "github.com/yuin/goldmark-emoji"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The parsers keep no state between two texts; everybody may use them at once.
var (
	blocks = newParser(
		util.Prioritized(lists{ending{parser.NewListParser()}}, 300),
		util.Prioritized(ending{parser.NewListItemParser()}, 400),
		util.Prioritized(fence{parser.NewFencedCodeBlockParser()}, 700),
		util.Prioritized(quotes{ending{parser.NewBlockquoteParser()}}, 800),
		util.Prioritized(paragraph{}, 1000),
	)
	lines = newParser(util.Prioritized(paragraph{}, 1000))
)

func newParser(blocks ...util.PrioritizedValue) parser.Parser {
	return parser.NewParser(parser.WithBlockParsers(blocks...), parser.WithInlineParsers(
		util.Prioritized(bareLinks{}, 50),
		util.Prioritized(shrugs{}, 60),
		util.Prioritized(names{}, 50),
		util.Prioritized(codeSpans{parser.NewCodeSpanParser()}, 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(shortcodes{emoji.NewParser()}, 300),
		util.Prioritized(parser.NewEmphasisParser(), 500),
		util.Prioritized(pairs{struck}, 500),
		util.Prioritized(pairs{spoiler}, 500),
	))
}

// deepest is how many quotes and lists may stand in each other. Browsers give up
// somewhere beyond 500 elements, and people long before.
const deepest = 6

// endedKey tells the number of the line at which a quote or a list was ended.
var endedKey = parser.NewContextKey()

// ending makes a container of CommonMark end where its lines end. There, a line
// without a > that follows a quote still belongs to it, which is not what anybody
// means who answers below a quote.
type ending struct{ parser.BlockParser }

func (e ending) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	state := e.BlockParser.Continue(node, reader, pc)
	if state&parser.Continue == 0 {
		line, _ := reader.Position()
		pc.Set(endedKey, line)
	}
	return state
}

// quotes needs a space behind the >, or nothing: >:( is a face.
type quotes struct{ ending }

func (q quotes) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	rest := bytes.TrimLeft(util.TrimLeftSpace(line), ">")
	if len(rest) > 0 && !util.IsSpace(rest[0]) || depth(parent) >= deepest {
		return nil, parser.NoChildren
	}
	return q.ending.Open(parent, reader, pc)
}

// lists begins no list with an empty item: a lone dash is a dash.
type lists struct{ ending }

func (l lists) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	node, state := l.ending.Open(parent, reader, pc) // even if to no end: it notes things
	if node == nil {
		return nil, parser.NoChildren
	}
	line, _ := reader.PeekLine()
	_, text, _ := bytes.Cut(util.TrimLeftSpace(line), []byte(" "))
	if util.IsBlank(text) || depth(parent) >= deepest {
		return nil, parser.NoChildren
	}
	return node, state
}

func depth(of ast.Node) (n int) {
	for ; of != nil; of = of.Parent() {
		if k := of.Kind(); k == ast.KindBlockquote || k == ast.KindList {
			n++
		}
	}
	return n
}

// fence reads code between lines of backticks. Tildes are for what is struck out.
type fence struct{ parser.BlockParser }

func (fence) Trigger() []byte { return []byte{'`'} }

// paragraph reads the lines that are nothing else, and keeps the spaces at their
// beginnings.
type paragraph struct{}

func (paragraph) Trigger() []byte { return nil }

func (paragraph) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	if util.IsBlank(line) {
		return nil, parser.NoChildren
	}
	if last := pc.LastOpenedBlock().Node; last != nil && ast.IsParagraph(last) {
		number, _ := reader.Position()
		if ended, ok := pc.Get(endedKey).(int); !ok || ended != number {
			return nil, parser.NoChildren // it goes on
		}
	}
	node := ast.NewParagraph()
	node.Lines().Append(segment)
	reader.AdvanceToEOL()
	return node, parser.NoChildren
}

func (paragraph) Continue(node ast.Node, reader text.Reader, _ parser.Context) parser.State {
	line, segment := reader.PeekLine()
	if util.IsBlank(line) {
		return parser.Close
	}
	node.Lines().Append(segment)
	reader.AdvanceToEOL()
	return parser.Continue | parser.NoChildren
}

// Close drops the line end of the last line.
func (paragraph) Close(node ast.Node, reader text.Reader, _ parser.Context) {
	n := node.Lines().Len() - 1
	last := node.Lines().At(n)
	node.Lines().Set(n, last.TrimRightSpace(reader.Source()))
}

func (paragraph) CanInterruptParagraph() bool { return true } // see Open
func (paragraph) CanAcceptIndentedLine() bool { return true }
