package views

import (
	"html"

	"github.com/a-h/templ"

	"parlour"
	"parlour/views/markup"
)

// appendBody writes what somebody said, with its markup. What people do begins
// with their name, and so it has no blocks of its own.
func appendBody(b []byte, l Locale, m parlour.Message) []byte {
	words := markup.Words{Spoiler: l.say("message.spoiler")}
	b = append(b, `<div class="body" dir="auto" hx-ignore>`...)
	if m.Kind == parlour.KindAction {
		b = append(b, `<span class="star" aria-hidden="true">*</span> `...)
		b = appendName(b, m.Author.Name)
		b = markup.AppendLine(b, words, m.Body, m.Mentions...)
	} else {
		b = markup.AppendBlocks(b, words, m.Body, m.Mentions...)
	}
	return append(b, `</div>`...)
}

// MentionsAt tells at which bytes of a clean body an @ may begin a mention.
func MentionsAt(kind parlour.MessageKind, body string) []int {
	return markup.MentionsAt(body, kind == parlour.KindAction)
}

// body is what somebody said, within a component.
func body(l Locale, m parlour.Message) templ.Component { return rendered(appendBody(nil, l, m)) }

// appendProse writes a text as it was typed, made harmless: only line ends and
// web addresses mean anything in it.
func appendProse(b []byte, text string) []byte { return markup.AppendPlain(b, text) }

func appendText(b []byte, text string) []byte { return append(b, html.EscapeString(text)...) }
