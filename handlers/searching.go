package handlers

import (
	"net/http"
	"strings"

	"parlour"
	"parlour/views"
)

// search is the page on which people search, with what they find. It stands at
// an address of its own, so that it can be gone back to; the log of requests
// tells no more of an address than its path.
func (s *server) search(w http.ResponseWriter, r *http.Request) error {
	query, by := r.URL.Query(), s.identity(r)
	l := s.locale(r)
	page := views.Search{Typed: shown(query.Get("q"))}
	if slug := query.Get("room"); slug != "" {
		room, _, err := s.house.Attending(r.Context(), by, slug, parlour.Read)
		if err != nil {
			return err
		}
		page.Room = room
	}
	status := http.StatusOK
	if strings.TrimSpace(page.Typed) != "" {
		var err error
		page.Findings, err = s.house.Search(r.Context(), by, page.Room.Slug, page.Typed, query.Get("older"), l.Zone)
		switch {
		case isTyped(err):
			page.Err, status = err, s.refusal(w, r, err)
		case err != nil:
			return err
		default:
			page.Asked = true
		}
	}
	return s.page(w, r, status, func(p views.Page) component { return views.SearchPage(p, page) })
}
