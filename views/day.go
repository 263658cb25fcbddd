package views

import "time"

// A room shows the day above the first message of each. No message knows whether
// it is the first: the one before it may go, and what was said before is not on
// every page. So each message of a room carries its day as a heading and the last
// three digits of the day's number as classes, and the style sheet (days.css) hides
// the heading of a message that stands behind one with the same three. A gap of
// exactly a thousand days, or a multiple of that, is taken for none.

// appendDay writes the heading of a message's day, with a space behind, if it
// stands in a room. It is within the message's first line, for browsers that have
// no style sheets and show it with each.
func appendDay(b []byte, l Locale, t time.Time) []byte {
	if l.Slug == "" {
		return b
	}
	b = append(b, `<b class="day" role="heading" aria-level="2">`...)
	b = appendText(b, l.longDay(l.local(t)))
	return append(b, `</b> `...)
}

// appendDayClasses writes the classes of a day, each with a space before it: the
// units of its number as u0 to u9, then the tens and hundreds.
func appendDayClasses(b []byte, l Locale, t time.Time) []byte {
	if l.Slug == "" {
		return b
	}
	n := l.dayNumber(t)
	digit := func(place int64) byte { return byte('0' + n/place%10) }
	return append(b, ' ', 'u', digit(1), ' ', 't', digit(10), ' ', 'h', digit(100))
}

// dayNumber counts the days of the reader's calendar, from 1970-01-01 as 0.
func (l Locale) dayNumber(t time.Time) int64 {
	year, month, day := l.local(t).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
}

// longDay is the day of a local time in full, such as "Friday, 21 November 2025".
func (l Locale) longDay(t time.Time) string { return l.tongue().customs.FmtDateFull(t) }
