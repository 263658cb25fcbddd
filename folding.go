package parlour

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold is what a text has in common with all that a search takes for the same:
// small letters, without diacritics, width and other forms of compatibility
// (NFKD), without marks that nobody sees, and with one space between words.
func Fold(text string) string {
	b := make([]byte, 0, len(text))
	if isASCII(text) { // as most texts are, and norm takes its time
		for i := range len(text) {
			if c := byte(folded(rune(text[i]))); c != ' ' || len(b) > 0 && b[len(b)-1] != ' ' {
				b = append(b, c)
			}
		}
		return trimFolded(b)
	}
	fold(text, func(r rune, _, _ int) { b = appendFolded(b, r) })
	return trimFolded(b)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
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
	var decomposed []byte
	for start := 0; start < len(text); {
		end := start + norm.NFKD.NextBoundaryInString(text[start:], true)
		decomposed = norm.NFKD.AppendString(decomposed[:0], text[start:end])
		for _, r := range string(decomposed) {
			if r = folded(r); r == sharpS {
				each('s', start, end)
				r = 's'
			}
			if r >= 0 {
				each(r, start, end)
			}
		}
		start = end
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
	case r <= unicode.MaxASCII:
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
