package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// roomMembers is the list of a room's members, for its owners.
func (s *server) roomMembers(w http.ResponseWriter, r *http.Request) error {
	return s.roomMembersPage(w, r, http.StatusOK, views.RoomList{Role: parlour.Listed.String(), Done: roomDone(r)})
}

func (s *server) roomMembersPage(w http.ResponseWriter, r *http.Request, status int, l views.RoomList) (err error) {
	if l.Room, l.Listed, err = s.house.Listed(r.Context(), s.identity(r), slug(r)); err != nil {
		return err
	}
	return s.page(w, r, status, func(p views.Page) component { return views.RoomMembers(p, l) })
}

// listMember puts somebody on the list.
func (s *server) listMember(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	typed := views.RoomList{Typed: r.PostFormValue("member"), Role: r.PostFormValue("role")}
	role, err := parlour.ParseRole(typed.Role)
	if err == nil {
		err = s.house.List(r.Context(), s.identity(r), slug(r), typed.Typed, role)
	}
	return s.afterListing(w, r, err, "listed", typed)
}

// setRole gives somebody on the list another role, or takes them off it.
func (s *server) setRole(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	role, err := parlour.ParseRole(r.PostFormValue("role"))
	if err == nil {
		err = s.house.SetRole(r.Context(), s.identity(r), slug(r), chi.URLParam(r, "person"), role)
	}
	return s.afterListing(w, r, err, "changed", views.RoomList{Role: parlour.Listed.String()})
}

func (s *server) afterListing(w http.ResponseWriter, r *http.Request, err error, done string, typed views.RoomList) error {
	if isTyped(err) {
		typed.Err = err
		return s.roomMembersPage(w, r, s.refusal(w, r, err), typed)
	}
	return goOn(w, r, err, roomPath(slug(r), "/members?done="+done))
}
