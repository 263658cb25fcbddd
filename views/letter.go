package views

import "parlour"

// Letter is what the house writes to somebody, as plain text. The link is the
// whole address at which it leads on.
func Letter(letter parlour.Letter, link string) (subject, body string) {
	l := Locale{Lang: letter.Lang}
	key := "letter." + string(letter.Kind)
	return l.say(key + ".subject"), l.sayWith(key+".body", map[string]any{"Link": link})
}
