package handlers

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// moderation is all that waits for a room's moderators.
func (s *server) moderation(w http.ResponseWriter, r *http.Request) error {
	return s.moderationPage(w, r, http.StatusOK, views.OrderForm{})
}

func (s *server) moderationPage(w http.ResponseWriter, r *http.Request, status int, form views.OrderForm) error {
	room, _, queue, err := s.house.Queue(r.Context(), s.identity(r), slug(r))
	if err != nil {
		return err
	}
	m := views.Moderation{Room: room, Queue: queue, Done: doneOf(r), Form: form}
	return s.page(w, r, status, func(p views.Page) component { return views.ModerationPage(p, m) })
}

// moderationPath is an address below a room's moderation, or without a room
// below that of the house.
func moderationPath(slug, below string) string {
	if slug == "" {
		return "/admin/moderation" + below
	}
	return roomPath(slug, "/moderation"+below)
}

// moderationLog is who did what to whom.
func (s *server) moderationLog(w http.ResponseWriter, r *http.Request) error {
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // what is no number is the newest
	room, entries, err := s.house.ModerationLog(r.Context(), s.identity(r), slug(r), before)
	if err != nil {
		return err
	}
	m := views.ModerationLog{Room: room, Entries: entries}
	if len(entries) == parlour.LogPage {
		m.Older = entries[len(entries)-1].ID
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.ModerationLogPage(p, m) })
}

// lift undoes a sanction.
func (s *server) lift(w http.ResponseWriter, r *http.Request) error {
	return s.settleQueue(w, r, func(id int64) (string, error) {
		_, err := s.house.Lift(r.Context(), s.identity(r), slug(r), id)
		return "lifted", err
	})
}

// settle closes a report.
func (s *server) settle(w http.ResponseWriter, r *http.Request) error {
	return s.settleQueue(w, r, func(id int64) (string, error) {
		outcome := parlour.Outcome(r.PostForm.Get("outcome"))
		return "settled", s.house.Settle(r.Context(), s.identity(r), slug(r), id, outcome, r.PostForm.Get("reason"))
	})
}

// release lets a held message be said, or drops it.
func (s *server) release(w http.ResponseWriter, r *http.Request) error {
	return s.settleQueue(w, r, func(id int64) (string, error) {
		if r.PostForm.Get("verdict") == "approve" {
			_, err := s.house.Approve(r.Context(), s.identity(r), slug(r), id)
			return "approved", err
		}
		return "discarded", s.house.Discard(r.Context(), s.identity(r), slug(r), id)
	})
}

// removeFilter takes a filter away.
func (s *server) removeFilter(w http.ResponseWriter, r *http.Request) error {
	return s.settleQueue(w, r, func(id int64) (string, error) {
		return "removed", s.house.RemoveFilter(r.Context(), s.identity(r), slug(r), id)
	})
}

// settleQueue does something about one entry of the queue and goes back to it.
func (s *server) settleQueue(w http.ResponseWriter, r *http.Request, do func(id int64) (string, error)) error {
	id, err := pathID(r)
	if err == nil {
		err = readForm(w, r)
	}
	if err != nil {
		return err
	}
	done, err := do(id)
	return goOn(w, r, err, moderationPath(slug(r), "?done="+done))
}

// letIn lets somebody in who waits, or turns them away.
func (s *server) letIn(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	person, done := chi.URLParam(r, "person"), "admitted"
	var err error
	if r.PostForm.Get("verdict") == "admit" {
		err = s.house.Admit(r.Context(), s.identity(r), slug(r), person)
	} else {
		done = "refused"
		err = s.house.TurnAway(r.Context(), s.identity(r), slug(r), person, r.PostForm.Get("reason"))
	}
	return goOn(w, r, err, moderationPath(slug(r), "?done="+done))
}

// addFilter adds a filter to the room.
func (s *server) addFilter(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	filter := parlour.Filter{
		Kind: parlour.FilterKind(r.PostForm.Get("kind")), Pattern: r.PostForm.Get("pattern"),
		Act: parlour.FilterAct(r.PostForm.Get("act")),
	}
	_, err := s.house.AddFilter(r.Context(), s.identity(r), slug(r), filter)
	if isTyped(err) {
		return s.moderationPage(w, r, s.refusal(w, r, err), views.OrderForm{Name: "filter", Err: err, Filter: filter})
	}
	return goOn(w, r, err, moderationPath(slug(r), "?done=added"))
}
