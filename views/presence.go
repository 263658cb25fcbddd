package views

import (
	"context"
	"io"
	"slices"

	"github.com/a-h/templ"

	"parlour"
)

// Presence is who is in a room now.
type Presence struct {
	People []Present // at most 50
	More   int       // how many are there besides
}

// Present is somebody who is in a room.
type Present struct {
	parlour.Author
	Away bool
}

func (p Presence) total() int { return len(p.People) + p.More }

// everybody is people as the items of a list, written by hand as messages are:
// each page of a busy room has fifty of them.
func everybody(l Locale, people []Present) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return write(w, func(b []byte) []byte {
			b = slices.Grow(b, 256*len(people))
			for _, is := range people {
				b = appendPresent(b, l, is)
			}
			return b
		})
	})
}

func appendPresent(b []byte, l Locale, is Present) []byte {
	b = appendAuthorClasses(append(b, `<li class="`...), is.ID)
	if is.Away {
		b = append(b, " away"...)
	}
	b = appendText(append(b, `"><span class="face" data-of="`...), initial(is.Name))
	b = append(b, `" aria-hidden="true"></span> `...)
	if l.Slug == "" {
		b = appendText(append(b, `<bdi class="who">`...), is.Name)
		b = append(b, `</bdi> `...)
	} else {
		b = appendText(append(b, `<a class="who" href="`...), roomPath(l.Slug, "/people/"+is.ID))
		b = appendText(append(b, `"><bdi>`...), is.Name)
		b = append(b, `</bdi></a> `...)
	}
	b = appendMarks(b, l, is.Author)
	if is.Away {
		b = append(appendText(append(b, `<small>`...), l.say("people.away")), `</small>`...)
	}
	return append(b, `</li>`...)
}
