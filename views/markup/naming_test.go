package markup

import (
	"slices"
	"strings"
	"testing"

	"parlour"
)

func TestMentionIsAnElementWhoseClassNamesThePerson(t *testing.T) {
	for body, want := range map[string]string{
		"hello @Ana!":            `hello <bdi class="to to-p1">@Ana</bdi>!`,
		"*@Ana* and":             `<em><bdi class="to to-p1">@Ana</bdi></em> and`,
		"a\n> b\n\n- @Ana":       `<p dir="auto">a</p><blockquote dir="auto">b</blockquote><ul dir="auto"><li><bdi class="to to-p1">@Ana</bdi></li></ul>`,
		"https://a.example @Ana": `<a href="https://a.example" target="_blank" rel="` + linkRel + `">https://a.example</a> <bdi class="to to-p1">@Ana</bdi>`,
		// Kept as a mention, it is none where it stands.
		"`@Ana`":         `<code>@Ana</code>`,
		"```\n@Ana\n```": `<pre dir="ltr" tabindex="0"><code>@Ana</code></pre>`,
	} {
		at := strings.Index(body, "@Ana")
		got := string(AppendBlocks(nil, words, body, parlour.Mention{Person: "p1", Start: at, End: at + len("@Ana")}))
		if got != want {
			t.Errorf("%q is\n%s\nwant\n%s", body, got, want)
		}
	}
}

// Nothing that a name or an id has, nor a place that is none, leads to anything
// but text.
func TestOddMentionIsText(t *testing.T) {
	for _, c := range []struct {
		body    string
		mention parlour.Mention
		want    string
	}{
		{"@<b>*x*", parlour.Mention{Person: "p1", End: 7}, `<bdi class="to to-p1">@&lt;b&gt;*x*</bdi>`},
		{"@a_b_", parlour.Mention{Person: "p1", End: 5}, `<bdi class="to to-p1">@a_b_</bdi>`},
		{"@Ana", parlour.Mention{Person: `x" onclick="1`, End: 4}, `<bdi>@Ana</bdi>`},
		{"@Ana", parlour.Mention{Person: "p1", End: 9}, `@Ana`},
		{"@Ana", parlour.Mention{Person: "p1", Start: 1, End: 3}, `@Ana`},
		{"@Ana", parlour.Mention{Person: "p1", Start: 2}, `@Ana`},
		{"@A\nna", parlour.Mention{Person: "p1", End: 5}, `@A<br>na`},
	} {
		if got := string(AppendBlocks(nil, words, c.body, c.mention)); got != c.want {
			t.Errorf("%q with %+v is\n%s\nwant\n%s", c.body, c.mention, got, c.want)
		}
	}
}

func TestMentionsStandInNeitherCodeNorLinks(t *testing.T) {
	for body, want := range map[string][]int{
		"a @b @c":                      {2, 5},
		"`@a` @b":                      {5},
		"```\n@a\n```\n@b":             {11},
		"[@a](https://a.example/@b) @": {27},
		"https://a.example/@b":         nil,
		`\@a`:                          nil,
		"> *@a*\n||@b||":               {3, 9},
	} {
		if got := MentionsAt(body, false); !slices.Equal(got, want) {
			t.Errorf("%q has them at %v, want %v", body, got, want)
		}
	}
	if got := MentionsAt("- @a\n```\n@b\n```", true); !slices.Equal(got, []int{2}) {
		t.Errorf("in a line they are at %v", got)
	}
}
