package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

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

// aim is the message that somebody came to a room for, or 0.
func aim(r *http.Request) parlour.Seq {
	seq, err := parlour.ParseSeq(cmp.Or(chi.URLParam(r, "seq"), r.URL.Query().Get("at"), r.PostForm.Get("at")))
	if err != nil {
		return 0
	}
	return seq
}

// enter gives somebody their seat in the room. Those who do not get it yet are
// shown to where they do, and then entered is false.
func (s *server) enter(w http.ResponseWriter, r *http.Request) (room parlour.Room, who parlour.Standing, typed parlour.Draft, entered bool, err error) {
	room, who, typed, err = s.house.Enter(r.Context(), s.identity(r), slug(r))
	var query []string
	switch {
	case err == nil:
		return room, who, typed, true, nil
	case errors.Is(err, parlour.ErrWaiting):
		if err = s.house.Wait(r.Context(), who); err == nil {
			err = s.page(w, r, http.StatusOK, func(p views.Page) component { return views.Waiting(p, room) })
		}
		return room, who, typed, false, err
	case errors.Is(err, parlour.ErrNameless) || errors.Is(err, parlour.ErrPassword):
	case parlour.KindOf(err) == parlour.Conflict:
		query = append(query, "taken")
	default:
		return room, who, typed, false, s.toRoomBySigningIn(w, r, err)
	}
	if at := aim(r); at != 0 {
		query = append(query, "at="+at.String())
	}
	door := roomPath(room.Slug, "/join")
	if len(query) > 0 {
		door += "?" + strings.Join(query, "&")
	}
	http.Redirect(w, r, door, http.StatusSeeOther)
	return room, who, typed, false, nil
}

// toAim leads somebody who has entered a room to the message that they came for,
// or to the room, where that is not for them.
func (s *server) toAim(w http.ResponseWriter, r *http.Request, by parlour.Identity, room parlour.Room) {
	to := roomPath(room.Slug, "")
	if at := aim(r); at != 0 {
		if _, _, _, err := s.house.Message(r.Context(), by, room.Slug, at); parlour.KindOf(err) != parlour.NotFound {
			to = roomPath(room.Slug, "/messages/"+at.String()+"#m-"+at.String())
		}
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// door asks those who come for a name, and for the room's password if it has
// one; those who are in are asked for another name.
func (s *server) door(w http.ResponseWriter, r *http.Request) error {
	by := s.identity(r)
	at := views.AtDoor{Name: by.Name, Zone: by.Zone}
	if r.URL.Query().Has("taken") {
		at.Err = parlour.ErrNameTaken
	}
	return s.doorPage(w, r, http.StatusOK, at)
}

// doorPage is the door, perhaps with what was typed there and refused.
func (s *server) doorPage(w http.ResponseWriter, r *http.Request, status int, at views.AtDoor) error {
	room, who, err := s.house.Door(r.Context(), s.identity(r), slug(r))
	if err != nil {
		return err
	}
	if err := s.house.MayEnter(r.Context(), who, room); err != nil && !errors.Is(err, parlour.ErrNameless) {
		return s.toRoomBySigningIn(w, r, err)
	}
	at.Room, at.Seated, at.Password = room, who.IsSeated(), parlour.AsksPassword(who, room)
	at.Token, at.For = s.token(r, doorForm), aim(r)
	return s.page(w, r, status, func(p views.Page) component { return views.Door(p, at) })
}

// toRoomBySigningIn leads those who have to sign in for a room to where they
// can, and from there to the room.
func (s *server) toRoomBySigningIn(w http.ResponseWriter, r *http.Request, err error) error {
	if parlour.KindOf(err) != parlour.SignedOut {
		return err
	}
	to := roomPath(slug(r), "")
	if at := aim(r); at != 0 {
		to = roomPath(slug(r), "/messages/"+at.String())
	}
	http.Redirect(w, r, "/login?next="+url.QueryEscape(to), http.StatusSeeOther)
	return nil
}

func (s *server) join(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	by, typed := s.identity(r), r.PostFormValue("name")
	giveBack := func(err error) error {
		return s.doorPage(w, r, s.refusal(w, r, err), views.AtDoor{Name: shown(typed), Zone: zoneTyped(r, by), Err: err})
	}
	if err := s.prove(r, by, doorForm); err != nil {
		return giveBack(err)
	}
	by, err := inZoneTyped(r, by)
	if err != nil {
		return giveBack(err)
	}
	as, room, err := s.house.Join(r.Context(), by, slug(r), typed, r.PostFormValue("password"))
	if err == nil {
		err = s.remember(w, r, as)
	}
	switch parlour.KindOf(err) {
	case parlour.SignedOut, parlour.NotFound:
		return s.toRoomBySigningIn(w, r, err)
	}
	if err != nil && room.ID != 0 {
		return giveBack(err)
	}
	if err != nil {
		return err
	}
	s.toAim(w, r, as, room)
	return nil
}

// zoneTyped is the time zone that stands in a form for guests, or the one they have.
func zoneTyped(r *http.Request, by parlour.Identity) string {
	if by.Kind == parlour.Member || !r.PostForm.Has("zone") {
		return by.Zone
	}
	return r.PostFormValue("zone")
}

// inZoneTyped is somebody with the time zone that they have chosen at a door.
func inZoneTyped(r *http.Request, by parlour.Identity) (parlour.Identity, error) {
	zone := zoneTyped(r, by)
	if zone == by.Zone {
		return by, nil
	}
	var err error
	by.Zone, err = parlour.ChooseZone(zone)
	return by, err
}

func (s *server) leave(w http.ResponseWriter, r *http.Request) error {
	if err := s.house.Leave(r.Context(), s.identity(r), slug(r)); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
