package views

import (
	"io"
	"net/url"
)

// OwnCSS writes the style sheet by which a room looks the reader's own: their
// messages stand out, and so do those that mention them; and they are not told
// that they are typing (see WriteTyping). Fragments are the same for everybody;
// they name people in classes, and only this sheet knows which one is me. The id
// comes from an address: what has not the shape of an Identity.ID is left out.
func OwnCSS(w io.Writer, id string) error {
	if !isPlain(id) {
		return nil
	}
	_, err := io.WriteString(w, ".by-"+id+"{--tint:var(--own)}\n"+
		"article:has(.to-"+id+"){--tint:var(--called)}\n.to-"+id+"{font-weight:700}\n"+
		"#typing .but-"+id+"{display:inline}\n#typing .but-"+id+"~*{display:none}\n")
	return err
}

// ownCSS is the address of a reader's own style sheet.
func (p Page) ownCSS(slug string) string {
	return roomPath(slug, "/own.css?"+url.Values{"id": {p.Me.ID}}.Encode())
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
