package handlers

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// slug is the room that a request is about.
func slug(r *http.Request) string {
	part := chi.URLParam(r, "room")
	if r.URL.RawPath == "" { // else chi gives the part as it stands in the address
		return part
	}
	part, err := url.PathUnescape(part)
	if err != nil {
		return ""
	}
	return part
}

func roomPath(slug, below string) string { return "/rooms/" + url.PathEscape(slug) + below }

// door asks for a name, or for another one.
func (s *server) door(w http.ResponseWriter, r *http.Request) error {
	by := s.identity(r)
	room, err := s.house.Door(r.Context(), by, slug(r))
	if err != nil {
		return err
	}
	at := views.AtDoor{Room: room, Name: by.Name}
	if r.URL.Query().Has("taken") {
		at.Err = parlour.ErrNameTaken
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.Door(p, at) })
}

func (s *server) join(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	typed := r.PostFormValue("name")
	as, room, err := s.house.Join(r.Context(), s.identity(r), slug(r), typed)
	if err == nil {
		err = s.remember(w, r, as)
	}
	if err != nil && room.ID != 0 {
		status := s.refusal(w, r, err)
		at := views.AtDoor{Room: room, Name: shown(typed), Err: err}
		return s.page(w, r, status, func(p views.Page) component { return views.Door(p, at) })
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, roomPath(room.Slug, ""), http.StatusSeeOther)
	return nil
}

func (s *server) leave(w http.ResponseWriter, r *http.Request) error {
	if err := s.house.Leave(r.Context(), s.identity(r), slug(r)); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
