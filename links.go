package parlour

import (
	"regexp"
	"strings"

	"mvdan.cc/xurls/v2"
)

// webAddresses finds web addresses. Other schemes are left as text: a page must
// not offer javascript: or the like to click.
var webAddresses = matchWebAddresses()

func matchWebAddresses() *regexp.Regexp {
	found, err := xurls.StrictMatchingScheme("https?://")
	if err != nil { // the scheme is ours
		panic("parlour: " + err.Error())
	}
	return found
}

// Links tells where the web addresses in a text are: pairs of start and end, in
// bytes.
func Links(text string) [][]int {
	if !strings.Contains(text, "://") { // most texts, and the search is costly
		return nil
	}
	return webAddresses.FindAllStringIndex(text, -1)
}
