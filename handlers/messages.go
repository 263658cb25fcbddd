package handlers

import (
	"crypto/rand"
	"net/http"
	"strings"

	"parlour"
	"parlour/views"
)

// say posts a message. htmx is answered with partials, a plain form with a
// redirect: to the frame that it came from, or to the room.
func (s *server) say(w http.ResponseWriter, r *http.Request) error {
	by := s.identity(r)
	err := readForm(w, r)
	if err == nil {
		draft := parlour.Draft{Body: r.PostFormValue("body"), Key: r.PostFormValue("key")}
		_, err = s.house.Say(r.Context(), by, slug(r), draft)
	}
	switch {
	case err != nil && isHTMX(r):
		return write(w, r, s.refusal(w, r, err), views.Refused(s.locale(r), err))
	case err != nil:
		return s.giveBack(w, r, err)
	case isHTMX(r):
		return write(w, r, http.StatusOK, views.Sent(s.locale(r), rand.Text()))
	case fromFrame(r):
		http.Redirect(w, r, roomPath(slug(r), "/compose#ta"), http.StatusSeeOther)
	default:
		http.Redirect(w, r, roomPath(slug(r), "#end"), http.StatusSeeOther)
	}
	return nil
}

// fromFrame tells whether the composer stands in a frame of its own.
func fromFrame(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/compose") }

// giveBack answers a plain form that was refused with the same form, the text
// still in it and the reason beside it.
func (s *server) giveBack(w http.ResponseWriter, r *http.Request, refusal error) error {
	if parlour.KindOf(refusal) == parlour.NotFound {
		return refusal
	}
	status := s.refusal(w, r, refusal)
	c := views.Composer{Slug: slug(r), Body: shown(r.PostFormValue("body")), Err: refusal}
	if !fromFrame(r) {
		room, seat, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Read)
		if err == nil {
			err = s.roomPage(w, r, status, room, seat, 0, c)
		}
		if err == nil {
			return nil
		}
	}
	return s.composePage(w, r, status, c)
}

// compose is the composer as a page of its own.
func (s *server) compose(w http.ResponseWriter, r *http.Request) error {
	room, _, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Post)
	if err != nil {
		return err
	}
	return s.composePage(w, r, http.StatusOK, views.Composer{Slug: room.Slug})
}

func (s *server) composePage(w http.ResponseWriter, r *http.Request, status int, c views.Composer) error {
	c.Key = rand.Text()
	return s.page(w, r, status, func(p views.Page) component { return views.Compose(p, c) })
}
