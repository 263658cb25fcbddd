package handlers

import (
	"net/http"

	"parlour"
	"parlour/views"
)

// account is what a member may change of their own. Whoever is not signed in is
// to do so first.
func (s *server) account(w http.ResponseWriter, r *http.Request) error {
	if s.identity(r).Kind != parlour.Member {
		http.Redirect(w, r, "/login?next=%2Faccount", http.StatusSeeOther)
		return nil
	}
	return s.accountPage(w, r, http.StatusOK, views.Account{Done: r.URL.Query().Get("done")})
}

// accountPage is the account, with what was typed and refused in one of its
// forms.
func (s *server) accountPage(w http.ResponseWriter, r *http.Request, status int, shown views.Account) error {
	account, logins, err := s.house.MyAccount(r.Context(), s.identity(r))
	if err != nil {
		return err
	}
	shown.Account, shown.Logins, shown.Elsewhere = account, logins, s.oidc.name()
	return s.page(w, r, status, func(p views.Page) component { return views.AccountPage(p, shown) })
}

// accountDone goes back to the account, which tells that it was done.
func (s *server) accountDone(w http.ResponseWriter, r *http.Request, what string) error {
	http.Redirect(w, r, "/account?done="+what, http.StatusSeeOther)
	return nil
}

func (s *server) changeName(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	typed := r.PostFormValue("name")
	if _, err := s.house.ChangeName(r.Context(), s.identity(r), typed); err != nil {
		return s.accountRefused(w, r, err, views.Account{Form: "name", Name: typed})
	}
	return s.accountDone(w, r, "name")
}

func (s *server) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	as, err := s.house.ChangePassword(r.Context(), s.identity(r), r.PostFormValue("old"), r.PostFormValue("password"))
	if err != nil {
		return s.accountRefused(w, r, err, views.Account{Form: "password"})
	}
	if err := s.begin(w, r, as); err != nil {
		return err
	}
	return s.accountDone(w, r, "password")
}

func (s *server) changePreferences(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	lang, zone := r.PostFormValue("lang"), r.PostFormValue("zone")
	if lang != "" {
		lang = views.MatchLanguage(lang, "")
	}
	if err := s.house.ChangePreferences(r.Context(), s.identity(r), lang, zone); err != nil {
		return s.accountRefused(w, r, err, views.Account{Form: "preferences", Lang: lang, Zone: zone})
	}
	if lang != "" {
		s.keepLanguage(w, lang)
	}
	return s.accountDone(w, r, "preferences")
}

// endSessions ends one session, or all but this one.
func (s *server) endSessions(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	by := s.identity(r)
	var err error
	if session := r.PostFormValue("session"); session == "" {
		err = s.house.EndOtherSessions(r.Context(), by)
	} else {
		err = s.house.EndSession(r.Context(), by, session)
		if session == by.Session && err == nil {
			return s.signOut(w, r)
		}
	}
	if err != nil {
		return s.accountRefused(w, r, err, views.Account{})
	}
	return s.accountDone(w, r, "sessions")
}

// accountRefused shows the account again with what was typed. Whoever was signed
// out meanwhile is told on a page of its own.
func (s *server) accountRefused(w http.ResponseWriter, r *http.Request, err error, shown views.Account) error {
	if parlour.KindOf(err) == parlour.SignedOut {
		return err
	}
	shown.Err = err
	return s.accountPage(w, r, s.refusal(w, r, err), shown)
}
