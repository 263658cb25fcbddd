package parlour

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is what a text has in common with all that a search takes for the same:
// small letters, without diacritics, width and other forms of compatibility
// (NFKD), without marks that nobody sees, and with one space between words.
func Fold(text string) string {
	b := make([]byte, 0, len(text))
	fold(text, func(r rune, _, _ int) { b = appendFolded(b, r) })
	return trimFolded(b)
}

func appendFolded(b []byte, r rune) []byte {
	if r == ' ' && (len(b) == 0 || b[len(b)-1] == ' ') {
		return b
	}
	return append(b, string(r)...)
}

func trimFolded(b []byte) string {
	if n := len(b); n > 0 && b[n-1] == ' ' {
		b = b[:n-1]
	}
	return string(b)
}

// fold goes through the characters of a folded text, with the place in bytes of
// what each was made of.
func fold(text string, each func(r rune, start, end int)) {
	var segments norm.Iter
	segments.InitString(norm.NFKD, text)
	for !segments.Done() {
		start := segments.Pos()
		segment := segments.Next()
		end := segments.Pos()
		for _, r := range string(segment) {
			if r = folded(r); r == sharpS {
				each('s', start, end)
				r = 's'
			}
			if r >= 0 {
				each(r, start, end)
			}
		}
	}
}

const (
	sharpS       = 'ß'
	finalSigma   = 'ς'
	voiced       = '\u3099' // make another sound of a kana, and are no ornament
	halfVoiced   = '\u309A'
	foldsToNever = -1
)

func folded(r rune) rune {
	switch {
	case r < unicode.MaxASCII:
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	case r == voiced || r == halfVoiced:
		return r
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return foldsToNever
	case unicode.IsSpace(r):
		return ' '
	case r == finalSigma:
		return 'σ'
	}
	return unicode.ToLower(r)
}
