package views

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"

	"parlour"
)

// Taken is what became of something that was sent.
type Taken struct {
	Told  string      // what there is to be told of it, to its sender alone
	Reply parlour.Seq // what it answered, or 0
	Name  string      // the sender's from now on; empty: as before
}

// Sent answers htmx when a message was taken: a fresh key for a composer whose
// expressions do not run, no complaint, what there is to be told of it, no preview,
// and the name of who has another one. Whoever talks has read what is marked as
// new, and goes on at the end of the list, where it will stand. A reply was sent
// with that; somebody may have chosen another one meanwhile.
// It is appended by hand, as messages are, because each of them asks for it.
func Sent(l Locale, fresh string, t Taken) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return write(w, func(b []byte) []byte {
			if t.Reply != 0 {
				b = append(b, `<hx-partial hx-target="#reply-`...)
				b = strconv.AppendInt(b, int64(t.Reply), 10)
				b = append(b, `" hx-swap="delete"></hx-partial> `...)
			}
			if t.Name != "" {
				b = append(b, `<hx-partial hx-target="#known" hx-swap="innerHTML">`...)
				b = append(b, knownAs(l, t.Name)...)
				b = append(b, `</hx-partial> `...)
			}
			b = append(b, `<hx-partial hx-target="#key" hx-swap="outerHTML">`...)
			b = appendKey(b, fresh)
			b = append(b, `</hx-partial> <hx-partial hx-target="#cerr" hx-swap="textContent"></hx-partial> `...)
			b = append(b, `<hx-partial hx-target="#told" hx-swap="innerHTML scroll:bottom scrollTarget:#scroll">`...)
			b = appendText(b, t.Told)
			b = append(b, `</hx-partial> <hx-partial hx-target="#new" hx-swap="delete"></hx-partial> <hx-partial hx-target="#to-new" hx-swap="delete">`...)
			return append(b, `</hx-partial> <hx-partial hx-target="#preview" hx-swap="innerHTML"></hx-partial>`...)
		})
	})
}

// knownAs tells somebody what they are called.
func knownAs(l Locale, is string) string { return fill(l.say("side.known_as"), "{name}", name(is)) }

// key is the composer's field that makes a message that is sent again the same.
func key(of string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return write(w, func(b []byte) []byte { return appendKey(b, of) })
	})
}

func appendKey(b []byte, of string) []byte {
	b = append(b, `<input id="key" type="hidden" name="key" value="`...)
	b = appendText(b, of)
	return append(b, `">`...)
}
