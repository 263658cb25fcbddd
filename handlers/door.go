package handlers

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// slug is the room that a request is about.
func slug(r *http.Request) string {
	// chi gives the part as it stands in the address.
	if part, err := url.PathUnescape(chi.URLParam(r, "room")); err == nil {
		return part
	}
	return ""
}

func roomPath(slug, below string) string { return "/rooms/" + url.PathEscape(slug) + below }

// door asks for a name, or for another one.
func (s *server) door(w http.ResponseWriter, r *http.Request) error {
	by := s.identity(r)
	room, _, err := s.house.Door(r.Context(), by, slug(r))
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
	as, room, err := s.house.Join(r.Context(), s.identity(r), slug(r), typed, r.PostFormValue("password"))
	if err != nil {
		if refusal, ok := errors.AsType[*parlour.Error](err); ok && refusal.Field == "name" {
			status := s.refusal(w, r, err)
			at := views.AtDoor{Room: room, Name: typed, Err: err}
			return s.page(w, r, status, func(p views.Page) component { return views.Door(p, at) })
		}
		return err
	}
	if err := s.remember(r.Context(), as); err != nil {
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
