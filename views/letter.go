package views

import "parlour"

// letterWords are the keys of what the house writes: subject and text.
var letterWords = map[parlour.LetterKind]struct{ subject, body string }{
	parlour.LetterVerify: {"letter.verify.subject", "letter.verify.body"},
	parlour.LetterKnown:  {"letter.known.subject", "letter.known.body"},
	parlour.LetterReset:  {"letter.reset.subject", "letter.reset.body"},
}

// Letter is what the house writes to somebody, as plain text. The link is the
// whole address at which it leads on.
func Letter(letter parlour.Letter, link string) (subject, body string) {
	l, words := Locale{Lang: letter.Lang}, letterWords[letter.Kind]
	return l.say(words.subject), l.sayWith(words.body, map[string]any{"Link": link})
}
