package parlour

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanNameKeepsNamesOfAllPeoples(t *testing.T) {
	for typed, want := range map[string]string{
		"Ana":                        "Ana",
		"  Ana   María ":             "Ana María",
		"a\u00a0b\u3000c\u2009d":     "a b c d",
		"e\u0301":                    "é",
		"ＡＮＡ":                        "ANA",
		"ﬁona":                       "fiona",
		"O'Brien-Łuczak, Jr.":        "O'Brien-Łuczak, Jr.",
		"محمد علي":                   "محمد علي",
		"שלום 123":                   "שלום 123",
		"نیم\u200cفاصله":             "نیم\u200cفاصله", // the non-joiner is part of how Persian is written
		"क्\u200dष":                  "क्\u200dष",
		"王小明":                        "王小明",
		"🇩🇪 Anna":                    "🇩🇪 Anna",
		"👍🏽":                         "👍🏽",
		"Ana ❤\ufe0f":                "Ana ❤",
		"👨\u200d👩\u200d👧":            "👨👩👧",
		"👩🏽\u200d🚀":                  "👩🏽🚀",
		"❤\ufe0f\u200d🔥":             "❤🔥",
		strings.Repeat("x", MaxName): strings.Repeat("x", MaxName),
		strings.Repeat("😀", MaxName): strings.Repeat("😀", MaxName),
		// Typed with spaces that go, a name may be longer.
		strings.Repeat(" ", 50) + strings.Repeat("é", MaxName): strings.Repeat("é", MaxName),
	} {
		if got, err := CleanName(typed); err != nil || got != want {
			t.Errorf("CleanName(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestCleanNameRefusesWhatDeceives(t *testing.T) {
	for _, refused := range []struct{ name, typed, code string }{
		{"nothing", "", "name.empty"},
		{"spaces", " \u00a0\u3000", "name.empty"},
		{"a Hangul filler", "\u3164", "name.empty"},
		{"variation selectors", "\ufe0f\ufe0f", "name.empty"},
		{"joiners alone", "\u200c\u200d", "name.empty"},
		{"an override", "\u202eanA", "name.characters"},
		{"an embedding", "a\u202ab", "name.characters"},
		{"an isolate", "\u2066ana\u2069", "name.characters"},
		{"a direction mark", "ana\u200f", "name.characters"},
		{"a control", "a\x00b", "name.characters"},
		{"a line end", "a\nb", "name.characters"},
		{"a tab", "a\tb", "name.characters"},
		{"a C1 control", "a\u0085b", "name.characters"},
		{"a zero-width space", "an\u200ba", "name.characters"},
		{"a soft hyphen", "an\u00ada", "name.characters"},
		{"a byte order mark", "\ufeffana", "name.characters"},
		{"tags", "ana\U000e0041", "name.characters"},
		{"a Braille cell that looks like a space", "a\u2800b", "name.characters"},
		{"a joiner where it joins nothing", "a\u200db", "name.disallowed"},
		{"a filler within", "a\u3164b", "name.disallowed"},
		{"an invisible joiner", "a\u034fb", "name.disallowed"},
		{"a line separator", "a\u2028b", "name.disallowed"},
		{"a private character", "a\ue000", "name.disallowed"},
		{"no character", "a\ufdd0", "name.disallowed"},
		{"an accent of the text before", "\u0301a", "name.disallowed"},
		{"an accent once its space is gone", "´", "name.disallowed"},
		{"one character too many", strings.Repeat("x", MaxName+1), "name.too_long"},
		{"one that unfolds to many", strings.Repeat("ﷺ", 3), "name.too_long"},
		{"broken UTF-8", "ana\xff", "name.encoding"},
	} {
		t.Run(refused.name, func(t *testing.T) {
			got, err := CleanName(refused.typed)
			if KindOf(err) != Invalid || got != "" {
				t.Fatalf("CleanName(%q) = %q, %v", refused.typed, got, err)
			}
			if e := err.(*Error); e.Code != refused.code || e.Field != "name" {
				t.Errorf("refused as %s at %q, want %s at name", e.Code, e.Field, refused.code)
			}
		})
	}
}

func TestNameKeyTellsNamesThatLookAlike(t *testing.T) {
	same := [][]string{
		{"Ana", "ana", "ANA", "ＡＮＡ", " ana "},
		{"José", "JOSE\u0301", "josé"},
		{"Ana Maria", "ana  maria", "ANA\u00a0MARIA"},
		{"Heart ❤", "heart ❤\ufe0f"},
		{"K", "\u212a"}, // the sign for kelvin
	}
	seen := make(map[string]int)
	for i, group := range same {
		for _, typed := range group {
			name, err := CleanName(typed)
			if err != nil {
				t.Fatal(err)
			}
			key := NameKey(name)
			if other, ok := seen[key]; ok && other != i {
				t.Errorf("%q has the key of %q", typed, same[other])
			} else if !ok && typed != group[0] {
				t.Errorf("%q has not the key of %q", typed, group[0])
			}
			seen[key] = i
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, seed := range []string{
		"Ana", "  a  b ", "\u202eanA", "a\u200db", "👨\u200d👩\u200d👧", "❤\ufe0f", "ﷺ", "´", "\u00a8x", "K", "İ", "ǅ",
		"\u1fb3", "\u0345", "\xff", "نیم\u200cفاصله", "\u2800", "x\u0303\u0303", "ς", "\u1e9e", "\ufb1d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		name, err := CleanName(typed)
		if err != nil {
			if KindOf(err) != Invalid || name != "" {
				t.Fatalf("CleanName(%q) = %q, %v", typed, name, err)
			}
			return
		}
		if again, err := CleanName(name); err != nil || again != name {
			t.Fatalf("cleaning %q again gives %q, %v", name, again, err)
		}
		if n := utf8.RuneCountInString(name); !utf8.ValidString(name) || n == 0 || n > MaxName {
			t.Fatalf("CleanName(%q) = %q", typed, name)
		}
		if strings.TrimSpace(name) != name || strings.Contains(name, "  ") || isBlank(name) {
			t.Fatalf("%q has space to spare", name)
		}
		for _, r := range name {
			if unicode.IsControl(r) || r != ' ' && unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q has %U", name, r)
			}
		}
		key := NameKey(name)
		if key == "" || !utf8.ValidString(key) {
			t.Fatalf("NameKey(%q) = %q", name, key)
		}
		// Whoever takes another's key for a name must clash with them.
		if clean, err := CleanName(key); err == nil && NameKey(clean) != key {
			t.Fatalf("NameKey(%q) = %q, whose own key is %q", name, key, NameKey(clean))
		}
	})
}
