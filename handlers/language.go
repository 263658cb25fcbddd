package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"parlour"
	"parlour/events"
	"parlour/views"
)

const languageCookie = "parlour_lang"

// chooseLanguage keeps the language that a link with ?lang= chooses, and goes
// on to the same page without it.
func (s *server) chooseLanguage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.RawQuery, "lang=") || r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		query := r.URL.Query()
		chosen := query.Get("lang")
		if chosen == "" {
			next.ServeHTTP(w, r)
			return
		}
		s.keepLanguage(w, views.MatchLanguage(chosen, ""))
		query.Del("lang")
		// A path of two slashes would be another host.
		path := "/" + strings.TrimLeft(r.URL.Path, `/\`)
		http.Redirect(w, r, (&url.URL{Path: path, RawQuery: query.Encode()}).String(), http.StatusSeeOther)
	})
}

func (s *server) keepLanguage(w http.ResponseWriter, lang string) {
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: lang, Path: "/",
		MaxAge: int((365 * 24 * time.Hour).Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: s.sessions.Cookie.Secure,
	})
}

// locale is the language and zone in which the request is answered.
func (s *server) locale(r *http.Request) views.Locale {
	return s.renderer.locale(s.lang(r), s.identity(r).Zone)
}

func (s *server) lang(r *http.Request) string {
	chosen := ""
	if hasCookie(r, languageCookie) { // few have chosen, and to read cookies asks for memory
		if cookie, err := r.Cookie(languageCookie); err == nil {
			chosen = cookie.Value
		}
	}
	return s.languages.match(chosen, r.Header.Get("Accept-Language"))
}

// hasCookie tells whether a cookie's name is anywhere in what the browser sends.
func hasCookie(r *http.Request, name string) bool {
	return slices.ContainsFunc(r.Header["Cookie"], func(sent string) bool { return strings.Contains(sent, name) })
}

// languages remember which language suits which browsers: to find out takes
// longer than a message, and there are few different answers.
type languages struct {
	known *lru.Cache[[2]string, string]
}

const (
	languagesKept     = 1024
	longestRemembered = 256 // bytes; browsers send less
)

func newLanguages() *languages {
	cache, err := lru.New[[2]string, string](languagesKept)
	if err != nil {
		panic(err) // the size above is positive
	}
	return &languages{known: cache}
}

func (l *languages) match(chosen, accepted string) string {
	if len(chosen)+len(accepted) > longestRemembered {
		return views.MatchLanguage(chosen, accepted)
	}
	key := [2]string{chosen, accepted}
	lang, ok := l.known.Get(key)
	if !ok {
		lang = views.MatchLanguage(chosen, accepted)
		l.known.Add(key, lang)
	}
	return lang
}

// feed is what a stream of somebody is sent.
func (s *server) feed(r *http.Request, by parlour.Identity, format events.Format) events.Feed {
	return events.Feed{Format: format, Lang: s.lang(r), Zone: s.renderer.zoneName(by.Zone)}
}
