package handlers

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// invitations are those to a room, or without a room in the address those to
// the house.
func (s *server) invitations(w http.ResponseWriter, r *http.Request) error {
	form := parlour.Invite{Role: parlour.Listed, Uses: 1, For: "7d"}
	return s.invitationsPage(w, r, http.StatusOK, views.Invitations{Form: form, Done: roomDone(r)})
}

func (s *server) invitationsPage(w http.ResponseWriter, r *http.Request, status int, i views.Invitations) (err error) {
	if i.Room, i.Working, err = s.house.Invitations(r.Context(), s.identity(r), slug(r)); err != nil {
		return err
	}
	return s.page(w, r, status, func(p views.Page) component { return views.InvitationsPage(p, i) })
}

// invite makes an invitation and shows it once: nobody can show it again, and so
// this answer is the page itself and no redirect.
func (s *server) invite(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	form := parlour.Invite{For: r.PostFormValue("for"), Note: r.PostFormValue("note")}
	role, err := parlour.ParseRole(r.PostFormValue("role"))
	form.Role = role
	form.Uses, _ = strconv.Atoi(r.PostFormValue("uses")) // what is no number is refused as 0
	token := ""
	if err == nil {
		_, token, err = s.house.Invite(r.Context(), s.identity(r), slug(r), form)
	}
	if isTyped(err) {
		return s.invitationsPage(w, r, s.refusal(w, r, err), views.Invitations{Form: form, Err: err})
	}
	if err != nil {
		return err
	}
	made := s.absolute(r, "/invite/"+token)
	return s.invitationsPage(w, r, http.StatusCreated, views.Invitations{Form: form, Made: made})
}

func (s *server) revokeInvitation(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	next := "/admin/invitations?done=revoked"
	if slug(r) != "" {
		next = roomPath(slug(r), "/invitations?done=revoked")
	}
	return goOn(w, r, s.house.RevokeInvitation(r.Context(), s.identity(r), slug(r), id), next)
}

// absolute is an address as it can be given to others: below the address that
// people see, as far as that is known.
func (s *server) absolute(r *http.Request, path string) string {
	if s.public != nil {
		return s.public.Scheme + "://" + s.public.Host + path
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + path
}

// invited is where an invitation leads.
func (s *server) invited(w http.ResponseWriter, r *http.Request) error {
	by := s.identity(r)
	return s.invitedPage(w, r, http.StatusOK, views.Invited{Name: by.Name, Zone: by.Zone})
}

func (s *server) invitedPage(w http.ResponseWriter, r *http.Request, status int, i views.Invited) (err error) {
	by := s.identity(r)
	i.Token = chi.URLParam(r, "token")
	if i.Invited, err = s.house.Invitation(r.Context(), by, i.Token); err != nil {
		return err
	}
	i.Proof = s.token(r, doorForm)
	i.SignUp = s.house.MaySignUp(r.Context(), by, i.Token) == nil
	return s.page(w, r, status, func(p views.Page) component { return views.InvitedPage(p, i) })
}

// accept follows an invitation: as a member, or under a name where guests may
// read.
func (s *server) accept(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	by, token := s.identity(r), chi.URLParam(r, "token")
	room, err := s.acceptAs(w, r, by, token)
	if isTyped(err) {
		typed := views.Invited{Name: r.PostFormValue("name"), Zone: zoneTyped(r, by), Err: err}
		return s.invitedPage(w, r, s.refusal(w, r, err), typed)
	}
	if room.ID == 0 {
		return goOn(w, r, err, "/")
	}
	return goOn(w, r, err, roomPath(room.Slug, ""))
}

func (s *server) acceptAs(w http.ResponseWriter, r *http.Request, by parlour.Identity, token string) (parlour.Room, error) {
	if by.Kind == parlour.Member {
		return s.house.AcceptInvitation(r.Context(), by, token)
	}
	if err := s.prove(r, by, doorForm); err != nil {
		return parlour.Room{}, err
	}
	by, err := inZoneTyped(r, by)
	if err != nil {
		return parlour.Room{}, err
	}
	as, room, err := s.house.AcceptAsGuest(r.Context(), by, token, r.PostFormValue("name"))
	if err != nil {
		return room, err
	}
	return room, s.remember(w, r, as)
}
