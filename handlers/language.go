package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"parlour/events"
	"parlour/views"
)

const languageCookie = "parlour_lang"

// chooseLanguage keeps the language that a link with ?lang= chooses, and goes
// on to the same page without it.
func (s *server) chooseLanguage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		chosen := query.Get("lang")
		if chosen == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: views.MatchLanguage(chosen, ""), Path: "/",
			MaxAge: int((365 * 24 * time.Hour).Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
			Secure: s.sessions.Cookie.Secure,
		})
		query.Del("lang")
		// A path of two slashes would be another host.
		path := "/" + strings.TrimLeft(r.URL.Path, `/\`)
		http.Redirect(w, r, (&url.URL{Path: path, RawQuery: query.Encode()}).String(), http.StatusSeeOther)
	})
}

// locale is the language and zone in which the request is answered.
func (s *server) locale(r *http.Request) views.Locale {
	return s.renderer.locale(s.lang(r))
}

func (s *server) lang(r *http.Request) string {
	chosen := ""
	if cookie, err := r.Cookie(languageCookie); err == nil {
		chosen = cookie.Value
	}
	return views.MatchLanguage(chosen, r.Header.Get("Accept-Language"))
}

func (s *server) feed(r *http.Request, format events.Format) events.Feed {
	return events.Feed{Format: format, Lang: s.lang(r)}
}
