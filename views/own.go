package views

import (
	"io"
	"net/url"
)

// OwnCSS writes the style sheet by which a room looks the reader's own: their
// messages stand out, and so do those that mention them; they are not told that
// they are typing (see WriteTyping); and the messages of the page's day do not tell
// their date. Fragments are the same for everybody; they name author and day in
// classes, and only this sheet knows which are mine and which are today's. The
// arguments come from an address: what has not the shape of an Identity.ID, or
// of a day such as "20251121", is left out.
func OwnCSS(w io.Writer, id, day string) error {
	sheet := ""
	if isPlain(id) {
		sheet += ".by-" + id + "{--tint:var(--own)}\n"
		sheet += "article:has(.to-" + id + "){--tint:var(--called)}\n.to-" + id + "{font-weight:700}\n"
		sheet += "#typing .but-" + id + "{display:inline}\n#typing .but-" + id + "~*{display:none}\n"
	}
	if isPlain(day) {
		sheet += ".d" + day + "{display:none}\n"
	}
	_, err := io.WriteString(w, sheet)
	return err
}

// ownCSS is the address of a reader's own style sheet.
func (p Page) ownCSS(slug string) string {
	query := url.Values{"id": {p.Me.ID}}
	if !p.Now.IsZero() {
		query.Set("day", p.dayClass(p.Now)[1:])
	}
	return roomPath(slug, "/own.css?"+query.Encode())
}

// isPlain tells whether a text may stand in a style sheet as part of a name.
func isPlain(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
