package handlers

import (
	"crypto/rand"
	"net/http"

	"parlour"
	"parlour/views"
)

// preview answers how a message would look: htmx with partials, a plain form with
// a page that has the text in a composer again.
func (s *server) preview(w http.ResponseWriter, r *http.Request) error {
	by := s.identity(r)
	var m parlour.Message
	unproven := false
	err := readForm(w, r)
	if err == nil {
		unproven, err = s.proof(r, by, composerForm)
	}
	if err == nil {
		m, err = s.house.Preview(r.Context(), by, slug(r), parlour.Draft{Body: r.PostFormValue("body"), Unproven: unproven})
	}
	switch {
	case err == nil && isHTMX(r):
		return write(w, r, http.StatusOK, views.Previewed(s.locale(r), m))
	case isHTMX(r):
		return write(w, r, s.refusal(w, r, err), views.Refused(s.locale(r), err, s.token(r, composerForm)))
	}
	room, _, seen := s.house.Attending(r.Context(), by, slug(r), parlour.Read)
	switch {
	case seen != nil && err == nil:
		return seen
	case seen != nil:
		return s.giveBack(w, r, err)
	}
	c := views.Composer{Slug: room.Slug, Body: shown(r.PostFormValue("body")), Err: err, Reply: s.replyAgain(r), Kept: hadDraft(r)}
	status := http.StatusOK
	if err != nil {
		status = s.refusal(w, r, err)
	}
	return s.previewPage(w, r, status, room, m, c)
}

// previewPage is the page of a preview, with no message if the draft was refused.
func (s *server) previewPage(w http.ResponseWriter, r *http.Request, status int, room parlour.Room, m parlour.Message, c views.Composer) error {
	c.Key, c.Token, c.Told = rand.Text(), s.token(r, composerForm), s.popTold(w, r)
	return s.page(w, r, status, func(p views.Page) component { return views.PreviewPage(p, room, m, c) })
}
