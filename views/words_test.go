package views

import (
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
	places := regexp.MustCompile(`\{\{\.\w+\}\}|\{\w+\}`)
	for _, l := range languages {
		words := catalogue(t, l.Code)
		for key := range english {
			if _, ok := words[key]; !ok {
				t.Errorf("%s lacks %s", l.Code, key)
			}
		}
		for key, forms := range words {
			if english[key] == nil {
				t.Errorf("%s has %s, which English lacks", l.Code, key)
				continue
			}
			want := []string{""}
			if _, isPlural := english[key]["other"]; isPlural {
				want = pluralForms[l.Code]
			}
			if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the forms %q, want %q", l.Code, key, got, want)
			}
			wantPlaces := places.FindAllString(english[key]["other"]+english[key][""], -1)
			slices.Sort(wantPlaces)
			for form, text := range forms {
				if strings.TrimSpace(text) == "" || key != "list.and" && key != "list.comma" && key != "date.joint" && strings.TrimSpace(text) != text {
					t.Errorf("%s: %s (%s) is %q", l.Code, key, form, text)
				}
				got := places.FindAllString(text, -1)
				slices.Sort(got)
				// "two people" need not name their number, and nobody no names.
				isSpelt := form == "zero" || form == "one" || form == "two"
				if !slices.Equal(got, wantPlaces) && !(isSpelt && len(got) == 0) {
					t.Errorf("%s: %s (%s) has the places %q, want %q", l.Code, key, form, got, wantPlaces)
				}
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
			for _, n := range []int{0, 1, 2, 3, 10, 11, 21, 99, 100, 101, 1_000_000} {
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
