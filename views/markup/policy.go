package markup

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// policy is what may be in the HTML of a text, written down a second time: what
// the writer lets through by mistake does not get past it.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	exactly := func(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "br", "em", "strong", "del", "code", "pre", "ul", "ol", "li", "blockquote", "details", "summary")
	p.AllowAttrs("dir").Matching(exactly("auto")).OnElements("p", "div", "ul", "ol", "blockquote")
	p.AllowAttrs("dir").Matching(exactly("ltr")).OnElements("pre")
	p.AllowAttrs("tabindex").Matching(exactly("0")).OnElements("pre")
	p.AllowAttrs("start").Matching(exactly(`[0-9]{1,9}`)).OnElements("ol")
	p.AllowAttrs("class").Matching(exactly("p")).OnElements("div")
	p.AllowAttrs("class").Matching(exactly("spoiler")).OnElements("details")
	p.AllowAttrs("class").Matching(exactly(`c-[a-z]+`)).OnElements("span")
	p.AllowNoAttrs().OnElements("span")
	p.AllowAttrs("class").Matching(exactly(`to to-[a-z0-9]{1,64}`)).OnElements("bdi")
	p.AllowAttrs("href").Matching(webAddress).OnElements("a")
	p.AllowAttrs("href").Matching(mailAddress).OnElements("a")
	p.AllowAttrs("target").Matching(exactly("_blank")).OnElements("a")
	p.AllowAttrs("rel").Matching(exactly(linkRel)).OnElements("a")
	return p
}
