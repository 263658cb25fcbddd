package views

import (
	"context"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
	"mvdan.cc/xurls/v2"
)

// links finds web addresses; other schemes are left as text, since a page must
// not offer javascript: or the like to click.
var links = matchWebAddresses()

func matchWebAddresses() *regexp.Regexp {
	found, err := xurls.StrictMatchingScheme("https?://")
	if err != nil { // the scheme is ours
		panic(err)
	}
	return found
}

// prose is a text as it was typed, made harmless: escaped, with line ends as
// <br> and web addresses as links that give nothing away to where they lead.
func prose(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return writeProse(w, text)
	})
}

func writeProse(w io.Writer, text string) error {
	if !strings.Contains(text, "://") { // most texts, and the search is costly
		return writeLines(w, text)
	}
	done := 0
	for _, at := range links.FindAllStringIndex(text, -1) {
		if err := writeLines(w, text[done:at[0]]); err != nil {
			return err
		}
		link := templ.EscapeString(text[at[0]:at[1]])
		if _, err := io.WriteString(w, `<a href="`+link+`" target="_blank" rel="nofollow noopener noreferrer ugc">`+link+`</a>`); err != nil {
			return err
		}
		done = at[1]
	}
	return writeLines(w, text[done:])
}

func writeLines(w io.Writer, text string) error {
	text = templ.EscapeString(text)
	if strings.Contains(text, "\n") {
		// Text browsers know <br> and no white-space: pre-wrap; and a fragment
		// without line ends is one data line in a stream.
		text = strings.ReplaceAll(text, "\n", "<br>")
	}
	_, err := io.WriteString(w, text)
	return err
}
