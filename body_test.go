package parlour

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanBodyKeepsWhatIsSaidAndDropsTheRest(t *testing.T) {
	for typed, want := range map[string]string{
		"hello":                              "hello",
		"two\nlines":                         "two\nlines",
		"a\r\nb\rc\nd":                       "a\nb\nc\nd",
		"a\r\n\r\nb":                         "a\n\nb",
		"  indented":                         "  indented",
		"\tcode\n\t\tmore":                   "\tcode\n\t\tmore",
		"end  \t\nnext\u00a0\u3000":          "end\nnext",
		"\n\n \nfirst\n\nlast\n \n\n":        "first\n\nlast",
		"be\x07ll nu\x00l de\x7fl ne\u0085l": "bell nul del nel",
		"esc\x1b[31mred":                     "esc[31mred",
		"no\ufdd0n\U0010ffffe":               "none",
		"<b>&amp;</b>":                       "<b>&amp;</b>",
		"مرحبا \u202b 👨‍👩‍👧 ❤️": "مرحبا \u202b 👨‍👩‍👧 ❤️",
		"a\u2028b":                           "a\u2028b",
		strings.Repeat("é", MaxBody):         strings.Repeat("é", MaxBody),
		strings.Repeat("😀", MaxBody) + "\n ": strings.Repeat("😀", MaxBody),
	} {
		got, err := CleanBody(typed)
		if err != nil || got != want {
			t.Errorf("CleanBody(%.60q) = %.60q, %v; want %.60q", typed, got, err, want)
		}
	}
}

func TestCleanBodyRefuses(t *testing.T) {
	for _, refused := range []struct{ name, typed, code string }{
		{"nothing", "", "body.empty"},
		{"spaces", " \t\r\n\u00a0\u2003", "body.empty"},
		{"controls", "\x00\x1b\u0085", "body.empty"},
		{"zero-width spaces", "\u200b\ufeff\u2060", "body.empty"},
		{"direction overrides", "\u202e\u202c", "body.empty"},
		{"Hangul fillers", "\u3164\u115f", "body.empty"},
		{"an empty Braille cell", "\u2800", "body.empty"},
		{"variation selectors", "\ufe0f\U000e0100", "body.empty"},
		{"tags", "\U000e0041\U000e007f", "body.empty"},
		{"one character too many", strings.Repeat("é", MaxBody+1), "body.too_long"},
		{"broken UTF-8", "a\xff", "body.encoding"},
		{"half a character", "\xe2\x82", "body.encoding"},
		{"a surrogate", "\xed\xa0\x80", "body.encoding"},
	} {
		t.Run(refused.name, func(t *testing.T) {
			got, err := CleanBody(refused.typed)
			if KindOf(err) != Invalid || got != "" {
				t.Fatalf("CleanBody = %.40q, %v", got, err)
			}
			if e := err.(*Error); e.Code != refused.code || e.Field != "body" {
				t.Errorf("refused as %s at %q, want %s at body", e.Code, e.Field, refused.code)
			}
		})
	}
}

func TestTooLongTellsHowMuch(t *testing.T) {
	_, err := CleanBody(strings.Repeat("x", MaxBody+7))
	if args := err.(*Error).Args; args["Count"] != MaxBody+7 || args["Max"] != MaxBody {
		t.Errorf("told %v", args)
	}
}

func TestMeIsAnAction(t *testing.T) {
	for body, want := range map[string]struct {
		kind MessageKind
		body string
	}{
		"/me waves":       {KindAction, "waves"},
		"/me  waves  far": {KindAction, "waves  far"},
		"/me\nwaves":      {KindAction, "waves"},
		"/me\twaves":      {KindAction, "waves"},
		"/me\u3000挥手":     {KindAction, "挥手"},
		"/meow":           {KindMessage, "/meow"},
		"/mé":             {KindMessage, "/mé"},
		"/ME waves":       {KindMessage, "/ME waves"},
		" /me waves":      {KindMessage, " /me waves"},
		"say /me waves":   {KindMessage, "say /me waves"},
		"/unknown thing":  {KindMessage, "/unknown thing"},
	} {
		kind, did, err := parseBody(body)
		if err != nil || kind != want.kind || did != want.body {
			t.Errorf("parseBody(%q) = %s %q, %v; want %s %q", body, kind, did, err, want.kind, want.body)
		}
	}
	for _, body := range []string{"/me", "/me \u200b"} {
		if kind, _, err := parseBody(body); KindOf(err) != Invalid {
			t.Errorf("parseBody(%q) = %s, %v; want Invalid", body, kind, err)
		}
	}
}

func FuzzCleanBody(f *testing.F) {
	for _, seed := range []string{
		"", "hello", "a\r\nb\rc", " \t\n x \n\n", "\x00\x1b\u0085", "\u202e\u2800\u3164", "\xff\xfe",
		"/me waves", "/me", "data: x\n\nevent: y", "\ufdd0\uffff", strings.Repeat("😀", MaxBody+1),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		body, err := CleanBody(typed)
		if err != nil {
			if KindOf(err) != Invalid || body != "" {
				t.Fatalf("CleanBody(%q) = %q, %v", typed, body, err)
			}
			return
		}
		if again, err := CleanBody(body); err != nil || again != body {
			t.Fatalf("cleaning %q again gives %q, %v", body, again, err)
		}
		if !utf8.ValidString(body) || utf8.RuneCountInString(body) > MaxBody || len(body) > len(typed) {
			t.Fatalf("CleanBody(%q) = %q", typed, body)
		}
		for _, r := range body {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Noncharacter_Code_Point, r) {
				t.Fatalf("%q has the control %U", body, r)
			}
		}
		if isBlank(body) || strings.HasPrefix(body, "\n") || strings.TrimRightFunc(body, unicode.IsSpace) != body {
			t.Fatalf("%q is blank or has space around it", body)
		}
		if kind, did, err := parseBody(body); err == nil {
			if kind != KindMessage && kind != KindAction || isBlank(did) || !strings.HasSuffix(body, did) {
				t.Fatalf("parseBody(%q) = %s %q", body, kind, did)
			}
		} else if KindOf(err) != Invalid {
			t.Fatalf("parseBody(%q): %v", body, err)
		}
	})
}
