package handlers

import (
	"net/http"

	"parlour"
	"parlour/views"
)

// keepDraft keeps what stands in the composer for who is writing it. htmx is
// answered with nothing either way: nobody has asked for it, and who types on is
// not to be told of it.
func (s *server) keepDraft(w http.ResponseWriter, r *http.Request) error {
	err := readForm(w, r)
	if err == nil {
		reply, _ := replyOf(r) // what cannot be answered is left out
		err = s.house.KeepDraft(r.Context(), s.identity(r), slug(r), parlour.Draft{
			Body: r.PostFormValue("body"), Key: r.PostFormValue("key"), Reply: reply,
		})
	}
	switch {
	case err != nil && isHTMX(r):
		w.WriteHeader(s.refusal(w, r, err))
	case isHTMX(r):
		w.WriteHeader(http.StatusNoContent)
	case err != nil:
		return s.giveBack(w, r, err)
	default:
		http.Redirect(w, r, roomPath(slug(r), "/compose?kept#ta"), http.StatusSeeOther)
	}
	return nil
}

// restore puts what somebody had typed into a composer that has nothing in it.
func (s *server) restore(r *http.Request, c *views.Composer, typed parlour.Draft) {
	if typed.Body == "" {
		return
	}
	c.Body, c.Kept = typed.Body, true
	if c.Reply != nil || typed.Reply == 0 {
		return
	}
	// What it answered may be gone, and then it answers nothing.
	if quote, err := s.house.Answerable(r.Context(), s.identity(r), slug(r), typed.Reply); err == nil {
		c.Reply = &quote
	}
}

// hadDraft tells of a form whose text was kept as a draft.
func hadDraft(r *http.Request) bool { return r.PostFormValue("draft") != "" }

// sent forgets the draft of what was sent just now. It was sent, whatever becomes
// of that.
func (s *server) sent(r *http.Request) {
	key := r.PostFormValue("draft")
	if key == "" {
		return
	}
	if err := s.house.SentDraft(r.Context(), s.identity(r), slug(r), key); err != nil {
		s.log.Warn("a draft that was sent is still kept", "error", err)
	}
}
