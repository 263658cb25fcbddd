package markup

import (
	"html"
	"regexp"
	"strings"

	"parlour"
)

// AppendPlain writes a text as it was typed, made harmless: escaped, with line
// ends as <br> and web addresses as links that do not tell where they were
// followed from. Nothing else in it means anything.
func AppendPlain(b []byte, text string) []byte {
	done := 0
	for _, at := range parlour.Links(text) {
		b = appendTyped(b, text[done:at[0]])
		b = appendLink(b, text[at[0]:at[1]])
		done = at[1]
	}
	return appendTyped(b, text[done:])
}

// appendTyped writes <br> for each line end: text browsers know it and not
// white-space: pre-wrap.
func appendTyped(b []byte, text string) []byte {
	for {
		line, rest, more := strings.Cut(text, "\n")
		b = append(b, html.EscapeString(line)...)
		if !more {
			return b
		}
		b = append(b, `<br>`...)
		text = rest
	}
}

// linkRel is what keeps a link from telling where it was followed from, from
// reaching back into this page, and from lending it the house's good name.
const linkRel = "nofollow noopener noreferrer ugc"

// webAddress is what links may lead to. A backslash may be in no address, and
// browsers take it for a slash.
var webAddress = regexp.MustCompile(`^(?i:https?)://[^\s"<>\\]+$`)

func appendLink(b []byte, address string) []byte {
	if !webAddress.MatchString(address) {
		return append(b, html.EscapeString(address)...)
	}
	b = append(b, openLink(address)...)
	b = append(b, html.EscapeString(address)...)
	return append(b, `</a>`...)
}

func openLink(address string) string {
	return `<a href="` + html.EscapeString(address) + `" target="_blank" rel="` + linkRel + `">`
}

// isPlain tells whether a text has nothing that could mean anything but what
// AppendPlain knows, which is so for most of what people say. It may err by
// calling a plain text no plain one, never the reverse.
func isPlain(text string) bool {
	isStart := true // nothing but spaces since the line began
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n':
			if i+1 < len(text) && text[i+1] == '\n' {
				return false
			}
			isStart = true
			continue
		case c == ' ' || c == '\t':
			continue
		case c == '*' || c == '_' || c == '`' || c == '\\':
			return false
		case c == '|' || c == '~':
			if i+1 < len(text) && text[i+1] == c {
				return false
			}
		case c == ']':
			if i+1 < len(text) && text[i+1] == '(' {
				return false
			}
		case c == ':':
			isInWord := i > 0 && isWord(text[i-1])
			if i+1 < len(text) && !isInWord && isShortcode(text[i+1]) && strings.IndexByte(text[i+2:], ':') >= 0 {
				return false
			}
		case isStart && (c == '>' || c == '-' || c == '+'):
			return false
		case isStart && c >= '0' && c <= '9':
			rest := strings.TrimLeft(text[i:], "0123456789")
			if strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, ")") {
				return false
			}
		}
		isStart = false
	}
	return true
}

// isShortcode tells of what may stand between the colons of a shortcode.
func isShortcode(c byte) bool { return isWord(c) || c == '_' || c == '+' || c == '-' }

func isWord(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' }
