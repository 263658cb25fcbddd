package parlour

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// MaxName is how many characters (Unicode code points) a name may have.
const MaxName = 40

// CleanName makes a name out of what was typed, by the Nickname profile of
// RFC 8266: spaces are trimmed and collapsed, the text is put in NFKC. Composed
// emoji become the pictures they are composed of. It is Invalid when nothing is
// left, when it is longer than MaxName, or when it has characters that could
// deceive, such as controls and direction overrides.
func CleanName(typed string) (string, error) {
	if !utf8.ValidString(typed) {
		return "", nameErrorf("name.encoding", "the name is not valid UTF-8")
	}
	for _, r := range typed {
		if !isSeen(r) {
			err := nameErrorf("name.characters", "the name has the character %U, which cannot be seen or changes the direction of writing", r)
			err.Args = map[string]any{"Character": fmt.Sprintf("%U", r)}
			return "", err
		}
	}
	if isBlank(typed) {
		return "", nameErrorf("name.empty", "a name is needed")
	}
	name, err := precis.Nickname.String(takeApart(typed))
	if err != nil || startsWithMark(name) {
		return "", nameErrorf("name.disallowed", "the name has characters that names may not have")
	}
	if n := utf8.RuneCountInString(name); n > MaxName {
		err := nameErrorf("name.too_long", "the name has %d characters, %d are allowed", n, MaxName)
		err.Args = map[string]any{"Count": n, "Max": MaxName}
		return "", err
	}
	return name, nil
}

// isSeen tells whether a character shows, or stands in a name for what it does to
// its neighbours: the joiner and the non-joiner, which some scripts need. Whether
// they stand where they belong is for the profile to say.
func isSeen(r rune) bool {
	switch {
	case r == '\u200c', r == '\u200d':
		return true
	case r == '\u2800': // a Braille cell without a dot looks like a space
		return false
	default:
		return !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r)
	}
}

// takeApart removes the variation selector and the joiners by which keyboards
// compose emoji, since the profile refuses a name that has them.
func takeApart(name string) string {
	wasPicture := false
	return strings.Map(func(r rune) rune {
		if r == '\ufe0f' || r == '\u200d' && wasPicture {
			return -1
		}
		wasPicture = unicode.In(r, unicode.So, unicode.Sk) // Sk has the skin tones
		return r
	}, name)
}

// startsWithMark tells of names that would put an accent on the text before them.
func startsWithMark(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	return unicode.IsMark(first)
}

// NameKey is what two names have in common when they count as the same name:
// "Ana", "ana" and "ＡＮＡ" share one. The name must be clean.
func NameKey(name string) string {
	key, err := precis.Nickname.CompareKey(name)
	if err != nil { // a clean name always has a key
		return name
	}
	return key
}

// ErrNameTaken refuses a name that somebody else in the room holds.
var ErrNameTaken = nameConflict()

func nameConflict() *Error {
	err := Errorf(Conflict, "name.taken", "somebody in this room has that name")
	err.Field = "name"
	return err
}

func nameErrorf(code, format string, args ...any) *Error {
	err := Errorf(Invalid, code, format, args...)
	err.Field = "name"
	return err
}
