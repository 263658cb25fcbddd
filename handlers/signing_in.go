package handlers

import (
	"net/http"

	"parlour"
	"parlour/views"
)

func (s *server) signInForm(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.URL.Query().Get("next"))
	if s.identity(r).Kind == parlour.Member {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return s.signInPage(w, r, http.StatusOK, views.SignIn{Next: next})
}

func (s *server) signInPage(w http.ResponseWriter, r *http.Request, status int, form views.SignIn) error {
	form.Elsewhere = s.oidc.name()
	return s.page(w, r, status, func(p views.Page) component { return views.SignInPage(p, form) })
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	form := views.SignIn{Email: r.PostFormValue("email"), Next: localPath(r.PostFormValue("next"))}
	as, err := s.house.SignIn(r.Context(), s.identity(r), form.Email, r.PostFormValue("password"))
	if err == nil {
		err = s.begin(w, r, as)
	}
	if err != nil {
		form.Err = err
		return s.signInPage(w, r, s.refusal(w, r, err), form)
	}
	http.Redirect(w, r, form.Next, http.StatusSeeOther)
	return nil
}

// signOut ends the session, whoever acts in it. The next one begins with a token
// of its own.
func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.house.SignOut(r.Context(), s.identity(r)); err != nil {
		return err
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	if err := s.keep(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
