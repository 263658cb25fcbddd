package views

import (
	"html"
	"strings"
	"time"

	"parlour"
)

// statement is what the house says, as HTML: in the reader's language where it
// is known as data, else as it stands.
func statement(l Locale, m parlour.Message) string {
	switch e := m.Event; {
	case e == nil:
		return string(appendProse(nil, m.Body))
	case e.Renamed != nil:
		return fill(l.say("event.renamed"), "{from}", name(e.Renamed.From), "{to}", name(e.Renamed.To))
	case e.Set != nil:
		return setting(l, e.Set)
	default:
		return attendance(l, e)
	}
}

// setting tells what a moderator changed of the room.
func setting(l Locale, s *parlour.Setting) string {
	key := "event.set." + string(s.What)
	if s.What == parlour.ActSlow && s.Seconds == 0 || s.What == parlour.ActTopic && s.Topic == "" {
		key += "_off"
	}
	span := l.span(time.Duration(s.Seconds) * time.Second)
	return fill(l.say(key), "{name}", name(s.By), "{topic}", name(s.Topic), "{room}", name(s.Name), "{span}", name(span),
		"{message}", toMessage(l, s.Seq, l.say("event.pinned_message")))
}

// toMessage is a link to a message of the room as HTML, or its plain words where
// the room is not known.
func toMessage(l Locale, seq parlour.Seq, words string) string {
	words = html.EscapeString(words)
	if l.Slug == "" {
		return words
	}
	return `<a href="` + html.EscapeString(messagePath(l.Slug, seq, "")) + `" hx-ignore>` + words + `</a>`
}

// attendance tells who came and who went: "Ana and Bob joined · Cleo left". The
// dot is the style sheet's.
func attendance(l Locale, e *parlour.Event) string {
	var told []string
	if n := len(e.Joined) + e.MoreJoined; n > 0 {
		told = append(told, fill(l.count("event.joined", n), "{names}", names(l, e.Joined, e.MoreJoined)))
	}
	if n := len(e.Left) + e.MoreLeft; n > 0 {
		told = append(told, fill(l.count("event.left", n), "{names}", names(l, e.Left, e.MoreLeft)))
	}
	return `<span>` + strings.Join(told, `</span> <span>`) + `</span>`
}

// fill is a wording as HTML, with markup at its places: pairs of a place, such
// as "{name}", and the HTML that stands there. All is replaced in one pass, so
// a person called "{to}" stays what they are.
func fill(words string, pairs ...string) string {
	words = html.EscapeString(words)
	b := make([]byte, 0, len(words)+64)
	for words != "" {
		before, _, _ := strings.Cut(words, "{")
		b, words = append(b, before...), words[len(before):]
		taken := 0
		for i := 0; i < len(pairs) && taken == 0; i += 2 {
			if strings.HasPrefix(words, pairs[i]) {
				b, taken = append(b, pairs[i+1]...), len(pairs[i])
			}
		}
		if taken == 0 && words != "" { // a brace, and no place
			b, taken = append(b, words[0]), 1
		}
		words = words[taken:]
	}
	return string(b)
}

// name is a person's name as HTML, kept from turning the text around it.
func name(of string) string { return `<bdi>` + html.EscapeString(of) + `</bdi>` }

// names is an enumeration as HTML, joined as the language does, with a count of
// those not named at its end.
func names(l Locale, named []string, more int) string {
	items := make([]string, 0, len(named)+1)
	for _, n := range named {
		items = append(items, name(n))
	}
	and := html.EscapeString(l.say("list.and"))
	switch {
	case more > 0:
		items = append(items, html.EscapeString(l.count("list.others", more)))
	case l.Lang == "es" && len(named) > 0 && startsLikeI(named[len(named)-1]):
		and = " e "
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], html.EscapeString(l.say("list.comma"))) + and + items[last]
}

// startsLikeI tells whether Spanish says "e" for "y" before a name: "Ana e
// Inés", "Ana e Hilda", but "Ana y Hierro".
func startsLikeI(name string) bool {
	name = strings.ToLower(name)
	for _, start := range []string{"hi", "hí", "i", "í"} {
		if rest, ok := strings.CutPrefix(name, start); ok {
			return rest == "" || !strings.ContainsAny(rest[:1], "aeo")
		}
	}
	return false
}
