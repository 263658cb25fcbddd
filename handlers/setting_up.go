package handlers

import (
	"net/http"

	"parlour/views"
)

// setUpForm is where the link leads by which an admin signs up.
func (s *server) setUpForm(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	email, err := s.house.MaySetUp(r.Context(), token)
	if err != nil {
		return err
	}
	form := views.SetUp{Token: token, Email: email, Fixed: email != "", Name: s.identity(r).Name}
	return s.setUpPage(w, r, http.StatusOK, form)
}

func (s *server) setUpPage(w http.ResponseWriter, r *http.Request, status int, form views.SetUp) error {
	return s.page(w, r, status, func(p views.Page) component { return views.SetUpPage(p, form) })
}

func (s *server) setUp(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	typed, token := s.signUpOf(r), r.PostFormValue("token")
	as, err := s.house.SetUp(r.Context(), s.identity(r), token, typed)
	if err != nil {
		email, _ := s.house.MaySetUp(r.Context(), token)
		form := views.SetUp{Token: token, Email: typed.Email, Name: typed.Name, Fixed: email != "", Err: err}
		return s.setUpPage(w, r, s.refusal(w, r, err), form)
	}
	if err := s.begin(w, r, as); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
