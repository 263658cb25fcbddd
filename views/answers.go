package views

import (
	"strconv"
	"strings"

	"parlour"
)

// appendQuote writes which message a reply answers, with a link to it.
func appendQuote(b []byte, l Locale, q *parlour.Quote) []byte {
	if q == nil {
		return b
	}
	b = append(b, `<p class="quote">`...)
	isLink := l.Slug != "" && !q.Gone
	if isLink { // see appendStamps
		b = append(b, `<a href="`...)
		b = appendPath(b, l, "/messages/", q.Seq, "")
		b = append(b, `" hx-ignore>`...)
	}
	switch {
	case q.Gone:
		b = appendText(b, l.say("quote.gone"))
	case !q.IsOpen():
		b = appendText(b, l.say("quote.earlier"))
	default:
		b = appendQuoted(b, l, "quote.of", *q)
	}
	if isLink {
		b = append(b, `</a>`...)
	}
	return append(b, `</p>`...)
}

// appendQuoted writes whom a reply answers, in words with a place for the name,
// and what they said.
func appendQuoted(b []byte, l Locale, words string, q parlour.Quote) []byte {
	who := appendText([]byte(`<bdi class="who `+hue(q.Person)+`">`), q.Name)
	b = append(b, fill(l.say(words), "{name}", string(append(who, `</bdi>`...)))...)
	if q.Excerpt != "" {
		b = append(b, ` <q dir="auto">`...)
		b = appendText(b, q.Excerpt)
		b = append(b, `</q>`...)
	}
	return b
}

// appendAnswers writes what a message was answered with, and the ways to answer
// it. They are no part of what is said: nothing of it is read out when it comes
// or changes. Pressed, a reaction is added for whoever presses it, or taken back:
// only the server knows which, and by what was seen that it is not the same once
// more.
func appendAnswers(b []byte, l Locale, m parlour.Message) []byte {
	if l.Slug == "" || !m.IsAnswerable() {
		return b
	}
	b = append(b, `<footer class="answers" aria-live="off">`...)
	if len(m.Reactions) > 0 {
		b = append(b, `<form method="post" action="`...)
		b = appendPath(b, l, "/messages/", m.Seq, "/reactions")
		b = append(b, `"><input type="hidden" name="seen" value="`...)
		b = strconv.AppendInt(b, int64(m.Changed), 10)
		b = append(b, `">`...)
		for _, r := range m.Reactions {
			b = append(b, `<button name="emoji" value="`...)
			b = appendText(b, r.Emoji)
			b = append(b, `" title="`...)
			b = appendText(b, plainNames(l, r.Names, r.Count-len(r.Names)))
			b = append(b, `">`...)
			b = appendText(b, r.Emoji)
			b = append(b, ` <b>`...)
			b = strconv.AppendInt(b, int64(r.Count), 10)
			b = append(b, `</b></button> `...)
		}
		b = append(b, `</form>`...)
	}
	b = append(b, `<a href="`...)
	b = appendPath(b, l, "?reply=", m.Seq, "")
	b = append(b, `">`...)
	b = appendText(b, l.say("message.reply"))
	b = append(b, `</a> <a href="`...)
	b = appendPath(b, l, "/messages/", m.Seq, "/reactions")
	b = append(b, `">`...)
	b = appendText(b, l.say("message.react"))
	return append(b, `</a></footer>`...)
}

// plainNames is names as text for an attribute.
func plainNames(l Locale, named []string, more int) string {
	items := named
	if more > 0 {
		items = append(named[:len(named):len(named)], l.count("list.others", more))
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last, and := len(items)-1, l.say("list.and")
	if l.Lang == "es" && more == 0 && startsLikeI(items[last]) {
		and = " e "
	}
	return strings.Join(items[:last], l.say("list.comma")) + and + items[last]
}
