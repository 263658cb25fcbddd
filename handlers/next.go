package handlers

import (
	"net/url"
	"strings"
)

// localPath is where to go on to after signing in: a path of this house. What
// leads anywhere else, or may be understood so by some browser, is the lobby.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") {
		return "/"
	}
	// A path of two slashes would be another host; browsers read \ as /.
	path := "/" + strings.TrimLeft(u.Path, `/\`)
	return (&url.URL{Path: path, RawQuery: u.RawQuery, Fragment: u.Fragment}).String()
}
