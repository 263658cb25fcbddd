package handlers

import (
	"net/http"

	"parlour"
	"parlour/views"
)

// unread answers a page that nobody sees with its title, in which the messages
// are counted that came after a number. Without one the page is being hidden or
// shown: all is seen up to here. Nothing is written down.
func (s *server) unread(w http.ResponseWriter, r *http.Request) error {
	after, err := seqOf(r, "after")
	if err != nil {
		return err
	}
	room, who, err := s.house.Attending(r.Context(), s.identity(r), slug(r), parlour.Read)
	if err != nil {
		return err
	}
	if !r.URL.Query().Has("after") {
		return write(w, r, http.StatusOK, views.Away(s.locale(r), room, 0, room.Head))
	}
	s.hub.Linger(room.ID, who.Seat.Person)
	since := after
	if r.ProtoMajor < 2 {
		// Hidden pages have no stream then (see views.Room.Background), so what
		// the person is known to have read they have read elsewhere.
		since = max(since, who.Seat.Read, s.hub.ReadUpTo(room.ID, who.Seat.Person))
	}
	n, err := s.house.CountUnread(r.Context(), who, room, since)
	if err != nil {
		return err
	}
	return write(w, r, http.StatusOK, views.Away(s.locale(r), room, n, after))
}
