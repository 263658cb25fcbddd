package views

import (
	"net/url"
	"strconv"
	"time"

	"parlour"
)

// appendStamps writes when a message was posted and, if so, edited, and the way
// to what can be done with it. Within the list of a room's messages htmx follows
// links without leaving the page, and answers in their place come as partials;
// hx-ignore keeps those that lead to a page of their own.
func appendStamps(b []byte, l Locale, m parlour.Message) []byte {
	if l.Slug == "" {
		b = appendPosted(b, l, m.At)
	} else { // the time is the link to the message's own page
		b = append(b, `<a class="at" href="`...)
		b = appendPath(b, l, "/messages/", m.Seq, "")
		b = append(b, `" hx-ignore>`...)
		b = appendPosted(b, l, m.At)
		b = append(b, `</a>`...)
	}
	if !m.Edited.IsZero() {
		key := "message.edited"
		if m.EditedBy != "" {
			key = "message.edited_by"
		}
		b = append(b, ` <small class="edited">`...)
		b = append(b, fill(l.say(key), "{time}", string(appendEdited(nil, l, m)), "{name}", name(m.EditedBy))...)
		b = append(b, `</small>`...)
	}
	if l.Slug == "" {
		return b
	}
	b = append(b, ` <a class="more" href="`...)
	b = appendPath(b, l, "/messages/", m.Seq, "/menu")
	b = append(b, `" aria-label="`...)
	b = appendText(b, l.say("menu.open"))
	return append(b, `">⋯</a>`...)
}

// appendPath writes an address below a room's: what stands before the number of a
// message, the number, and what stands behind it.
func appendPath(b []byte, l Locale, before string, seq parlour.Seq, behind string) []byte {
	b = append(b, `/rooms/`...)
	b = appendText(b, url.PathEscape(l.Slug))
	b = append(b, before...)
	b = strconv.AppendInt(b, int64(seq), 10)
	return append(b, behind...)
}

// messagePath is the address of a message, or of something below it.
func messagePath(slug string, seq parlour.Seq, below string) string {
	return roomPath(slug, "/messages/"+seq.String()+below)
}

// appendPosted writes when a message was posted. In a room its day stands above it
// (see appendDay), elsewhere before the time.
func appendPosted(b []byte, l Locale, t time.Time) []byte {
	if l.Slug == "" {
		return appendStamp(b, l, t)
	}
	return appendTime(b, l, t, "")
}

// appendEdited writes when a message was edited, with the day if that is another
// than that of the message.
func appendEdited(b []byte, l Locale, m parlour.Message) []byte {
	if l.dayNumber(m.Edited) == l.dayNumber(m.At) {
		return appendTime(b, l, m.Edited, "")
	}
	return appendStamp(b, l, m.Edited)
}

// appendStamp writes a day and time of day.
func appendStamp(b []byte, l Locale, t time.Time) []byte {
	return appendTime(b, l, t, l.tongue().customs.FmtDateMedium(l.local(t))+" ")
}

// appendTime writes a <time>: the day as it is to be told, the time of day, and
// all of it with the zone for those who point at it.
func appendTime(b []byte, l Locale, t time.Time, day string) []byte {
	b = append(b, `<time datetime="`...)
	b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	t = l.local(t)
	b = append(b, `" title="`...)
	b = appendText(b, l.longDay(t))
	b = appendText(b, l.say("date.joint"))
	b = t.AppendFormat(b, "15:04 MST")
	b = append(b, `">`...)
	b = appendText(b, day)
	b = t.AppendFormat(b, "15:04") // all our languages read the 24 hours
	return append(b, `</time>`...)
}
