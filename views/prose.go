package views

import (
	"html"
	"strings"

	"parlour"
)

// appendProse writes a text as it was typed, made harmless: escaped, with line
// ends as <br> and web addresses as links that do not tell where they were
// followed from.
func appendProse(b []byte, text string) []byte {
	done := 0
	for _, at := range parlour.Links(text) {
		b = appendLines(b, text[done:at[0]])
		link := html.EscapeString(text[at[0]:at[1]])
		b = append(b, `<a href="`...)
		b = append(b, link...)
		b = append(b, `" target="_blank" rel="nofollow noopener noreferrer ugc">`...)
		b = append(b, link...)
		b = append(b, `</a>`...)
		done = at[1]
	}
	return appendLines(b, text[done:])
}

// appendLines writes <br> for each line end: text browsers know it and not
// white-space: pre-wrap, and a fragment without line ends is one data line of a
// stream.
func appendLines(b []byte, text string) []byte {
	for {
		line, rest, more := strings.Cut(text, "\n")
		b = appendText(b, line)
		if !more {
			return b
		}
		b = append(b, `<br>`...)
		text = rest
	}
}

func appendText(b []byte, text string) []byte { return append(b, html.EscapeString(text)...) }
