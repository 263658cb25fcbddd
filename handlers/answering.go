package handlers

import (
	"bytes"
	"errors"
	"net/http"
	"slices"

	"parlour"
	"parlour/views"
)

// replying is what the composer of a page is to answer, by ?reply=; nil is
// nothing.
func (s *server) replying(r *http.Request) (*parlour.Quote, error) {
	seq, err := seqOf(r, "reply")
	if err != nil || seq == 0 {
		return nil, err
	}
	quote, err := s.house.Answerable(r.Context(), s.identity(r), slug(r), seq)
	if err != nil {
		return nil, err
	}
	return &quote, nil
}

// chooseReply answers htmx when somebody chooses what to answer.
func (s *server) chooseReply(w http.ResponseWriter, r *http.Request) error {
	quote, err := s.replying(r)
	if err != nil {
		return s.refuseBelow(w, r, err)
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.Replying(p.Locale, slug(r), quote) })
}

// replyOf is what a form says that it answers; what is no number is no message.
func replyOf(r *http.Request) (parlour.Seq, error) {
	typed := r.PostFormValue("reply")
	if typed == "" {
		return 0, nil
	}
	seq, err := parlour.ParseSeq(typed)
	if err != nil || seq == 0 {
		return 0, parlour.ErrReplyGone
	}
	return seq, nil
}

// answered is what was answered by a form that was taken.
func answered(r *http.Request) parlour.Seq {
	seq, _ := replyOf(r) // it was taken, so it can be read
	return seq
}

// replyAgain is what a form that is given back goes on to answer: nothing, when
// that is not there any more.
func (s *server) replyAgain(r *http.Request) *parlour.Quote {
	seq, err := replyOf(r)
	if err != nil || seq == 0 {
		return nil
	}
	quote, err := s.house.Answerable(r.Context(), s.identity(r), slug(r), seq)
	if err != nil {
		return nil
	}
	return &quote
}

// reactions is who reacted to a message, and the way to do so.
func (s *server) reactions(w http.ResponseWriter, r *http.Request) error {
	shown, err := s.reactionsTo(r)
	switch {
	case err != nil && isHTMX(r):
		return s.refuseBelow(w, r, err)
	case err != nil:
		return err
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component {
		if isHTMX(r) {
			return views.ReactionsBelow(p, shown)
		}
		return views.ReactionsPage(p, shown)
	})
}

func (s *server) reactionsTo(r *http.Request) (views.Reactions, error) {
	seq, err := pathSeq(r)
	if err != nil {
		return views.Reactions{}, err
	}
	room, who, m, all, err := s.house.Reactors(r.Context(), s.identity(r), slug(r), seq)
	if err != nil {
		return views.Reactions{}, err
	}
	return views.Reactions{
		Room: room, Message: m, All: all, Reacts: who.IsSeated() && s.house.Allows(r.Context(), who, parlour.React, room),
	}, nil
}

// react adds a reaction to a message, or takes it back.
func (s *server) react(w http.ResponseWriter, r *http.Request) error {
	seq, err := s.orderForm(w, r)
	if err != nil {
		return err
	}
	emoji := r.PostForm.Get("emoji")
	seen, err := parlour.ParseSeq(r.PostForm.Get("seen"))
	if err != nil {
		seen = 0 // it only keeps repetitions from counting
	}
	m, given, err := s.house.React(r.Context(), s.identity(r), slug(r), seq, emoji, seen)
	switch {
	case err == nil:
		told := views.Reacted(s.lang(r), emoji, given)
		if isHTMX(r) && !r.PostForm.Has("below") {
			if !given && !slices.ContainsFunc(m.Reactions, func(left parlour.Reaction) bool { return left.Emoji == emoji }) {
				return write(w, r, http.StatusOK, views.TakenBack(m, told))
			}
			return write(w, r, http.StatusOK, views.Told(told))
		}
		return s.acted(w, r, told, roomPath(slug(r), "/messages/"+seq.String()+"#m-"+seq.String()))
	case isTyped(err) && !isHTMX(r):
		if again, gone := s.reactionsTo(r); gone == nil {
			again.Typed, again.Err = shown(emoji), err
			return s.page(w, r, s.refusal(w, r, err), func(p views.Page) component { return views.ReactionsPage(p, again) })
		}
	}
	return err
}

// around is the room as it was around a message, which is marked.
func (s *server) around(w http.ResponseWriter, r *http.Request) error {
	seq, err := pathSeq(r)
	if err != nil {
		return err
	}
	room, who, page, newer, err := s.house.Around(r.Context(), s.identity(r), slug(r), seq)
	switch {
	case errors.Is(err, parlour.ErrNameless) || errors.Is(err, parlour.ErrNoSeat) || errors.Is(err, parlour.ErrWaiting):
		// The way in leads through the room, and from there back.
		http.Redirect(w, r, roomPath(room.Slug, "?at="+seq.String()), http.StatusSeeOther)
		return nil
	case err != nil:
		return s.toRoomBySigningIn(w, r, err)
	}
	var content bytes.Buffer
	l := s.locale(r).In(room.Slug)
	for _, m := range page.Messages {
		write := views.WriteMessage
		if m.Seq == seq {
			write = views.WriteFound
		}
		if err := write(&content, l, m); err != nil {
			return err
		}
	}
	shown := s.roomFor(r, room, who)
	shown.History, shown.Older, shown.Around, shown.Face = content.Bytes(), olderThan(page), seq, page.Face
	if newer {
		shown.Newer = page.Messages[len(page.Messages)-1].Seq
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.RoomPage(p, shown) })
}
