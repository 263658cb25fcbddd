package handlers

import (
	"errors"
	"net/http"

	"parlour"
	"parlour/views"
)

// mentions is where people find who mentioned them.
func (s *server) mentions(w http.ResponseWriter, r *http.Request) error {
	found, err := s.house.Mentions(r.Context(), s.identity(r), r.URL.Query().Get("older"))
	if errors.Is(err, parlour.ErrNameless) {
		http.Redirect(w, r, "/", http.StatusSeeOther) // one is mentioned by one's name
		return nil
	}
	if err != nil {
		return err
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.MentionsPage(p, found) })
}

// complete answers htmx whom somebody may mean who begins to write a name. It
// comes by POST, so that what people write stands in no address and no log.
func (s *server) complete(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	room, who, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Post)
	if err != nil {
		return err
	}
	var here []parlour.Author
	for _, present := range s.hub.Presence(room.ID).People {
		here = append(here, present.Author)
	}
	people, err := s.house.Completions(r.Context(), who, room, r.PostForm.Get("name"), here)
	if err != nil {
		return err
	}
	return write(w, r, http.StatusOK, views.Completions(s.locale(r), people))
}
