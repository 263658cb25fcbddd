package parlour

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Query is what somebody searches for. All of it has to be true of a message.
type Query struct {
	// Terms are words, parts of words and phrases, folded (see Fold).
	Terms []string
	From  string // the author's name, folded; empty: anybody
	In    string // the room's slug or name, as typed; empty: any
	// After and Before bound the time: from After on, until before Before. Zero
	// is no bound.
	After, Before time.Time
	Link          bool // there is a web address in it
}

// Bounds of a query.
const (
	MaxQuery = 200 // characters
	maxTerms = 10
)

func queryErrorf(code, format string, args ...any) *Error {
	err := Errorf(Invalid, code, format, args...)
	err.Field = "q"
	return err
}

// ParseQuery reads a query as typed: words, "phrases", from:NAME, in:ROOM,
// before:DATE, after:DATE (YYYY-MM-DD, days of the zone, which do not belong
// themselves) and has:link. Names of more than one word stand between quotation
// marks. Any other word with a colon in it is a word.
func ParseQuery(typed string, zone *time.Location) (q Query, err error) {
	if n := utf8.RuneCountInString(typed); n > MaxQuery {
		err := queryErrorf("search.too_long", "the query has %d characters, %d are allowed", n, MaxQuery)
		err.Args = map[string]any{"Max": MaxQuery}
		return q, err
	}
	if zone == nil {
		zone = time.UTC
	}
	rest := strings.ToValidUTF8(typed, " ")
	for {
		var key, value string
		if key, value, rest, err = nextPart(rest); err != nil {
			return q, err
		}
		if key == "" && value == "" && rest == "" {
			break
		}
		if err := q.add(key, value, zone); err != nil {
			return q, err
		}
	}
	if len(q.Terms) > maxTerms {
		err := queryErrorf("search.too_many_words", "the query has %d words, %d are allowed", len(q.Terms), maxTerms)
		err.Args = map[string]any{"Max": maxTerms}
		return q, err
	}
	if len(q.Terms) == 0 && q.From == "" && q.After.IsZero() && q.Before.IsZero() && !q.Link {
		return q, queryErrorf("search.empty", "there is nothing to search for")
	}
	return q, nil
}

// queryKeys are what can stand before a colon.
var queryKeys = []string{"from", "in", "before", "after", "has"}

// nextPart cuts the first part off: key:value, or a word or phrase without key.
func nextPart(text string) (key, value, rest string, err error) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	for _, k := range queryKeys {
		if len(text) > len(k) && text[len(k)] == ':' && strings.EqualFold(text[:len(k)], k) {
			key, text = k, text[len(k)+1:]
			break
		}
	}
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		value, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", "", queryErrorf("search.quote", "a quotation mark is missing at the end")
		}
	} else {
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		value, rest = text[:end], text[end:]
	}
	return key, value, strings.TrimLeftFunc(rest, unicode.IsSpace), nil
}

func (q *Query) add(key, value string, zone *time.Location) error {
	folded := Fold(value)
	if key != "" && folded == "" {
		err := queryErrorf("search.value", "nothing stands behind %s:", key)
		err.Args = map[string]any{"Key": key + ":"}
		return err
	}
	switch key {
	case "":
		if folded != "" {
			q.Terms = append(q.Terms, folded)
		}
	case "from":
		q.From = folded
	case "in":
		q.In = strings.TrimSpace(value)
	case "before", "after":
		day, err := time.ParseInLocation(time.DateOnly, folded, zone)
		if err != nil || day.Year() < 1970 {
			err := queryErrorf("search.date", "%.40q is no date such as 2026-05-31", value)
			err.Args = map[string]any{"Date": value}
			return err
		}
		if key == "before" {
			q.Before = day
		} else {
			q.After = day.AddDate(0, 0, 1)
		}
	case "has":
		switch folded {
		case "link":
			q.Link = true
		case "file":
			return queryErrorf("search.no_files", "messages have no files here")
		default:
			return queryErrorf("search.has", "only has:link can be searched for")
		}
	}
	return nil
}

// Finds tells whether a message as it is now is what is searched for, In apart.
func (q Query) Finds(m Message) bool {
	if !m.IsAnswerable() || q.From != "" && Fold(m.Author.Name) != q.From ||
		!q.After.IsZero() && m.At.Before(q.After) || !q.Before.IsZero() && !m.At.Before(q.Before) ||
		q.Link && len(Links(m.Body)) == 0 {
		return false
	}
	if len(q.Terms) == 0 {
		return true
	}
	text := Fold(m.Body)
	for _, term := range q.Terms {
		if !strings.Contains(text, term) {
			return false
		}
	}
	return true
}
