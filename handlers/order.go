package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// messagePage is one message with what can be done about it.
func (s *server) messagePage(w http.ResponseWriter, r *http.Request, status int, form views.OrderForm) error {
	about, err := s.about(r)
	if err != nil {
		return err
	}
	about.Done, about.Form = doneOf(r), form
	return s.page(w, r, status, func(p views.Page) component { return views.MessagePage(p, about) })
}

// about is the message of an address with what its reader may do about it.
func (s *server) about(r *http.Request) (views.AboutMessage, error) {
	seq, err := pathSeq(r)
	if err != nil {
		return views.AboutMessage{}, err
	}
	room, who, m, err := s.house.Message(r.Context(), s.identity(r), slug(r), seq)
	if err != nil {
		return views.AboutMessage{}, err
	}
	about := views.AboutMessage{Room: room, Message: m, House: who.Admin}
	if about.Menu, err = s.house.MenuOf(r.Context(), who, room, m); err != nil {
		return about, err
	}
	if about.Menu.Moderates && m.Author.ID != "" {
		_, err := s.house.Person(r.Context(), who, room, m.Author.ID)
		about.Sanctions = err == nil
	}
	return about, nil
}

// person is somebody in the room with what can be done about them.
func (s *server) person(w http.ResponseWriter, r *http.Request) error {
	return s.personPage(w, r, http.StatusOK, chi.URLParam(r, "person"), views.OrderForm{})
}

func (s *server) personPage(w http.ResponseWriter, r *http.Request, status int, person string, form views.OrderForm) error {
	room, who, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Read)
	if err != nil {
		return err
	}
	target, err := s.house.Person(r.Context(), who, room, person)
	if err != nil && !errors.Is(err, parlour.ErrOutranked) {
		return err
	}
	target.Guest = target.Kind != parlour.Member
	about := views.AboutPerson{
		Room: room, Person: target.Author, Done: doneOf(r), Form: form, House: who.Admin,
		Sanctions: err == nil && s.house.Allows(r.Context(), who, parlour.Moderate, room),
	}
	return s.page(w, r, status, func(p views.Page) component { return views.PersonPage(p, about) })
}

// report tells the moderators of a message.
func (s *server) report(w http.ResponseWriter, r *http.Request) error {
	seq, err := s.orderForm(w, r)
	if err == nil {
		err = s.house.Report(r.Context(), s.identity(r), slug(r), seq, r.PostForm.Get("reason"))
	}
	return s.afterMessage(w, r, err, "report", "reported", roomPath(slug(r), "/messages/"+seq.String()+"/menu?done=reported"))
}

// deleteMessage takes a message away.
func (s *server) deleteMessage(w http.ResponseWriter, r *http.Request) error {
	seq, err := s.orderForm(w, r)
	if err == nil {
		err = s.house.DeleteMessage(r.Context(), s.identity(r), slug(r), seq, r.PostForm.Get("reason"))
	}
	return s.afterMessage(w, r, err, "delete", "deleted", roomPath(slug(r), "#end"))
}

func (s *server) orderForm(w http.ResponseWriter, r *http.Request) (parlour.Seq, error) {
	seq, err := pathSeq(r)
	if err == nil {
		err = readForm(w, r)
	}
	return seq, err
}

// afterMessage goes on, or gives the form back with what was typed.
func (s *server) afterMessage(w http.ResponseWriter, r *http.Request, err error, form, done, next string) error {
	switch {
	case isTyped(err) && !isHTMX(r):
		return s.messagePage(w, r, s.refusal(w, r, err), views.OrderForm{Name: form, Reason: r.PostForm.Get("reason"), Err: err})
	case err != nil:
		return err
	}
	return s.acted(w, r, views.Done(s.lang(r), done), next)
}

// isTyped tells whether a form was refused that can be given back.
func isTyped(err error) bool {
	kind := parlour.KindOf(err)
	return err != nil && (kind == parlour.Invalid || kind == parlour.TooMany || kind == parlour.Conflict)
}

func goOn(w http.ResponseWriter, r *http.Request, err error, next string) error {
	if err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// sanction keeps somebody out or silent.
func (s *server) sanction(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	sentence, err := sentenceOf(r.PostForm)
	if err == nil {
		_, err = s.house.Sanction(r.Context(), s.identity(r), slug(r), sentence)
	}
	return s.afterPerson(w, r, err, "sanction", "sanctioned")
}

// purge takes away what somebody said.
func (s *server) purge(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	span, err := spanOf(r.PostForm, "span")
	if err == nil && span == 0 {
		err = errSpan
	}
	if err == nil {
		_, err = s.house.DeleteMessagesOf(r.Context(), s.identity(r), slug(r), r.PostForm.Get("person"), span, r.PostForm.Get("reason"))
	}
	return s.afterPerson(w, r, err, "purge", "purged")
}

func (s *server) afterPerson(w http.ResponseWriter, r *http.Request, err error, form, done string) error {
	person := r.PostForm.Get("person")
	if isTyped(err) {
		given := views.OrderForm{Name: form, Reason: r.PostForm.Get("reason"), Err: err}
		return s.personPage(w, r, s.refusal(w, r, err), person, given)
	}
	return goOn(w, r, err, roomPath(slug(r), "/people/"+url.PathEscape(person)+"?done="+done))
}

var errSpan = parlour.Errorf(parlour.Invalid, "span.malformed", "that is no length of time")

// spanOf reads a length of time: nothing, such as 10m, or all.
func spanOf(form url.Values, field string) (time.Duration, error) {
	switch typed := form.Get(field); typed {
	case "":
		return 0, nil
	case "all":
		return parlour.AllTime, nil
	default:
		if span, ok := parlour.ParseSpan(typed); ok {
			return span, nil
		}
		return 0, errSpan
	}
}

func sentenceOf(form url.Values) (s parlour.Sentence, err error) {
	s.Kind, s.Person = parlour.SanctionKind(form.Get("kind")), form.Get("person")
	s.Reason, s.House = form.Get("reason"), form.Get("house") != ""
	switch reach := form.Get("reach"); reach {
	case "person", "session", "address", "all":
		s.Reach = parlour.Reach{
			Person: reach == "person" || reach == "all", Session: reach == "session" || reach == "all",
			Address: reach == "address" || reach == "all",
		}
	}
	if s.For, err = spanOf(form, "for"); err != nil {
		return s, err
	}
	if s.For == parlour.AllTime {
		s.For = 0
	}
	s.Delete, err = spanOf(form, "delete")
	return s, err
}

func pathSeq(r *http.Request) (parlour.Seq, error) {
	seq, err := parlour.ParseSeq(chi.URLParam(r, "seq"))
	if err != nil {
		return 0, parlour.ErrMessageNotFound
	}
	return seq, nil
}

// pathID is a number in the path; what is none is no page of ours.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return 0, errNoPage
	}
	return id, nil
}

// doneOf is what was done just before, as far as there are words for it.
func doneOf(r *http.Request) string {
	switch done := r.URL.Query().Get("done"); done {
	case "reported", "sanctioned", "purged", "lifted", "settled", "admitted", "refused", "approved", "discarded", "added", "removed":
		return done
	default:
		return ""
	}
}
