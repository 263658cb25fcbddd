package markup

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendCode writes code with a class for each thing in it that the style sheets
// give a colour to. A language that is not known has none.
//
// It reads the code once from its beginning to its end and knows of no language
// more than a reader sees at a glance. The lexers of editors know more, but they
// are made of expressions that go back and forth: those of chroma take 400 ms for
// "\\\\\\\\ and so on when a thousand bytes of it are said to be Go, and hardly
// one of them cannot be held up like that. Anybody may send code, and it is
// coloured whenever somebody opens the room.
func appendCode(b []byte, language, code string) []byte {
	g := languages[strings.ToLower(language)]
	if g == nil {
		return append(b, html.EscapeString(code)...)
	}
	p := painter{grammar: g, code: code, out: b}
	if g.isDiff {
		p.diff()
	} else {
		for p.at < len(code) {
			p.next()
		}
	}
	return p.out
}

// grammar is what a language looks like.
type grammar struct {
	notes  []string    // what begins a comment that lasts until the end of its line
	spans  [][2]string // what comments that last over lines stand between
	texts  [][2]string // what strings that last over lines stand between
	quotes string      // ASCII, what strings within a line stand between
	in     string      // what words are made of besides letters, digits and _
	// label is what stands behind a word or a string that names something, such
	// as the colon in JSON, or 0.
	label   byte
	dollars bool // $names
	anyCase bool // words may be written in any case; they are in lower case here
	isTags  bool // HTML and its like
	isDiff  bool
	keys    map[string]bool // words of the language
	known   map[string]bool // names that come with it
}

type painter struct {
	*grammar
	code  string
	at    int
	out   []byte
	inTag bool
	// unclosed is up to where it is known for each quote that no string ends.
	unclosed [utf8.RuneSelf]int
}

// paint writes the code up to a place in a colour.
func (p *painter) paint(end int, class string) {
	text := html.EscapeString(p.code[p.at:end])
	if class == "" {
		p.out = append(p.out, text...)
	} else {
		p.out = append(p.out, `<span class="`+class+`">`+text+`</span>`...)
	}
	p.at = end
}

// next writes what stands at the place that was come to.
func (p *painter) next() {
	rest := p.code[p.at:]
	for _, s := range p.spans {
		if strings.HasPrefix(rest, s[0]) {
			p.paint(p.behind(s), "c-note")
			return
		}
	}
	for _, s := range p.texts {
		if strings.HasPrefix(rest, s[0]) {
			p.paint(p.behind(s), "c-text")
			return
		}
	}
	for _, note := range p.notes {
		if strings.HasPrefix(rest, note) && p.mayBeNote(note) {
			p.paint(p.lineEnd(), "c-note")
			return
		}
	}
	if p.isTags && p.tag(rest) {
		return
	}
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case (!p.isTags || p.inTag) && strings.ContainsRune(p.quotes, c) && p.quoted():
	case c >= '0' && c <= '9' && !p.isTags:
		p.paint(p.wordEnd(p.at, "."), "c-number")
	case p.dollars && c == '$' && p.wordEnd(p.at+1, "") > p.at+1:
		p.paint(p.wordEnd(p.at+1, ""), "c-known")
	case p.isWord(c):
		end := p.wordEnd(p.at, "")
		p.paint(end, p.classOf(p.code[p.at:end], end))
	default:
		p.paint(p.at+size, "")
	}
}

// behind is the place behind what stands between two marks, or the end of the
// code if the second is missing.
func (p *painter) behind(marks [2]string) int {
	from := p.at + len(marks[0])
	if i := strings.Index(p.code[from:], marks[1]); i >= 0 {
		return from + i + len(marks[1])
	}
	return len(p.code)
}

// mayBeNote keeps the # in a#b and $# from beginning a comment.
func (p *painter) mayBeNote(note string) bool {
	return note != "#" || p.at == 0 || strings.IndexByte(" \t\n;(){}[],", p.code[p.at-1]) >= 0
}

func (p *painter) lineEnd() int {
	if i := strings.IndexByte(p.code[p.at:], '\n'); i >= 0 {
		return p.at + i
	}
	return len(p.code)
}

// quoted writes a string that ends within its line.
func (p *painter) quoted() bool {
	quote := p.code[p.at]
	if p.at < p.unclosed[quote] {
		return false
	}
	for i := p.at + 1; i < len(p.code) && p.code[i] != '\n'; i++ {
		switch p.code[i] {
		case '\\':
			if i+1 < len(p.code) && p.code[i+1] != '\n' {
				i++
			}
		case quote:
			class := "c-text"
			if p.isLabel(i + 1) {
				class = "c-name"
			}
			p.paint(i+1, class)
			return true
		}
	}
	p.unclosed[quote] = p.lineEnd()
	return false
}

// tag writes the beginning of a tag, and notes where it ends.
func (p *painter) tag(rest string) bool {
	if !p.inTag && rest[0] == '<' {
		name := p.wordEnd(p.at+1+len(rest[1:])-len(strings.TrimLeft(rest[1:], "/?!")), "-:")
		p.inTag = name > p.at+1
		if p.inTag {
			p.paint(name, "c-name")
		}
		return p.inTag
	}
	if rest[0] == '>' {
		p.inTag = false
	}
	return false
}

// wordEnd is where the word at a place ends.
func (p *painter) wordEnd(at int, and string) int {
	for at < len(p.code) {
		c, size := utf8.DecodeRuneInString(p.code[at:])
		if !p.isWord(c) && !strings.ContainsRune(and, c) {
			break
		}
		at += size
	}
	return at
}

func (p *painter) isWord(c rune) bool {
	return c == '_' || c != utf8.RuneError && (unicode.IsLetter(c) || unicode.IsDigit(c)) || strings.ContainsRune(p.in, c)
}

// classOf is the class of a word that ends at a place.
func (p *painter) classOf(word string, end int) string {
	if p.anyCase {
		word = strings.ToLower(word)
	}
	switch {
	case p.isTags && p.inTag:
		return "c-known"
	case p.isTags:
		return ""
	case p.isLabel(end):
		return "c-name"
	case p.keys[word]:
		return "c-key"
	case p.known[word]:
		return "c-known"
	case end < len(p.code) && p.code[end] == '(':
		return "c-name"
	default:
		return ""
	}
}

func (p *painter) isLabel(end int) bool {
	return p.label != 0 && strings.HasPrefix(strings.TrimLeft(p.code[end:], " "), string(rune(p.label)))
}

func (p *painter) diff() {
	for p.at < len(p.code) {
		class := ""
		switch rest := p.code[p.at:]; {
		case strings.HasPrefix(rest, "@@") || strings.HasPrefix(rest, "+++") || strings.HasPrefix(rest, "---"):
			class = "c-name"
		case rest[0] == '+':
			class = "c-added"
		case rest[0] == '-':
			class = "c-gone"
		}
		if end := p.lineEnd(); end > p.at {
			p.paint(end, class)
		} else {
			p.paint(end+1, "")
		}
	}
}
