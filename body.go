package parlour

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBody is how many characters (Unicode code points) a message may have.
const MaxBody = 4000

// CleanBody makes a message's text out of what was typed: line ends become LF,
// other control characters go, and so do the code points that are no characters
// and that HTML may not have, spaces at the ends of lines and empty lines around
// the text. Nothing is escaped: that is done when it is rendered.
// It is Invalid when nothing is left, when it is longer than MaxBody, or when
// it is not UTF-8.
func CleanBody(typed string) (string, error) {
	if !utf8.ValidString(typed) {
		return "", bodyErrorf("body.encoding", "the text is not valid UTF-8")
	}
	typed = strings.ReplaceAll(typed, "\r\n", "\n")
	typed = strings.ReplaceAll(typed, "\r", "\n")
	typed = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || isNoncharacter(r) {
			return -1
		}
		return r
	}, typed)
	body := strings.Trim(trimLines(typed), "\n")
	if isBlank(body) {
		return "", bodyErrorf("body.empty", "the message is empty")
	}
	if n := utf8.RuneCountInString(body); n > MaxBody {
		err := bodyErrorf("body.too_long", "the message has %d characters, %d are allowed", n, MaxBody)
		err.Args = map[string]any{"Count": n, "Max": MaxBody}
		return "", err
	}
	return body, nil
}

// trimLines takes the spaces at the ends of lines away.
func trimLines(text string) string {
	if !strings.Contains(text, "\n") { // most messages are one line
		return strings.TrimRightFunc(text, unicode.IsSpace)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	return strings.Join(lines, "\n")
}

func bodyErrorf(code, format string, args ...any) *Error {
	err := Errorf(Invalid, code, format, args...)
	err.Field = "body"
	return err
}

// isBlank tells whether a text shows nothing at all.
func isBlank(s string) bool {
	for _, r := range s {
		if !showsNothing(r) {
			return false
		}
	}
	return true
}

// showsNothing tells of spaces, of marks such as zero-width spaces and direction
// overrides that have no shape, of the letters that are defined to look like
// nothing, and of the Braille cell without a dot.
func showsNothing(r rune) bool {
	return unicode.IsSpace(r) || r == '\u2800' ||
		unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// isNoncharacter tells of the code points that Unicode keeps from ever being
// characters.
func isNoncharacter(r rune) bool {
	return r >= '\uFDD0' && unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// Shrug is what /shrug puts behind a text.
const Shrug = `¯\_(ツ)_/¯`

// parseBody tells what is meant by a clean body: "/me waves" is the action
// "waves", "/shrug who knows" is said with a Shrug, all else is said as it stands.
func parseBody(body string) (MessageKind, string, error) {
	if did, isAction := cutWord(body, "/me"); isAction {
		if isBlank(did) {
			return "", "", bodyErrorf("body.empty_action", "say what you do: /me waves")
		}
		return KindAction, did, nil
	}
	if said, shrugs := cutWord(body, "/shrug"); shrugs {
		body, err := CleanBody(strings.TrimLeft(said+" "+Shrug, " ")) // it is longer than what was typed
		return KindMessage, body, err
	}
	return KindMessage, body, nil
}

// cutWord takes a word off the beginning of a text, and the spaces behind it;
// "/meow" does not begin with "/me".
func cutWord(text, word string) (rest string, found bool) {
	behind, found := strings.CutPrefix(text, word)
	rest = strings.TrimLeftFunc(behind, unicode.IsSpace)
	if !found || behind != "" && rest == behind {
		return text, false
	}
	return rest, true
}
