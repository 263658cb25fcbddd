package parlour_test

import (
	"strings"
	"testing"

	"parlour"
)

func TestEmailAddressIsPlain(t *testing.T) {
	for typed, want := range map[string]string{
		"ana@example.org":                   "ana@example.org",
		"  Ana.Maria+x@Example.ORG ":        "Ana.Maria+x@Example.ORG",
		"аna@пример.рф":                     "аna@пример.рф",
		"":                                  "",
		"ana":                               "",
		"ana@":                              "",
		"@example.org":                      "",
		"Ana <ana@example.org>":             "",
		"<ana@example.org>":                 "",
		"ana@example.org, bea@example.org":  "",
		"ana@example.org\r\nBcc: x@y.z":     "",
		"ana@example.org\nx":                "",
		`"a b"@example.org`:                 "",
		"ana @example.org":                  "",
		strings.Repeat("a", 250) + "@e.org": "",
	} {
		got, err := parlour.CleanEmail(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q becomes %q, %v; want %q", typed, got, err, want)
		}
		if err != nil && parlour.KindOf(err) != parlour.Invalid {
			t.Errorf("%q: error is %v", typed, err)
		}
	}
}
