package handlers

import (
	"net/http"
	"net/url"

	"parlour"
	"parlour/views"
)

// newRoom is the form by which a room is made.
func (s *server) newRoom(w http.ResponseWriter, r *http.Request) error {
	err := s.house.MayCreateRooms(r.Context(), s.identity(r))
	if err != nil {
		return s.orSignIn(w, r, err)
	}
	form := parlour.FormOf(parlour.Room{Access: parlour.Presets["open"]})
	return s.arrangePage(w, r, http.StatusOK, views.ArrangedRoom{Form: form, Preset: "open"})
}

func (s *server) createRoom(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	form, preset := roomForm(r.PostForm)
	room, err := s.house.CreateRoom(r.Context(), s.identity(r), form)
	if err != nil {
		return s.arrangeRefused(w, r, err, views.ArrangedRoom{Form: form, Preset: preset})
	}
	http.Redirect(w, r, roomPath(room.Slug, "/settings?done=created"), http.StatusSeeOther)
	return nil
}

func (s *server) arrangePage(w http.ResponseWriter, r *http.Request, status int, a views.ArrangedRoom) error {
	return s.page(w, r, status, func(p views.Page) component { return views.ArrangeRoom(p, a) })
}

// arrangeRefused gives a form back with what was typed in it, except for the
// password. Whoever may not even see the form is told on a page of its own.
func (s *server) arrangeRefused(w http.ResponseWriter, r *http.Request, err error, a views.ArrangedRoom) error {
	if !isTyped(err) {
		return err
	}
	a.Form.Password, a.Err = "", err
	return s.arrangePage(w, r, s.refusal(w, r, err), a)
}

// roomForm reads the settings of a room. The names of accesses set all four
// audiences together.
func roomForm(form url.Values) (f parlour.RoomForm, preset string) {
	f = parlour.RoomForm{
		Name: form.Get("name"), Slug: form.Get("slug"), Topic: form.Get("topic"),
		Description: form.Get("description"), Rules: form.Get("rules"),
		Access: parlour.Access{
			See: parlour.Audience(form.Get("see")), Read: parlour.Audience(form.Get("read")),
			Post: parlour.Audience(form.Get("post")), Upload: parlour.Audience(form.Get("upload")),
		},
		Password: form.Get("password"), NoPassword: form.Has("no_password"),
		EditWindow: form.Get("edit_window"), Stubs: form.Has("stubs"), Discreet: form.Has("discreet"),
		Slow: form.Get("slow"), TalkAfter: form.Get("talk_after"), LinkAfter: form.Get("link_after"),
		HistoryFromJoin: form.Has("history_from_join"), Locked: form.Has("locked"),
		ReadOnly: form.Has("read_only"), WaitingRoom: form.Has("waiting_room"),
	}
	preset = form.Get("preset")
	if access, ok := parlour.Presets[preset]; ok {
		f.Access = access
		return f, preset
	}
	return f, views.CustomAccess
}

// roomSettings are what a room's owners set.
func (s *server) roomSettings(w http.ResponseWriter, r *http.Request) error {
	room, _, err := s.house.Managing(r.Context(), s.identity(r), slug(r))
	if err != nil {
		return err
	}
	form := parlour.FormOf(room)
	return s.arrangePage(w, r, http.StatusOK, views.ArrangedRoom{
		Room: room, Form: form, Preset: views.PresetOf(form.Access), Done: roomDone(r),
	})
}

func (s *server) arrangeRoom(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	form, preset := roomForm(r.PostForm)
	room, err := s.house.ArrangeRoom(r.Context(), s.identity(r), slug(r), form)
	if err != nil {
		return s.arrangeRefused(w, r, err, views.ArrangedRoom{Room: room, Form: form, Preset: preset})
	}
	http.Redirect(w, r, roomPath(room.Slug, "/settings?done=saved"), http.StatusSeeOther)
	return nil
}

func (s *server) archiveRoom(w http.ResponseWriter, r *http.Request) error {
	err := s.house.ArchiveRoom(r.Context(), s.identity(r), slug(r))
	return goOn(w, r, err, roomPath(slug(r), "/settings?done=archived"))
}

func (s *server) reopenRoom(w http.ResponseWriter, r *http.Request) error {
	err := s.house.ReopenRoom(r.Context(), s.identity(r), slug(r))
	return goOn(w, r, err, roomPath(slug(r), "/settings?done=reopened"))
}

func (s *server) deleteRoom(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	by := s.identity(r)
	err := s.house.DeleteRoom(r.Context(), by, slug(r), r.PostFormValue("confirm"))
	if !isTyped(err) {
		return goOn(w, r, err, "/")
	}
	room, _, gone := s.house.Managing(r.Context(), by, slug(r))
	if gone != nil {
		return gone
	}
	form := parlour.FormOf(room)
	return s.arrangeRefused(w, r, err, views.ArrangedRoom{Room: room, Form: form, Preset: views.PresetOf(form.Access)})
}

// roomDone is what was done just before, as far as there are words for it.
func roomDone(r *http.Request) string {
	switch done := r.URL.Query().Get("done"); done {
	case "created", "saved", "archived", "reopened", "listed", "changed", "revoked":
		return done
	default:
		return ""
	}
}

// orSignIn leads those who are to sign in first to where they can, and back.
func (s *server) orSignIn(w http.ResponseWriter, r *http.Request, err error) error {
	if parlour.KindOf(err) != parlour.SignedOut {
		return err
	}
	http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	return nil
}
