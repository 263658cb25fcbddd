package handlers

import (
	"net/http"

	"parlour"
	"parlour/views"
)

func (s *server) forgotForm(w http.ResponseWriter, r *http.Request) error {
	form := views.Forgot{}
	if !s.house.CanSendMail() {
		form.Err, form.Shut = parlour.ErrNoMail, true
	}
	return s.forgotPage(w, r, http.StatusOK, form)
}

func (s *server) forgotPage(w http.ResponseWriter, r *http.Request, status int, form views.Forgot) error {
	return s.page(w, r, status, func(p views.Page) component { return views.ForgotPage(p, form) })
}

func (s *server) forgot(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	email := r.PostFormValue("email")
	if err := s.house.ForgetPassword(r.Context(), s.identity(r), email, s.lang(r)); err != nil {
		form := views.Forgot{Email: email, Err: err, Shut: !s.house.CanSendMail()}
		return s.forgotPage(w, r, s.refusal(w, r, err), form)
	}
	return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.MailSent(p, email) })
}

// resetForm is where a reset link leads. Nothing happens yet: programs that look
// at mail follow the links in it.
func (s *server) resetForm(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if err := s.house.MayReset(r.Context(), token); err != nil {
		return err
	}
	return s.resetPage(w, r, http.StatusOK, views.Reset{Token: token})
}

func (s *server) resetPage(w http.ResponseWriter, r *http.Request, status int, form views.Reset) error {
	return s.page(w, r, status, func(p views.Page) component { return views.ResetPage(p, form) })
}

func (s *server) reset(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	token := r.PostFormValue("token")
	as, err := s.house.ResetPassword(r.Context(), s.identity(r), token, r.PostFormValue("password"))
	if err != nil {
		return s.resetPage(w, r, s.refusal(w, r, err), views.Reset{Token: token, Err: err})
	}
	if err := s.begin(w, r, as); err != nil {
		return err
	}
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}
