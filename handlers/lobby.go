package handlers

import (
	"net/http"

	"parlour/views"
)

func (s *server) lobby(w http.ResponseWriter, r *http.Request) error {
	rooms, err := s.house.Lobby(r.Context(), s.identity(r))
	if err != nil {
		return err
	}
	listed := make([]views.LobbyRoom, len(rooms))
	for i, room := range rooms {
		listed[i] = views.LobbyRoom{LobbyRoom: room, Present: s.hub.Present(room.ID)}
	}
	creates := s.house.MayCreateRooms(r.Context(), s.identity(r)) == nil
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.Lobby(p, listed, creates) })
}
