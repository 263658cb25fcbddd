// Package views turns domain values into HTML: templ components for pages, and
// fragments for the streams. Its functions are pure: what they write depends on
// their arguments alone. It decides nothing about access, reads no request and
// keeps no state but the catalogues of words, which never change.
//
// A fragment that is broadcast (the Write functions) takes a Locale and no
// Page, so it cannot hold anything that depends on who reads it: the same bytes
// serve every reader of a locale. What depends on the reader comes from the
// page around it, such as OwnCSS.
package views

import (
	"net/url"
	"strings"
	"time"

	"parlour"
)

// Page is what every page needs besides its content.
type Page struct {
	Locale
	// Nonce is the one of the answer's Content-Security-Policy. The pages put
	// it on the script and on the few elements that htmx may obey.
	Nonce string
	// Asset tells the address of a file of package assets, such as "app.css".
	Asset func(name string) string
	// Me is who reads; the zero Identity is a visitor without a name.
	Me parlour.Identity
	// URL is path and query of this page, for the links to its other languages.
	URL string
	// Now is when the page is made, for what clocks elsewhere say.
	Now time.Time
	// House is the zone of those who chose none; nil is UTC.
	House *time.Location
	// RequestID is shown where something went wrong on our side, so that it can
	// be found in the log.
	RequestID string
	// SignUp is where to sign up from here; empty is the usual page.
	SignUp string
}

func (p Page) isMember() bool { return p.Me.Kind == parlour.Member }

// at is the page with its languages at another address: a form that is given
// back stands at one that cannot be asked for.
func (p Page) at(address string) Page {
	p.URL = address
	return p
}

// inLanguage is the address of this same page in another language, up to the
// language's code.
func (p Page) inLanguage() string {
	u, err := url.ParseRequestURI(p.URL)
	if err != nil {
		return "?lang="
	}
	// A path that begins with two slashes would lead to another host.
	path := "/" + strings.TrimLeft(u.EscapedPath(), "/")
	query := u.Query()
	query.Del("lang")
	if len(query) == 0 {
		return path + "?lang="
	}
	return path + "?" + query.Encode() + "&lang="
}

// roomPath is the address of a room, or of something below it.
func roomPath(slug, below string) string {
	return "/rooms/" + url.PathEscape(slug) + below
}
