package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5/middleware"

	"parlour"
)

// What a session holds: who it is, and nothing that could be out of date.
const (
	sessionKind = "kind"
	sessionID   = "id"
	sessionName = "name"
)

func newSessions(store scs.Store, public *url.URL) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.Lifetime = sessionLifetime
	m.HashTokenInStore = true
	m.Cookie.Name = "parlour"
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = public != nil && public.Scheme == "https"
	return m
}

// identity is who acts. It is a visitor where no session was loaded, as on the
// pages that tell of a problem before sessions are looked at.
func (s *server) identity(r *http.Request) parlour.Identity {
	return s.identityIn(r.Context())
}

func (s *server) identityIn(ctx context.Context) (by parlour.Identity) {
	by.Addr = middleware.GetClientIPAddr(ctx)
	if !s.hasSession(ctx) {
		return by
	}
	by.Session = s.sessionKey(s.sessions.Token(ctx))
	by.Kind = parlour.IdentityKind(s.sessions.GetString(ctx, sessionKind))
	by.ID = s.sessions.GetString(ctx, sessionID)
	by.Name = s.sessions.GetString(ctx, sessionName)
	return by
}

// loaded marks contexts that hold a session; scs panics when asked of others.
type loaded struct{}

func (s *server) hasSession(ctx context.Context) bool { return ctx.Value(loaded{}) != nil }

// loadSession is scs' middleware, with the mark.
func (s *server) loadSession(next http.Handler) http.Handler {
	return s.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), loaded{}, true)))
	}))
}

// remember makes the identity the session's.
func (s *server) remember(ctx context.Context, by parlour.Identity) error {
	if s.identityIn(ctx).ID != by.ID { // another identity, another token
		if err := s.sessions.RenewToken(ctx); err != nil {
			return err
		}
	}
	s.sessions.Put(ctx, sessionKind, string(by.Kind))
	s.sessions.Put(ctx, sessionID, by.ID)
	s.sessions.Put(ctx, sessionName, by.Name)
	return nil
}

// streamSession is the session of a stream, read once and never written: a
// stream lives on while others change the session, and must not store its old
// copy over theirs.
type streamSession struct {
	by    parlour.Identity
	until time.Time
}

func (s *server) streamSession(r *http.Request) (streamSession, error) {
	token := ""
	if cookie, err := r.Cookie(s.sessions.Cookie.Name); err == nil {
		token = cookie.Value
	} else if !errors.Is(err, http.ErrNoCookie) {
		return streamSession{}, err
	}
	ctx, err := s.sessions.Load(r.Context(), token)
	if err != nil {
		return streamSession{}, err
	}
	return streamSession{
		by:    s.identityIn(context.WithValue(ctx, loaded{}, true)),
		until: s.sessions.Deadline(ctx),
	}, nil
}

// sessionKey names a session without telling its token: it is what the token is
// in the store (see HashTokenInStore).
func (s *server) sessionKey(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
