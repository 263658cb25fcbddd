package views

import (
	"html"
	"regexp"
	"strings"

	"mvdan.cc/xurls/v2"
)

// links finds web addresses. Other schemes are left as text: a page must not
// offer javascript: or the like to click.
var links = matchWebAddresses()

func matchWebAddresses() *regexp.Regexp {
	found, err := xurls.StrictMatchingScheme("https?://")
	if err != nil { // the scheme is ours
		panic("views: " + err.Error())
	}
	return found
}

// appendProse writes a text as it was typed, made harmless: escaped, with line
// ends as <br> and web addresses as links that do not tell where they were
// followed from.
func appendProse(b []byte, text string) []byte {
	if !strings.Contains(text, "://") { // most texts, and the search is costly
		return appendLines(b, text)
	}
	done := 0
	for _, at := range links.FindAllStringIndex(text, -1) {
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
