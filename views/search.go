package views

import (
	"net/url"

	"parlour"
)

// Search is the page on which people search, with what was found.
type Search struct {
	Typed string
	Room  parlour.Room // to search in; without a slug all rooms
	Err   error        // why it was refused, or nil
	// Asked tells that there is something found to show, if only nothing.
	Asked    bool
	Findings parlour.Findings
}

func (s Search) older() string {
	query := url.Values{"q": {s.Typed}, "older": {s.Findings.Older}}
	if s.Room.Slug != "" {
		query.Set("room", s.Room.Slug)
	}
	return "/search?" + query.Encode()
}

// searchPath is where a search in a room begins.
func searchPath(slug string) string { return "/search?room=" + url.QueryEscape(slug) }
