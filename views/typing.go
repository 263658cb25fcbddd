package views

import (
	"io"

	"parlour"
)

// Typing is who is writing something in a room.
type Typing struct {
	People  []parlour.Author // a few
	Several bool             // too many to be named; then People is empty
}

// WriteTyping writes what the stream sends when people begin to write something
// or have written it: a line above the composer.
//
// A line tells nobody of themselves, and yet all readers are sent the same bytes.
// So it comes as it is for everybody else, last, and before that once for each
// who is in it, without them: their own style sheet (see OwnCSS) shows that one in
// place of the last. A line with places to be hidden in would not do: verbs and
// commas hang on who is named.
func WriteTyping(w io.Writer, l Locale, t Typing) error {
	return write(w, func(b []byte) []byte {
		b = append(b, `<hx-partial hx-target="#typing" hx-swap="innerHTML">`...)
		for i, who := range t.People {
			others := make([]parlour.Author, 0, len(t.People))
			others = append(append(others, t.People[:i]...), t.People[i+1:]...)
			b = append(b, `<span class="but-`...)
			b = appendText(b, who.ID)
			b = append(b, `">`...)
			b = append(b, typing(l, others)...)
			b = append(b, `</span>`...)
		}
		switch {
		case t.Several:
			b = append(b, `<span>`...)
			b = appendText(b, l.say("typing.several"))
			b = append(b, `</span>`...)
		case len(t.People) > 0:
			b = append(b, `<span>`...)
			b = append(b, typing(l, t.People)...)
			b = append(b, `</span>`...)
		}
		return append(b, `</hx-partial>`...)
	})
}

// typing tells who is writing, as HTML: two by name, and of more the first.
func typing(l Locale, people []parlour.Author) string {
	if len(people) == 0 {
		return ""
	}
	var named []string
	for _, who := range people {
		named = append(named, who.Name)
	}
	more := 0
	if len(named) > 2 {
		named, more = named[:1], len(named)-1
	}
	return fill(l.count("typing.now", len(people)), "{names}", names(l, named, more))
}
