package parlour

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// IsCommand tells whether a text is meant for the house and not for the room:
// it begins with a slash. "/me waves" and "/shrug" are said, and so is what begins
// with two slashes, of which one is shown.
func IsCommand(typed string) bool {
	typed = strings.TrimLeft(typed, " \t\r\n")
	word, _, _ := strings.Cut(strings.ReplaceAll(typed, "\n", " "), " ")
	if word = strings.TrimSpace(word); word == "/me" || word == "/shrug" {
		return false
	}
	return strings.HasPrefix(typed, "/") && !strings.HasPrefix(typed, "//")
}

// command is a text that was cut into its word and what stands behind.
type command struct{ name, rest string }

// parseCommand reads a text of which IsCommand is true.
func parseCommand(typed string) command {
	line := strings.Join(strings.Fields(typed), " ")
	word, rest, _ := strings.Cut(line, " ")
	return command{name: strings.ToLower(strings.TrimPrefix(word, "/")), rest: rest}
}

// takeSpan takes a length of time off the beginning of a text, if there is one,
// and answers what is left.
func takeSpan(text string) (time.Duration, string) {
	word, rest, _ := strings.Cut(text, " ")
	if span, ok := ParseSpan(word); ok {
		return span, rest
	}
	return 0, text
}

// maxSpan is ten years: what lasts longer is for good.
const maxSpan = 10 * 365 * 24 * time.Hour

// ParseSpan reads a positive length of time as people write it: a number with
// s, m, h, d or w, or several of them, such as "1h30m".
func ParseSpan(typed string) (time.Duration, bool) {
	units := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	}
	var total time.Duration
	for typed != "" {
		digits := 0
		for digits < len(typed) && typed[digits] >= '0' && typed[digits] <= '9' {
			digits++
		}
		if digits == 0 || digits > 9 || digits == len(typed) {
			return 0, false
		}
		n, err := strconv.ParseInt(typed[:digits], 10, 64)
		unit, known := units[typed[digits]|0x20]
		if err != nil || !known || n > int64(maxSpan/unit) {
			return 0, false
		}
		if total += time.Duration(n) * unit; total > maxSpan {
			return 0, false
		}
		typed = typed[digits+1:]
	}
	return total, total > 0
}

// FormatSpan writes a length of time as ParseSpan reads it, in whole seconds.
func FormatSpan(span time.Duration) string {
	var b strings.Builder
	for _, unit := range []struct {
		name string
		is   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := span / unit.is; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + unit.name)
			span -= n * unit.is
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

type nameAndRest struct{ name, rest string }

// namesAtStart are the names that a text may begin with, the longest first, each
// with what stands behind it. A name may be quoted, and then it is the only one.
func namesAtStart(text string) (names []nameAndRest, err error) {
	text = strings.TrimPrefix(text, "@")
	for _, quotes := range [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}, {"«", "»"}} {
		quoted, isQuoted := strings.CutPrefix(text, quotes[0])
		name, rest, isClosed := strings.Cut(quoted, quotes[1])
		if isQuoted && isClosed && strings.TrimSpace(name) != "" {
			return []nameAndRest{{strings.TrimSpace(name), strings.TrimSpace(rest)}}, nil
		}
	}
	words := strings.Split(text, " ")
	for n := min(len(words), MaxName); n > 0; n-- {
		name := strings.Join(words[:n], " ")
		if name != "" && utf8.RuneCountInString(name) <= MaxName {
			names = append(names, nameAndRest{name, strings.Join(words[n:], " ")})
		}
	}
	if len(names) == 0 {
		return nil, bodyErrorf("command.name", "a name is needed")
	}
	return names, nil
}
