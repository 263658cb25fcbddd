package views

import (
	"io"
	"net/url"
)

// OwnCSS writes the style sheet by which a reader's own messages look their
// own. Fragments are the same for everybody and name their author in a class;
// which of them is me, only this sheet knows. It is nothing when the id is not
// of the shape that an Identity.ID has: the id comes from an address.
func OwnCSS(w io.Writer, id string) error {
	if !isID(id) {
		return nil
	}
	_, err := io.WriteString(w, ".by-"+id+"{--tint:var(--own);--edge:var(--accent)}\n")
	return err
}

// ownCSS is the address of a reader's own style sheet.
func ownCSS(slug, id string) string {
	return roomPath(slug, "/own.css?id="+url.QueryEscape(id))
}

func isID(id string) bool {
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return id != ""
}
