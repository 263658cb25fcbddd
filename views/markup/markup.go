// Package markup makes HTML out of what people write: a part of Markdown that is
// safe to show to everybody, and harmless otherwise. It owns what people may put
// on each other's pages: no text, however odd, leads to an element, an attribute,
// a class or a kind of link that is not in this package's list.
//
// Known are emphasis, strong and struck text, `code` and fenced code with
// colours, lists, quotes, ||spoilers||, links to http, https and mailto, bare web
// addresses, :shortcodes: of emoji, and the mentions that come with the text. All
// else is text: there is no HTML, and
// neither headings, rules, images, tables, references nor indented code. Lines
// end where they were ended, and what ends a quote is the end of its lines.
//
// goldmark reads the text, this package writes what it read, escaping all of it,
// and bluemonday looks at the result as somebody who trusts neither.
package markup

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"parlour"
)

// Words are what stands in the HTML besides the text, in the reader's language.
type Words struct {
	// Spoiler is what is pressed to see what a spoiler hides.
	Spoiler string
}

// AppendBlocks writes a clean body (see parlour.CleanBody) as the content of an
// element that may hold blocks, such as a <div>. It has no line ends, so that it
// is one line of a stream; where code has them, they are character references.
func AppendBlocks(b []byte, w Words, body string, mentions ...parlour.Mention) []byte {
	return appendMarkup(b, w, body, mentions, blocks)
}

// AppendLine is AppendBlocks without lists, quotes and fences: for what goes on
// in the line of a name. A spoiler needs an element that may hold blocks all the
// same.
func AppendLine(b []byte, w Words, body string, mentions ...parlour.Mention) []byte {
	return appendMarkup(b, w, body, mentions, lines)
}

func appendMarkup(b []byte, w Words, body string, mentions []parlour.Mention, read parser.Parser) []byte {
	if len(mentions) == 0 && isPlain(body) {
		return AppendPlain(b, body)
	}
	content, ok := render(w, body, mentions, read)
	if !ok {
		return AppendPlain(b, body)
	}
	return append(b, content...)
}

// render answers false when reading the text ended in a panic of one of the
// libraries. Messages are rendered again whenever their room is opened, so that
// one text would bring the house down until it is deleted: such a text is shown
// as it was typed.
func render(words Words, body string, mentions []parlour.Mention, read parser.Parser) (content []byte, ok bool) {
	defer func() {
		if recover() != nil {
			content, ok = nil, false
		}
	}()
	root := parse(body, read, mentions)
	w := writer{words: words, source: []byte(body), out: make([]byte, 0, 2*len(body)+64), hasSpoilers: strings.Contains(body, "||")}
	if read == lines {
		w.lines(root)
	} else {
		w.blocks(root)
	}
	// What comes out of a text that is not empty is not empty, whatever was read.
	if len(w.out) == 0 {
		return nil, false
	}
	return bytes.ReplaceAll(policy.SanitizeBytes(w.out), []byte("\n"), []byte("&#10;")), true
}

func parse(body string, read parser.Parser, mentions []parlour.Mention) ast.Node {
	pc := parser.NewContext()
	if links := parlour.Links(body); len(links) > 0 {
		pc.Set(linksKey, links)
	}
	if len(mentions) > 0 {
		pc.Set(mentionsKey, mentions)
	}
	return read.Parse(text.NewReader([]byte(body)), parser.WithContext(pc))
}
