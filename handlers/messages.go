package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"strings"

	"parlour"
	"parlour/views"
)

// say posts a message, or obeys a command. htmx is answered with partials, a
// plain form with a redirect: to the frame that it came from, or to the room.
func (s *server) say(w http.ResponseWriter, r *http.Request) error {
	by := s.identity(r)
	var taken views.Taken
	unproven := false
	err := readForm(w, r)
	if err == nil {
		unproven, err = s.proof(r, by, composerForm)
	}
	if err == nil {
		taken, err = s.sayOrObey(w, r, by, unproven)
	}
	if err == nil {
		s.sent(r)
	}
	switch {
	case err != nil && isHTMX(r):
		return write(w, r, s.refusal(w, r, err), views.Refused(s.locale(r), err, s.token(r, composerForm)))
	case err != nil:
		return s.giveBack(w, r, err)
	case isHTMX(r):
		taken.Reply = answered(r)
		return write(w, r, http.StatusOK, views.Sent(s.locale(r), rand.Text(), taken))
	}
	if taken.Told != "" {
		s.sessions.Put(r.Context(), sessionTold, taken.Told)
		if err := s.keep(w, r); err != nil {
			return err
		}
	}
	if fromFrame(r) {
		http.Redirect(w, r, roomPath(slug(r), "/compose#ta"), http.StatusSeeOther)
	} else {
		http.Redirect(w, r, roomPath(slug(r), "#end"), http.StatusSeeOther)
	}
	return nil
}

// sessionTold is what the house has to tell the session's person on their next
// page with a composer.
const sessionTold = "told"

// popTold is what there is to be told now. When it cannot be noted that it was,
// it is told again: that is no reason to show no page.
func (s *server) popTold(w http.ResponseWriter, r *http.Request) string {
	told := s.sessions.PopString(r.Context(), sessionTold)
	if told == "" {
		return ""
	}
	if err := s.keep(w, r); err != nil {
		s.log.Warn("noting what was told", "error", err)
	}
	return told
}

// sayOrObey answers what there is to be told of it, to who wrote it alone.
func (s *server) sayOrObey(w http.ResponseWriter, r *http.Request, by parlour.Identity, unproven bool) (views.Taken, error) {
	body := r.PostFormValue("body")
	if parlour.IsCommand(body) {
		answer, err := s.house.Obey(r.Context(), by, slug(r), body)
		if err == nil && answer.As.Known() {
			err = s.remember(w, r, answer.As)
		}
		if err != nil {
			return views.Taken{}, err
		}
		return views.Taken{Told: views.Answer(s.lang(r), answer), Name: answer.As.Name}, nil
	}
	reply, err := replyOf(r)
	if err != nil {
		return views.Taken{}, err
	}
	draft := parlour.Draft{Body: body, Key: r.PostFormValue("key"), Reply: reply, Unproven: unproven}
	m, err := s.house.Say(r.Context(), by, slug(r), draft)
	if err != nil {
		return views.Taken{}, err
	}
	if m.Seq == 0 {
		return views.Taken{Told: views.HeldAnswer(s.lang(r))}, nil
	}
	s.hub.HaveRead(m.Room, m.Author.ID, m.Seq)
	return views.Taken{}, nil
}

// typing notes that somebody is writing something, for the others in the room.
// The page signals it every few seconds, and waits for no answer.
func (s *server) typing(w http.ResponseWriter, r *http.Request) error {
	room, who, err := s.house.Typing(r.Context(), s.identity(r), slug(r))
	if err != nil {
		return err
	}
	s.hub.Typing(room.ID, who)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// fromFrame tells whether the composer stands in a frame of its own.
func fromFrame(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/compose") || strings.HasSuffix(r.URL.Path, "/draft")
}

// giveBack answers a plain form that was refused with the same form, the text
// still in it and the reason beside it.
func (s *server) giveBack(w http.ResponseWriter, r *http.Request, refusal error) error {
	if parlour.KindOf(refusal) == parlour.NotFound {
		return refusal
	}
	status := s.refusal(w, r, refusal)
	c := views.Composer{Slug: slug(r), Body: shown(r.PostFormValue("body")), Err: refusal, Reply: s.replyAgain(r), Kept: hadDraft(r)}
	if !fromFrame(r) {
		room, who, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Read)
		if err == nil && r.PostForm.Has("previewed") { // on a page without messages, and perhaps without scripts
			err = s.previewPage(w, r, status, room, parlour.Message{}, c)
		} else if err == nil {
			err = s.roomPage(w, r, status, room, who, 0, c)
		}
		if err == nil {
			return nil
		}
	}
	return s.composePage(w, r, status, c)
}

// compose is the composer as a page of its own.
func (s *server) compose(w http.ResponseWriter, r *http.Request) error {
	room, _, typed, err := s.house.Composing(r.Context(), s.identity(r), slug(r))
	if err != nil {
		return err
	}
	status, c := http.StatusOK, views.Composer{Slug: room.Slug}
	if c.Reply, c.Err = s.replying(r); c.Err != nil {
		status = s.refusal(w, r, c.Err)
	}
	s.restore(r, &c, typed)
	if r.URL.Query().Has("kept") {
		c.Told = views.DraftKept(s.lang(r))
	}
	return s.composePage(w, r, status, c)
}

func (s *server) composePage(w http.ResponseWriter, r *http.Request, status int, c views.Composer) error {
	c.Key, c.Token, c.Told = rand.Text(), s.token(r, composerForm), cmp.Or(s.popTold(w, r), c.Told)
	return s.page(w, r, status, func(p views.Page) component { return views.Compose(p, c) })
}
