package views

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"

	"parlour"
)

// Sent answers htmx when a message was taken: a fresh key for a composer whose
// expressions do not run, no complaint, what there is to be told of it, and no
// preview. Whoever talks has read what is marked as new. A reply was sent with that; somebody may have chosen another one
// meanwhile. It is appended by hand, as messages are, because each of them asks
// for it.
func Sent(fresh, told string, reply parlour.Seq) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return write(w, func(b []byte) []byte {
			if reply != 0 {
				b = append(b, `<hx-partial hx-target="#reply-`...)
				b = strconv.AppendInt(b, int64(reply), 10)
				b = append(b, `" hx-swap="delete"></hx-partial> `...)
			}
			b = append(b, `<hx-partial hx-target="#key" hx-swap="outerHTML">`...)
			b = appendKey(b, fresh)
			b = append(b, `</hx-partial> <hx-partial hx-target="#cerr" hx-swap="textContent"></hx-partial> `...)
			b = append(b, `<hx-partial hx-target="#told" hx-swap="innerHTML">`...)
			b = appendText(b, told)
			b = append(b, `</hx-partial> <hx-partial hx-target="#new" hx-swap="delete"></hx-partial> <hx-partial hx-target="#to-new" hx-swap="delete">`...)
			return append(b, `</hx-partial> <hx-partial hx-target="#preview" hx-swap="innerHTML"></hx-partial>`...)
		})
	})
}

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
