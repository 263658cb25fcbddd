package parlour

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FilterKind says how a filter's pattern is read.
type FilterKind string

// The kinds of filter.
const (
	// WordFilter finds a word or several, whole and in any case.
	WordFilter FilterKind = "word"
	// LinkFilter finds web addresses on a host or on one below it; an empty
	// pattern or "*" finds every web address.
	LinkFilter FilterKind = "link"
	// RegexFilter finds a regular expression in the syntax of RE2, which takes
	// time linear in the text however the expression is written.
	RegexFilter FilterKind = "regex"
)

// FilterKinds are all of them.
var FilterKinds = []FilterKind{WordFilter, LinkFilter, RegexFilter}

// FilterAct is what is done about what a filter finds.
type FilterAct string

// The acts, from the mildest to the strictest.
const (
	Masking  FilterAct = "mask" // what was found is replaced
	Holding  FilterAct = "hold" // the message waits for a moderator
	Refusing FilterAct = "refuse"
	Kicking  FilterAct = "kick" // the message is refused and its author kicked
)

// FilterActs are all of them, from the mildest to the strictest.
var FilterActs = []FilterAct{Masking, Holding, Refusing, Kicking}

// strictness is 0 for no act at all.
func (a FilterAct) strictness() int {
	for i, act := range FilterActs {
		if act == a {
			return i + 1
		}
	}
	return 0
}

// Filter looks for something in what people say who do not moderate.
type Filter struct {
	ID      int64
	Room    int64 // Room.ID; 0: the house
	Kind    FilterKind
	Pattern string
	Act     FilterAct
	At      time.Time
}

func (f Filter) String() string { return string(f.Act) + " " + string(f.Kind) + " " + f.Pattern }

// MaxPattern is how many bytes a pattern may have.
const MaxPattern = 200

// compiledFilter is a filter that can be asked.
type compiledFilter struct {
	Filter
	// find answers the places of what it finds, as Links does.
	find func(body string) [][]int
}

// compile makes a filter ready, or is Invalid with the field at fault: a kind or
// an act that is not known, a pattern that is empty, too long, no regular
// expression, or finds what is not there.
func (f Filter) compile() (compiledFilter, error) {
	c := compiledFilter{Filter: f}
	if f.Act.strictness() == 0 {
		return c, filterErrorf("filter.act", "act", "%.40q is nothing that a filter can do", f.Act)
	}
	if len(f.Pattern) > MaxPattern || !utf8.ValidString(f.Pattern) {
		return c, filterErrorf("filter.too_long", "pattern", "the pattern is longer than %d bytes", MaxPattern)
	}
	if f.Pattern == "" && f.Kind != LinkFilter {
		return c, filterErrorf("filter.empty", "pattern", "a pattern is needed")
	}
	switch f.Kind {
	case WordFilter:
		word, err := regexp.Compile(`(?i)` + regexp.QuoteMeta(f.Pattern))
		if err != nil {
			return c, filterErrorf("filter.pattern", "pattern", "the pattern cannot be read: %v", err)
		}
		c.find = func(body string) [][]int { return wholeWords(word, body) }
	case LinkFilter:
		host := strings.ToLower(strings.TrimPrefix(f.Pattern, "*."))
		c.find = func(body string) [][]int { return linksTo(host, body) }
	case RegexFilter:
		found, err := regexp.Compile(f.Pattern)
		if err != nil {
			return c, filterErrorf("filter.pattern", "pattern", "the pattern cannot be read: %v", err)
		}
		if found.MatchString("") {
			return c, filterErrorf("filter.everything", "pattern", "the pattern finds nothing in particular")
		}
		c.find = func(body string) [][]int { return found.FindAllStringIndex(body, -1) }
	default:
		return c, filterErrorf("filter.kind", "kind", "%.40q is no kind of filter", f.Kind)
	}
	return c, nil
}

func filterErrorf(code, field, format string, args ...any) *Error {
	err := Errorf(Invalid, code, format, args...)
	err.Field = field
	err.Args = map[string]any{"Max": MaxPattern}
	return err
}

// wholeWords are the places of a pattern that do not stand within a word. The
// expressions' own \b knows ASCII only.
func wholeWords(pattern *regexp.Regexp, body string) (places [][]int) {
	for at := 0; at < len(body); {
		found := pattern.FindStringIndex(body[at:])
		if found == nil {
			return places
		}
		start, end := at+found[0], at+found[1]
		before, _ := utf8.DecodeLastRuneInString(body[:start])
		after, _ := utf8.DecodeRuneInString(body[end:])
		if !isWordRune(before) && !isWordRune(after) {
			places = append(places, []int{start, end})
			at = end
			continue
		}
		_, size := utf8.DecodeRuneInString(body[start:])
		at = start + size
	}
	return places
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_')
}

// linksTo are the places of web addresses on a host or below it.
func linksTo(host, body string) (places [][]int) {
	for _, place := range Links(body) {
		if host == "" || host == "*" {
			places = append(places, place)
			continue
		}
		link, err := url.Parse(body[place[0]:place[1]])
		if err != nil { // not to be vouched for
			places = append(places, place)
			continue
		}
		on := strings.TrimSuffix(strings.ToLower(link.Hostname()), ".")
		if on == host || strings.HasSuffix(on, "."+host) {
			places = append(places, place)
		}
	}
	return places
}

// mask puts three stars in the place of each thing found.
func mask(body string, places [][]int) string {
	var b strings.Builder
	done := 0
	for _, place := range places {
		b.WriteString(body[done:place[0]])
		b.WriteString("***")
		done = place[1]
	}
	b.WriteString(body[done:])
	return b.String()
}
