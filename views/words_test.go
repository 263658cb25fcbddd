package views

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"

	"parlour"
)

// pluralForms are the cardinal forms of each language in CLDR.
var pluralForms = map[string][]string{
	"en": {"one", "other"},
	"de": {"one", "other"},
	"es": {"many", "one", "other"},
	"fr": {"many", "one", "other"},
	"pl": {"few", "many", "one", "other"},
	"pt": {"many", "one", "other"},
	"ar": {"few", "many", "one", "other", "two", "zero"},
	"zh": {"other"},
}

// catalogue is the files of a language's words as they stand: a wording by key
// and plural form, which is empty for words that have none.
func catalogue(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	names, err := filepath.Glob("words/" + lang + ".*toml")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	all := make(map[string]any)
	for _, name := range names {
		var file map[string]any
		if _, err := toml.DecodeFile(name, &file); err != nil {
			t.Fatal(err)
		}
		maps.Copy(all, file)
	}
	words := make(map[string]map[string]string)
	for key, value := range all {
		words[key] = make(map[string]string)
		switch value := value.(type) {
		case string:
			words[key][""] = value
		case map[string]any:
			for form, text := range value {
				words[key][form] = text.(string)
			}
		}
	}
	return words
}

func TestEachLanguageHasEachWordInEachForm(t *testing.T) {
	english := catalogue(t, "en")
	for _, l := range languages {
		for _, fault := range faults(l.Code, catalogue(t, l.Code), english) {
			t.Errorf("%s: %s", l.Code, fault)
		}
	}
}

// faults is what is wrong with the words of a language beside the English ones.
func faults(lang string, words, english map[string]map[string]string) (all []string) {
	fault := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	for key := range english {
		if _, ok := words[key]; !ok {
			fault("%s is not there", key)
		}
	}
	for key, forms := range words {
		if english[key] == nil {
			fault("%s is not there in English", key)
			continue
		}
		want := []string{""}
		if _, isPlural := english[key]["other"]; isPlural {
			want = pluralForms[lang]
		}
		if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, want) {
			fault("%s has the forms %q, want %q", key, got, want)
		}
		for form, text := range forms {
			if strings.TrimSpace(text) == "" || key != "list.and" && key != "list.comma" && key != "date.joint" && strings.TrimSpace(text) != text {
				fault("%s (%s) is %q", key, form, text)
			}
			want, got := placesIn(english[key]["other"]+english[key][""]), placesIn(text)
			if !slices.Equal(got, want) && !slices.Equal(got, without(want, spelt(lang, form)...)) {
				fault("%s (%s) has the places %q, want %q", key, form, got, want)
			}
		}
	}
	return all
}

// placesIn are the places of a wording that something else fills, in order.
func placesIn(text string) []string {
	places := regexp.MustCompile(`\{\{\.\w+\}\}|\{\w+\}`).FindAllString(text, -1)
	slices.Sort(places)
	return places
}

// spelt are the places that a plural form may spell instead: a form for one number
// alone need not name it ("two people"), and nobody has no names. The French and
// Portuguese singular is for nought as well.
func spelt(lang, form string) []string {
	switch {
	case form == "zero":
		return []string{"{{.Count}}", "{names}"}
	case form == "two", form == "one" && lang != "fr" && lang != "pt":
		return []string{"{{.Count}}"}
	default:
		return nil
	}
}

func without(all []string, some ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool { return slices.Contains(some, one) })
}

func TestEachFaultOfACatalogueIsFound(t *testing.T) {
	type words = map[string]map[string]string
	english := words{
		"greet": {"": "Hello {{.Name}}"},
		"come":  {"one": "{names} came", "other": "{names} came"},
		"left":  {"one": "{{.Count}} left", "other": "{{.Count}} left"},
	}
	whole := func(in string) words {
		all := words{"greet": {"": "{{.Name}}!"}, "come": {}, "left": {}}
		for _, form := range pluralForms[in] {
			all["come"][form], all["left"][form] = "{names}!", "{{.Count}}!"
		}
		return all
	}
	for _, l := range languages {
		if found := faults(l.Code, whole(l.Code), english); len(found) > 0 {
			t.Errorf("%s has nothing wrong, but %q", l.Code, found)
		}
	}
	for name, c := range map[string]struct {
		lang  string
		spoil func(words)
		want  string
	}{
		"a word that lacks":       {"pl", func(w words) { delete(w, "greet") }, `greet is not there`},
		"a word too many":         {"pl", func(w words) { w["odd"] = map[string]string{"": "?"} }, `odd is not there in English`},
		"a form that lacks":       {"pl", func(w words) { delete(w["left"], "few") }, `left has the forms ["many" "one" "other"], want ["few" "many" "one" "other"]`},
		"a form too many":         {"zh", func(w words) { w["left"]["one"] = "1" }, `left has the forms ["one" "other"], want ["other"]`},
		"a plural without forms":  {"zh", func(w words) { w["left"] = map[string]string{"": "{{.Count}}!"} }, `left has the forms [""], want ["other"]`},
		"a place that lacks":      {"de", func(w words) { w["greet"][""] = "Hallo" }, `greet () has the places [], want ["{{.Name}}"]`},
		"a place too many":        {"de", func(w words) { w["greet"][""] += "{names}" }, `greet () has the places ["{names}" "{{.Name}}"], want ["{{.Name}}"]`},
		"one without a name":      {"de", func(w words) { w["come"]["one"] = "da" }, `come (one) has the places [], want ["{names}"]`},
		"a number for nought too": {"fr", func(w words) { w["left"]["one"] = "un" }, `left (one) has the places [], want ["{{.Count}}"]`},
		"nothing":                 {"de", func(w words) { w["greet"][""] = " " }, `greet () is " "`},
	} {
		w := whole(c.lang)
		c.spoil(w)
		if found := faults(c.lang, w, english); !slices.Contains(found, c.want) {
			t.Errorf("%s: found %q, want %q", name, found, c.want)
		}
	}
	w := whole("ar")
	w["come"]["zero"], w["left"]["zero"], w["left"]["two"] = "لا أحد", "لا شيء", "اثنان"
	if found := faults("ar", w, english); len(found) > 0 {
		t.Errorf("numbers may be spelt, but %q", found)
	}
}

// Each language has one form of address: that of chat software in general.
func TestEachLanguageAddressesPeopleInOneWay(t *testing.T) {
	word := func(any string) string { return `[^\pL](` + any + `)[^\pL]` }
	for lang, otherWay := range map[string]string{
		// "Sie" within a sentence is a person; at its beginning it may be a thing.
		"de": `[\pL,] Sie[^\pL]|` + word(`Ihnen|Ihre?[mnrs]?`),
		"es": word(`(?i)usted(es)?|elija|escriba|indique|inicie`),
		"fr": word(`(?i)tu|te|toi|ton|ta|tes`),
		"pl": word(`Pana?|Panią?|Państw[oa]`),
		"pt": word(`(?i)tu|ti|contigo|teus?|tuas?`),
		"zh": `您`,
	} {
		found := regexp.MustCompile(otherWay)
		for key, forms := range catalogue(t, lang) {
			for _, text := range forms {
				if found.MatchString(" " + text + " ") {
					t.Errorf("%s: %s addresses people in the other way: %q", lang, key, text)
				}
			}
		}
	}
}

// A line must not begin with the sign that ends a French sentence.
func TestFrenchSignsStayWithTheirWords(t *testing.T) {
	loose := regexp.MustCompile(` [;:?!»]|« `)
	for key, forms := range catalogue(t, "fr") {
		for _, text := range forms {
			if loose.MatchString(text) {
				t.Errorf("%s has a plain space where a no-break space belongs: %q", key, text)
			}
		}
	}
}

func TestNoNumberFallsBackToEnglish(t *testing.T) {
	for key, forms := range catalogue(t, "en") {
		if _, isPlural := forms["other"]; !isPlural {
			continue
		}
		for lang, tongue := range tongues {
			for _, n := range []int{0, 1, 2, 3, 5, 10, 11, 12, 21, 22, 99, 100, 101, 1_000_000} {
				text, tag, err := tongue.localizer.LocalizeWithTag(&i18n.LocalizeConfig{
					MessageID: key, PluralCount: n, TemplateData: map[string]any{"Count": n},
				})
				if err != nil || tag.String() != lang || strings.Contains(text, "<no value>") {
					t.Errorf("%s: %s for %d is %q in %s (%v)", lang, key, n, text, tag, err)
				}
			}
		}
	}
}

func TestEachWordIsUsedAndEachUsedWordIsThere(t *testing.T) {
	used := errorKeys(t)
	literal := regexp.MustCompile("\"([a-z_]+(?:\\.[a-z_]+)+)\"")
	call := regexp.MustCompile(`\.(?:say|sayWith|count)\("([^"]+)"`)
	// Keys are also put together: "act." + name. Whatever begins so is used.
	beginning := regexp.MustCompile(`"([a-z_]+(?:\.[a-z_]+)*\.)"`)
	var begun []string
	words := catalogue(t, "en")
	for _, pattern := range []string{"*.go", "*.templ"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range literal.FindAllSubmatch(source, -1) {
				used[string(match[1])] = file
			}
			for _, match := range beginning.FindAllSubmatch(source, -1) {
				if prefix := string(match[1]); prefix != "error." { // those are looked for in the code
					begun = append(begun, prefix)
				}
			}
			for _, match := range call.FindAllSubmatch(source, -1) {
				key := string(match[1])
				if isBegun := strings.HasSuffix(key, "."); words[key] == nil && !isBegun {
					t.Errorf("%s says %s, which no catalogue has", file, key)
				}
			}
		}
	}
	for key := range words {
		isBegun := slices.ContainsFunc(begun, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		if used[key] == "" && !isBegun {
			t.Errorf("%s is in the catalogues and nobody says it", key)
		}
	}
}

// errorKeys are the keys that ErrorText looks up, with where they come from.
func errorKeys(t *testing.T) map[string]string {
	t.Helper()
	keys := make(map[string]string)
	for kind := parlour.Internal; kind <= parlour.Unavailable; kind++ {
		keys["error.kind."+kind.String()] = "the kinds of error"
	}
	for code, where := range errorCodes(t) {
		keys["error."+code] = where
	}
	return keys
}

func TestEachErrorHasItsWords(t *testing.T) {
	words := catalogue(t, "en")
	keys := errorKeys(t)
	if len(keys) < 20 {
		t.Fatalf("only %d errors were found", len(keys))
	}
	for key, where := range keys {
		if words[key] == nil {
			t.Errorf("%s has no words for %s", key, where)
		}
	}
}

// makesErrors tells of the functions whose first text is the code of an error.
func makesErrors(name string) bool {
	switch name {
	case "fmt.Errorf":
		return false
	case "allowIf", "newcomerWait", "sanctioned", "waitError":
		return true
	default:
		return strings.HasSuffix(name, "rrorf")
	}
}

// errorCodes are the codes of all errors that the project makes by Errorf or a
// function named like it, with the file.
func errorCodes(t *testing.T) map[string]string {
	t.Helper()
	code := regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)*$`)
	found := make(map[string]string)
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git" || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !makesErrors(callee(call)) {
				return true
			}
			for _, arg := range call.Args {
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				if s, err := strconv.Unquote(lit.Value); err == nil && code.MatchString(s) {
					found[s] = path
				}
				break
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// callee is what is called: "Errorf", "parlour.Errorf".
func callee(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if on, ok := f.X.(*ast.Ident); ok {
			return on.Name + "." + f.Sel.Name
		}
		return "." + f.Sel.Name
	default:
		return ""
	}
}
