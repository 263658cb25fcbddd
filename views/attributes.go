package views

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// attributes are those of a tag that are always the same, as they stand there.
// They are escaped once: the expressions among them are long, and to escape them
// for each page took a sixth of its time.
type attributes string

func attributesOf(pairs templ.OrderedAttributes) attributes {
	var out strings.Builder
	_ = templ.RenderAttributes(context.Background(), &out, pairs) // a Builder takes everything
	return attributes(out.String())
}

// poster is an element without content that has htmx post something.
func poster(to string, as attributes) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return write(w, func(b []byte) []byte {
			b = appendText(append(b, `<span hx-post="`...), to)
			b = append(append(b, '"'), as...)
			return append(b, `></span>`...)
		})
	})
}

// composerForm is the composer around its fields.
func composerForm(p Page, slug string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		fields, to := templ.GetChildren(ctx), roomPath(slug, "/messages")
		err := write(w, func(b []byte) []byte {
			b = appendText(append(b, `<form id="composer" class="composer" method="post" action="`...), to)
			b = appendText(append(b, `" hx-post="`...), to)
			b = append(append(b, '"'), composerAttributes...)
			b = appendText(append(b, ` data-refused="`...), p.say("composer.refused"))
			b = appendText(append(b, `" data-offline="`...), p.say("composer.offline"))
			return append(b, `">`...)
		})
		if err == nil {
			err = fields.Render(templ.ClearChildren(ctx), w)
		}
		if err == nil {
			_, err = io.WriteString(w, `</form>`)
		}
		return err
	})
}
