package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"parlour"
	"parlour/views"
)

// adminsOnly hides all that is behind it from everybody else: to them there is
// nothing at these addresses.
func (s *server) adminsOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.identity(r).Admin {
			s.refuse(w, r, errNoPage)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// admin leads to all by which the house is run.
func (s *server) admin(w http.ResponseWriter, r *http.Request) error {
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.AdminPage(p) })
}

// roomsAtOnce is how many rooms a page of them shows.
const roomsAtOnce = 100

// adminRooms are all rooms, with those in the archive and those that are hidden.
func (s *server) adminRooms(w http.ResponseWriter, r *http.Request) error {
	rooms, err := s.house.AllRooms(r.Context(), s.identity(r))
	if err != nil {
		return err
	}
	slices.SortFunc(rooms, func(a, b parlour.Room) int { return strings.Compare(a.Slug, b.Slug) })
	after := r.URL.Query().Get("after")
	rooms = slices.DeleteFunc(rooms, func(room parlour.Room) bool { return room.Slug <= after })
	more := ""
	if len(rooms) > roomsAtOnce {
		rooms = rooms[:roomsAtOnce]
		more = rooms[roomsAtOnce-1].Slug
	}
	shown := make([]views.AdminRoom, len(rooms))
	for i, room := range rooms {
		shown[i] = views.AdminRoom{Room: room, Present: s.hub.Present(room.ID)}
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.AdminRooms(p, shown, more) })
}

// adminPeople are the members of the house.
func (s *server) adminPeople(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	shown := views.Accounts{Search: query.Get("search")}
	switch done := query.Get("done"); done {
	case "admin", "unadmin", "disable", "enable":
		shown.Done = done
	}
	return s.adminPeoplePage(w, r, http.StatusOK, query.Get("after"), shown)
}

func (s *server) adminPeoplePage(w http.ResponseWriter, r *http.Request, status int, after string, shown views.Accounts) (err error) {
	if shown.Accounts, err = s.house.Accounts(r.Context(), s.identity(r), shown.Search, after); err != nil {
		return err
	}
	if n := len(shown.Accounts); n == parlour.AccountsAtOnce {
		shown.After = shown.Accounts[n-1].Name
	}
	return s.page(w, r, status, func(p views.Page) component { return views.AdminPeople(p, shown) })
}

// adminPerson does something with a member.
func (s *server) adminPerson(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	by, person, do := s.identity(r), chi.URLParam(r, "person"), r.PostFormValue("do")
	var err error
	switch do {
	case "admin", "unadmin":
		err = s.house.SetAdmin(r.Context(), by, person, do == "admin")
	case "disable", "enable":
		err = s.house.SetDisabled(r.Context(), by, person, do == "disable")
	case "reset":
		return s.resetLink(w, r, by, person)
	default:
		err = errNoPage
	}
	return goOn(w, r, err, "/admin/people?done="+do)
}

// resetLink makes a link by which a member chooses another password, and shows
// it once, for the admin to pass on.
func (s *server) resetLink(w http.ResponseWriter, r *http.Request, by parlour.Identity, person string) error {
	path, err := s.house.ResetLink(r.Context(), by, person)
	if err != nil {
		return err
	}
	account, err := s.house.Account(r.Context(), by, person)
	if err != nil {
		return err
	}
	shown := views.Accounts{Search: account.Email, Reset: s.absolute(r, path), For: account.Name}
	return s.adminPeoplePage(w, r, http.StatusCreated, "", shown)
}

// adminSettings are the settings of the whole house.
func (s *server) adminSettings(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.house.Settings(r.Context())
	if err != nil {
		return err
	}
	shown := views.HouseSettings{Settings: settings}
	if r.URL.Query().Get("done") == "saved" {
		shown.Done = "saved"
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.AdminSettings(p, shown) })
}

func (s *server) changeSettings(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	settings := parlour.Settings{
		SignUp:      parlour.SignUpRule(r.PostFormValue("sign_up")),
		CreateRooms: parlour.RoomMakers(r.PostFormValue("create_rooms")),
	}
	err := s.house.ChangeSettings(r.Context(), s.identity(r), settings)
	if isTyped(err) {
		shown := views.HouseSettings{Settings: settings, Err: err}
		return s.page(w, r, s.refusal(w, r, err), func(p views.Page) component { return views.AdminSettings(p, shown) })
	}
	return goOn(w, r, err, "/admin/settings?done=saved")
}
