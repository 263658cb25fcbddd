package handlers

import (
	"net/http"

	"parlour"
	"parlour/views"
)

func (s *server) signUpForm(w http.ResponseWriter, r *http.Request) error {
	by, invite := s.identity(r), r.URL.Query().Get("invite")
	if by.Kind == parlour.Member {
		http.Redirect(w, r, "/account", http.StatusSeeOther)
		return nil
	}
	form := views.SignUp{Name: by.Name, Invite: invite, Next: localPath(r.URL.Query().Get("next"))}
	status := http.StatusOK
	if err := s.house.MaySignUp(r.Context(), by, invite); err != nil {
		form.Err, form.Shut, status = err, true, s.refusal(w, r, err)
	}
	return s.signUpPage(w, r, status, form)
}

func (s *server) signUpPage(w http.ResponseWriter, r *http.Request, status int, form views.SignUp) error {
	form.Elsewhere = s.oidc.name()
	return s.page(w, r, status, func(p views.Page) component { return views.SignUpPage(p, form) })
}

// signUpOf is a form as it was typed.
func (s *server) signUpOf(r *http.Request) parlour.SignUp {
	return parlour.SignUp{
		Email: r.PostFormValue("email"), Password: r.PostFormValue("password"), Name: r.PostFormValue("name"),
		Invite: r.PostFormValue("invite"), Lang: s.lang(r),
	}
}

func (s *server) signUp(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	typed := s.signUpOf(r)
	form := views.SignUp{
		Email: typed.Email, Name: typed.Name, Invite: typed.Invite, Next: localPath(r.PostFormValue("next")),
	}
	as, confirmed, err := s.house.SignUp(r.Context(), s.identity(r), typed)
	if err != nil {
		form.Err = err
		return s.signUpPage(w, r, s.refusal(w, r, err), form)
	}
	if !confirmed {
		return s.page(w, r, http.StatusOK, func(p views.Page) component { return views.MailSent(p, typed.Email) })
	}
	if err := s.begin(w, r, as); err != nil {
		return err
	}
	http.Redirect(w, r, form.Next, http.StatusSeeOther)
	return nil
}

// confirmForm is where the letter of a sign-up leads. Nothing happens yet:
// programs that look at mail follow the links in it.
func (s *server) confirmForm(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	name, err := s.house.PendingSignUp(r.Context(), token)
	if err != nil {
		return err
	}
	return s.confirmPage(w, r, http.StatusOK, views.Confirm{Token: token, Name: name})
}

func (s *server) confirmPage(w http.ResponseWriter, r *http.Request, status int, form views.Confirm) error {
	return s.page(w, r, status, func(p views.Page) component { return views.ConfirmPage(p, form) })
}

func (s *server) confirm(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	form := views.Confirm{Token: r.PostFormValue("token"), Name: r.PostFormValue("name")}
	as, err := s.house.ConfirmSignUp(r.Context(), s.identity(r), form.Token, r.PostFormValue("password"), form.Name)
	if err != nil {
		form.Err = err
		return s.confirmPage(w, r, s.refusal(w, r, err), form)
	}
	if err := s.begin(w, r, as); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
