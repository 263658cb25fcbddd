package views

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/go-playground/locales"
	"github.com/go-playground/locales/ar"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/pt"
	"github.com/go-playground/locales/zh"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"parlour"
)

//go:embed words/*.toml
var catalogues embed.FS

// tongue is a language with its words at hand.
type tongue struct {
	Language
	// fixed are the words that take no arguments and have no plural: they are
	// looked up, never parsed, because each message fragment needs some.
	fixed     map[string]string
	localizer *i18n.Localizer
	// counted are numbers in words as they were said last: every page of a room
	// tells twice how many are there.
	counted *lru.Cache[counted, string]
	customs locales.Translator // how days and numbers are written
}

// counted is a key's plural form and its number.
type counted struct {
	key string
	n   int
}

// countedKept bounds the memory: some 100 bytes each, in each language.
const countedKept = 1024

var tongues = readTongues()

// Dates in English are the British ones: "21 November" is misread by nobody.
var customs = map[string]locales.Translator{
	"en": en_GB.New(), "de": de.New(), "es": es.New(), "fr": fr.New(), "pl": pl.New(), "pt": pt.New(),
	"ar": ar.New(), "zh": zh.New(),
}

func readTongues() map[string]*tongue {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	all := make(map[string]*tongue, len(languages))
	for _, l := range languages {
		t := &tongue{
			Language: l,
			fixed:    make(map[string]string),
			customs:  customs[l.Code],
		}
		for _, m := range readWords(bundle, l.Code) {
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				t.fixed[m.ID] = m.Other
			}
		}
		t.localizer = i18n.NewLocalizer(bundle, l.Code)
		t.counted, _ = lru.New[counted, string](countedKept) // it fails for no size at all
		all[l.Code] = t
	}
	return all
}

// readWords reads all files of a language: words/en.toml and, by subject,
// words/en.account.toml and the like. A key stands in one of them only.
func readWords(bundle *i18n.Bundle, lang string) (all []*i18n.Message) {
	names, err := fs.Glob(catalogues, "words/"+lang+".*toml")
	if err != nil {
		panic(fmt.Sprintf("views: words: %v", err)) // the pattern is ours
	}
	known := make(map[string]string)
	for _, name := range names {
		content, err := fs.ReadFile(catalogues, name)
		if err != nil {
			panic(fmt.Sprintf("views: words: %v", err))
		}
		// the library takes the language from the name
		file, err := bundle.ParseMessageFileBytes(content, lang+".toml")
		if err != nil { // the catalogues are part of the program
			panic(fmt.Sprintf("views: words: %s: %v", name, err))
		}
		for _, m := range file.Messages {
			if elsewhere, ok := known[m.ID]; ok {
				panic(fmt.Sprintf("views: words: %q stands in %s and %s", m.ID, elsewhere, name))
			}
			known[m.ID] = name
		}
		all = append(all, file.Messages...)
	}
	return all
}

func (l Locale) tongue() *tongue {
	if t, ok := tongues[l.Lang]; ok {
		return t
	}
	return tongues["en"]
}

// say is the wording of a key that takes no arguments.
func (l Locale) say(key string) string { return l.tongue().fixed[key] }

// sayWith is the wording of a key with its arguments filled in.
func (l Locale) sayWith(key string, args map[string]any) string {
	return l.tongue().localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: args})
}

// count is the wording of a key in the plural form for n, which fills
// {{.Count}}.
func (l Locale) count(key string, n int) string {
	t, is := l.tongue(), counted{key, n}
	if text, ok := t.counted.Get(is); ok {
		return text
	}
	text := t.localize(&i18n.LocalizeConfig{
		MessageID: key, PluralCount: n, TemplateData: map[string]any{"Count": l.number(n)},
	})
	t.counted.Add(is, text)
	return text
}

// number is a whole number with its digits in groups, as the language sets them.
// Four digits stand together: some languages never part them, and none needs to.
func (l Locale) number(n int) string {
	if n < 10_000 {
		return strconv.Itoa(n)
	}
	return l.tongue().customs.FmtNumber(float64(n), 0)
}

func (t *tongue) localize(config *i18n.LocalizeConfig) string {
	text, err := t.localizer.Localize(config)
	if err != nil && text == "" {
		return config.MessageID
	}
	return text
}

// ErrorText is what to tell a person about an error: the words for the code of
// a *parlour.Error, else for its kind. Errors that are not ours to explain are
// all told alike, without a word of what they say.
func ErrorText(lang string, err error) string {
	l := Locale{Lang: lang}
	e, ok := errors.AsType[*parlour.Error](err)
	if !ok {
		return l.say("error.kind.internal")
	}
	key := "error." + e.Code
	if text, ok := l.tongue().fixed[key]; ok {
		return text
	}
	text, err := l.tongue().localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: e.Args})
	if err == nil {
		return text
	}
	return l.say("error.kind." + e.Kind.String())
}

// waitText says in how many seconds to try again, or nothing when the error
// does not tell.
func (l Locale) waitText(err error) string {
	e, ok := errors.AsType[*parlour.Error](err)
	if !ok || e.RetryAfter <= 0 {
		return ""
	}
	return l.count("error.wait", int(math.Ceil(e.RetryAfter.Seconds())))
}
