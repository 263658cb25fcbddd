package parlour

import "testing"

func TestFilterFindsWhatItIsToFind(t *testing.T) {
	for _, c := range []struct {
		kind          FilterKind
		pattern, body string
		masked        string // the body itself when nothing is found
	}{
		{WordFilter, "spam", "Spam, SPAM and spam", "***, *** and ***"},
		{WordFilter, "spam", "spammer antispam spam_1 spam2", "spammer antispam spam_1 spam2"},
		{WordFilter, "über", "ÜBER das Überall", "*** das Überall"},
		{WordFilter, "größe", "eine GRÖßE", "eine ***"},
		{WordFilter, "cheap pills", "buy Cheap Pills!", "buy ***!"},
		{WordFilter, "спам", "это СПАМ.", "это ***."},
		{WordFilter, "a.b", "a.b axb", "*** axb"},
		{LinkFilter, "example.org", "see https://www.Example.org/x and https://example.org.evil.net", "see *** and https://example.org.evil.net"},
		{LinkFilter, "example.org", "https://notexample.org", "https://notexample.org"},
		{LinkFilter, "", "go to http://a.example now", "go to *** now"},
		{LinkFilter, "*", "no link: example.org", "no link: example.org"},
		{RegexFilter, `(?i)fr[e3]{2}\s+coins`, "FR33  coins", "***"},
		{RegexFilter, `(a+)+$`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"},
	} {
		f, err := Filter{Kind: c.kind, Pattern: c.pattern, Act: Masking}.compile()
		if err != nil {
			t.Errorf("%s %q: %v", c.kind, c.pattern, err)
			continue
		}
		if got := mask(c.body, f.find(c.body)); got != c.masked {
			t.Errorf("%s %q in %q: %q, want %q", c.kind, c.pattern, c.body, got, c.masked)
		}
	}
}

func TestWhatIsNoFilterIsRefusedWithItsField(t *testing.T) {
	long := make([]byte, MaxPattern+1)
	for i := range long {
		long[i] = 'x'
	}
	for _, c := range []struct {
		filter      Filter
		code, field string
	}{
		{Filter{Kind: WordFilter, Act: Masking}, "filter.empty", "pattern"},
		{Filter{Kind: WordFilter, Pattern: string(long), Act: Masking}, "filter.too_long", "pattern"},
		{Filter{Kind: WordFilter, Pattern: "\xff", Act: Masking}, "filter.too_long", "pattern"},
		{Filter{Kind: RegexFilter, Pattern: "(", Act: Masking}, "filter.pattern", "pattern"},
		{Filter{Kind: RegexFilter, Pattern: `(a)\1`, Act: Masking}, "filter.pattern", "pattern"},
		{Filter{Kind: RegexFilter, Pattern: "a*", Act: Masking}, "filter.everything", "pattern"},
		{Filter{Kind: "poem", Pattern: "x", Act: Masking}, "filter.kind", "kind"},
		{Filter{Kind: WordFilter, Pattern: "x", Act: "sing"}, "filter.act", "act"},
	} {
		_, err := c.filter.compile()
		if e, ok := err.(*Error); !ok || e.Kind != Invalid || e.Code != c.code || e.Field != c.field {
			t.Errorf("%+v: %v, want %s", c.filter, err, c.code)
		}
	}
}

func FuzzMaskingLeavesTheRest(f *testing.F) {
	f.Add("spam", "a spam b")
	f.Add("ß", "ßß ß")
	f.Fuzz(func(t *testing.T, pattern, body string) {
		c, err := Filter{Kind: WordFilter, Pattern: pattern, Act: Masking}.compile()
		if err != nil {
			t.Skip()
		}
		at := 0
		for _, place := range c.find(body) {
			if place[0] < at || place[1] <= place[0] || place[1] > len(body) {
				t.Fatalf("%q in %q is found at %v", pattern, body, place)
			}
			at = place[1]
		}
	})
}
