package handlers

import (
	"context"
	"net/http"

	"parlour"
	"parlour/views"
)

// menu is what can be done with a message: below it for htmx, else as a page.
func (s *server) menu(w http.ResponseWriter, r *http.Request) error {
	if !isHTMX(r) {
		return s.messagePage(w, r, http.StatusOK, views.OrderForm{})
	}
	about, err := s.about(r)
	if err != nil {
		return s.refuseBelow(w, r, err)
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.Menu(p, about) })
}

// refuseBelow tells beside the composer why nothing opens below a message.
func (s *server) refuseBelow(w http.ResponseWriter, r *http.Request, err error) error {
	return write(w, r, s.refusal(w, r, err), views.Refused(s.locale(r), err, ""))
}

// acted answers htmx that something was done with a message, and leads everybody
// else on.
func (s *server) acted(w http.ResponseWriter, r *http.Request, told, next string) error {
	if isHTMX(r) {
		return write(w, r, http.StatusOK, views.Acted(told))
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// editForm is the form by which a message gets another text.
func (s *server) editForm(w http.ResponseWriter, r *http.Request) error {
	editing, err := s.editing(r)
	switch {
	case err != nil && isHTMX(r):
		return s.refuseBelow(w, r, err)
	case err != nil:
		return err
	}
	editing.Body = editing.Message.Source()
	return s.page(w, r, http.StatusOK, func(p views.Page) component {
		if isHTMX(r) {
			return views.EditBelow(p, editing)
		}
		return views.EditPage(p, editing)
	})
}

func (s *server) editing(r *http.Request) (views.Editing, error) {
	seq, err := pathSeq(r)
	if err != nil {
		return views.Editing{}, err
	}
	room, m, err := s.house.Editable(r.Context(), s.identity(r), slug(r), seq)
	return views.Editing{Room: room, Message: m}, err
}

// editMessage gives a message another text. What was refused is given back.
func (s *server) editMessage(w http.ResponseWriter, r *http.Request) error {
	seq, err := s.orderForm(w, r)
	var m parlour.Message
	if err == nil {
		m, err = s.house.EditMessage(r.Context(), s.identity(r), slug(r), seq, parlour.Draft{Body: r.PostForm.Get("body")})
	}
	switch {
	case err != nil && isHTMX(r):
		return write(w, r, s.refusal(w, r, err), views.EditRefused(s.locale(r), err))
	case err != nil:
		editing, gone := s.editing(r)
		if gone != nil || !isTyped(err) {
			return err
		}
		editing.Body, editing.Err = shown(r.PostForm.Get("body")), err
		return s.page(w, r, s.refusal(w, r, err), func(p views.Page) component { return views.EditPage(p, editing) })
	}
	told := views.Done(s.lang(r), "edited")
	if m.Seq == 0 {
		told = views.HeldAnswer(s.lang(r))
		if !isHTMX(r) {
			s.sessions.Put(r.Context(), sessionTold, told)
			if err := s.keep(w, r); err != nil {
				return err
			}
		}
	}
	return s.acted(w, r, told, roomPath(slug(r), "#end"))
}

// revisions are the earlier texts of a message.
func (s *server) revisions(w http.ResponseWriter, r *http.Request) error {
	seq, err := pathSeq(r)
	if err != nil {
		return err
	}
	room, m, earlier, err := s.house.Revisions(r.Context(), s.identity(r), slug(r), seq)
	if err != nil {
		return err
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.Revisions(p, room, m, earlier) })
}

// pin keeps a message in view, unpin ends that.
func (s *server) pin(w http.ResponseWriter, r *http.Request) error {
	return s.setPin(w, r, "pinned", s.house.Pin)
}

func (s *server) unpin(w http.ResponseWriter, r *http.Request) error {
	return s.setPin(w, r, "unpinned", s.house.Unpin)
}

func (s *server) setPin(w http.ResponseWriter, r *http.Request, done string, set func(context.Context, parlour.Identity, string, parlour.Seq) error) error {
	seq, err := s.orderForm(w, r)
	if err == nil {
		err = set(r.Context(), s.identity(r), slug(r), seq)
	}
	if err != nil {
		return err
	}
	return s.acted(w, r, views.Done(s.lang(r), done), roomPath(slug(r), "#end"))
}
