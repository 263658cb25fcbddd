package views

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/text/language"
)

// Locale is everything that a broadcast fragment may depend on.
type Locale struct {
	// Lang is the code of a catalogue, such as "en"; any other is read as "en".
	Lang string
	// Zone is where times are told; nil is UTC.
	Zone *time.Location
	// Slug is the room in which the fragment stands: with it messages and people
	// are links to the pages about them.
	Slug string
}

// In is the locale within a room.
func (l Locale) In(slug string) Locale {
	l.Slug = slug
	return l
}

// Language is one that the house speaks.
type Language struct {
	Code string // BCP 47, as in lang attributes and ?lang=
	Name string // in itself, such as "Deutsch"
	Dir  string // "ltr" or "rtl"
}

// Languages are those that have a catalogue, English first.
func Languages() []Language { return slices.Clone(languages) }

var languages = []Language{
	{Code: "en", Name: "English", Dir: "ltr"},
	{Code: "de", Name: "Deutsch", Dir: "ltr"},
	{Code: "es", Name: "Español", Dir: "ltr"},
	{Code: "fr", Name: "Français", Dir: "ltr"},
	{Code: "pl", Name: "Polski", Dir: "ltr"},
	{Code: "pt", Name: "Português", Dir: "ltr"},
	{Code: "ar", Name: "العربية", Dir: "rtl"},
	{Code: "zh", Name: "中文", Dir: "ltr"},
}

// tonguesOf is this page in each language. It is written by hand, as messages are:
// it stands on every page, and was a third of what a room's page allocates.
func tonguesOf(p Page) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		return write(w, func(b []byte) []byte {
			b, elsewhere := slices.Grow(b, 128*len(languages)), p.inLanguage()
			for _, l := range languages {
				b = append(b, "<li>"...)
				if l.Code == p.tongue().Code {
					b = append(appendTongue(append(b, "<span"...), l), ` aria-current="true">`...)
					b = append(appendText(b, l.Name), "</span></li>"...)
					continue
				}
				b = append(appendText(append(b, `<a href="`...), elsewhere), l.Code...)
				b = append(append(b, `" hreflang="`...), l.Code...)
				b = append(appendTongue(append(b, '"'), l), ` rel="nofollow">`...)
				b = append(appendText(b, l.Name), "</a></li>"...)
			}
			return b
		})
	})
}

func appendTongue(b []byte, l Language) []byte {
	b = append(append(b, ` lang="`...), l.Code...)
	b = append(append(b, `" dir="`...), l.Dir...)
	return append(b, '"')
}

// matched are the codes of the catalogues in the order in which the matcher has
// their tags. Who asks for traditional Chinese gets the simplified rather than a
// language named further down: alone, the matcher holds the two too far apart.
var matcher, matched = newMatcher()

func newMatcher() (language.Matcher, []string) {
	var tags []language.Tag
	var codes []string
	for _, l := range languages {
		tags = append(tags, language.MustParse(l.Code))
		codes = append(codes, l.Code)
	}
	tags = append(tags, language.TraditionalChinese)
	codes = append(codes, "zh")
	return language.NewMatcher(tags), codes
}

// MatchLanguage is the code of the catalogue that suits best: the one that was
// chosen, as far as there is one, else the best of an Accept-Language header
// (RFC 9110 §12.5.4), else English. Neither argument needs to be well formed.
func MatchLanguage(chosen, acceptLanguage string) string {
	for _, l := range languages {
		if l.Code == chosen {
			return chosen
		}
	}
	_, i := language.MatchStrings(matcher, chosen, acceptLanguage)
	return matched[i]
}
