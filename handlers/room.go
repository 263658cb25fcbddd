package handlers

import (
	"crypto/rand"
	"net/http"

	"parlour"
	"parlour/views"
)

// room shows a room to those who have entered it, and shows others to the door.
func (s *server) room(w http.ResponseWriter, r *http.Request) error {
	before, err := seqOf(r, "before")
	if err != nil {
		return err
	}
	if isHTMX(r) && r.URL.Query().Has("reply") {
		return s.chooseReply(w, r)
	}
	room, who, typed, entered, err := s.enter(w, r)
	if !entered {
		return err
	}
	if aim(r) != 0 {
		s.toAim(w, r, who.Identity, room)
		return nil
	}
	s.hub.Touch(room.ID, who.Seat.Author())
	status, c := http.StatusOK, views.Composer{}
	if before == 0 {
		if c.Reply, c.Err = s.replying(r); c.Err != nil {
			status = s.refusal(w, r, c.Err)
		}
		s.restore(r, &c, typed)
	}
	return s.roomPage(w, r, status, room, who, before, c)
}

// roomPage is the room with a composer, which may hold what was refused.
func (s *server) roomPage(w http.ResponseWriter, r *http.Request, status int, room parlour.Room, who parlour.Standing, before parlour.Seq, c views.Composer) error {
	past, err := s.history(r.Context(), who, room, before, s.locale(r), inPage)
	if err != nil {
		return err
	}
	shown := s.roomFor(r, room, who)
	shown.History = past.content
	if read := max(who.Seat.Read, s.hub.ReadUpTo(room.ID, who.Seat.Person)); before == 0 && past.head > read {
		first, err := s.house.FirstUnread(r.Context(), who, room, read)
		if err != nil {
			return err
		}
		shown.FirstUnread, shown.Read = first, read
		shown.History, shown.Unread, _ = past.at(first)
		s.hub.HaveRead(room.ID, who.Seat.Person, past.head)
	}
	c.Slug, c.Key, c.Token = room.Slug, rand.Text(), s.token(r, composerForm)
	if before == 0 {
		c.Told = s.popTold(w, r)
	}
	shown.Cursor, shown.Older, shown.Before = past.head, past.older, before
	shown.Composer, shown.Face = c, past.face
	return s.page(w, r, status, func(p views.Page) component { return views.RoomPage(p, shown) })
}

// roomFor is a room's page without its messages.
func (s *server) roomFor(r *http.Request, room parlour.Room, who parlour.Standing) views.Room {
	return views.Room{
		Room: room, Seat: who.Seat, Presence: present(s.hub.Presence(room.ID)),
		Moderates: s.house.Allows(r.Context(), who, parlour.Moderate, room),
		Manages:   s.house.Allows(r.Context(), who, parlour.Manage, room),
		// Over HTTP/1.1 a browser has six connections for all its tabs.
		Background: r.ProtoMajor >= 2,
	}
}

// people is who is in the room, as a page.
func (s *server) people(w http.ResponseWriter, r *http.Request) error {
	room, _, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Read)
	if err != nil {
		return err
	}
	now := present(s.hub.Presence(room.ID))
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.People(p, room, now) })
}

// older is a run of older messages, as a fragment.
func (s *server) older(w http.ResponseWriter, r *http.Request) error {
	before, err := seqOf(r, "before")
	if err != nil {
		return err
	}
	room, who, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Read)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("since") {
		return s.overtaken(w, r, room, who, before)
	}
	past, err := s.history(r.Context(), who, room, before, s.locale(r), inPage)
	if err != nil {
		return err
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component {
		return views.Older(p, room, past.content, past.older, before, past.head)
	})
}

// overtaken is what became of older messages since a fragment of them was made.
func (s *server) overtaken(w http.ResponseWriter, r *http.Request, room parlour.Room, who parlour.Standing, before parlour.Seq) error {
	since, err := seqOf(r, "since")
	if err != nil {
		return err
	}
	changed, head, err := s.house.ChangedSince(r.Context(), who, room, since, before)
	if err != nil {
		return err
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.Overtaken(p, room, changed, before, head) })
}

// seqOf is a number in the address, 0 where there is none.
func seqOf(r *http.Request, name string) (parlour.Seq, error) {
	query := r.URL.Query()
	if !query.Has(name) {
		return 0, nil
	}
	return parlour.ParseSeq(query.Get(name))
}

// ownCSS marks a reader's own messages. It depends on the address alone.
func (s *server) ownCSS(w http.ResponseWriter, r *http.Request) error {
	styleSheet(w)
	return views.OwnCSS(w, r.URL.Query().Get("id"))
}

// hideCSS hides a message that was deleted from a page that never ends, but for
// its day: the next message is of the same one, perhaps, and does not tell it.
func (s *server) hideCSS(w http.ResponseWriter, r *http.Request) error {
	seq, err := seqOf(r, "m")
	if err != nil {
		return err
	}
	styleSheet(w)
	id := "#m-" + seq.String()
	_, _ = w.Write([]byte(id + "{visibility:hidden;height:0;padding-block:0;margin-block-end:0}" +
		id + " .day{visibility:visible}" + id + " :not(.day,:has(.day)){display:none}\n"))
	return nil
}

func styleSheet(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
}
