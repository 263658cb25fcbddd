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

// acting marks contexts that hold a session, and has who acts in it. scs panics
// when asked of other contexts.
type acting struct{}

// identity is who acts. It is a visitor where no session was loaded, as on the
// pages that tell of a problem before sessions are looked at.
func (s *server) identity(r *http.Request) parlour.Identity {
	if by, ok := r.Context().Value(acting{}).(*parlour.Identity); ok {
		return *by
	}
	return parlour.Identity{Addr: middleware.GetClientIPAddr(r.Context())}
}

// remembered is who the session says acts, which may be out of date.
func (s *server) remembered(ctx context.Context) parlour.Identity {
	return parlour.Identity{
		Kind:    parlour.IdentityKind(s.sessions.GetString(ctx, sessionKind)),
		ID:      s.sessions.GetString(ctx, sessionID),
		Name:    s.sessions.GetString(ctx, sessionName),
		Addr:    middleware.GetClientIPAddr(ctx),
		Session: s.sessionKey(s.sessions.Token(ctx)),
	}
}

// recognise is who acts in a session that was loaded into the context. Whoever
// was signed out elsewhere is a visitor.
func (s *server) recognise(ctx context.Context) (parlour.Identity, error) {
	by, err := s.house.Recognise(ctx, s.remembered(ctx))
	if errors.Is(err, parlour.ErrSignedOut) {
		return by, nil
	}
	return by, err
}

// loadSession is scs' middleware, and finds out who acts.
func (s *server) loadSession(next http.Handler) http.Handler {
	return s.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := s.recognise(r.Context())
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), acting{}, &by)))
	}))
}

// remember makes a guest the session's. Members are known by their login.
func (s *server) remember(ctx context.Context, by parlour.Identity) error {
	if by.Kind == parlour.Member {
		return nil
	}
	if s.remembered(ctx).ID != by.ID { // another identity, another token
		if err := s.sessions.RenewToken(ctx); err != nil {
			return err
		}
	}
	s.sessions.Put(ctx, sessionKind, string(by.Kind))
	s.sessions.Put(ctx, sessionID, by.ID)
	s.sessions.Put(ctx, sessionName, by.Name)
	return nil
}

// begin signs a member in. The session gets another token, so that one which
// somebody knew before is worth nothing.
func (s *server) begin(w http.ResponseWriter, r *http.Request, as parlour.Identity) error {
	ctx, was := r.Context(), s.identity(r)
	was.Session = s.sessionKey(s.sessions.Token(ctx))
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionKind, string(parlour.Member))
	s.sessions.Put(ctx, sessionID, as.ID)
	s.sessions.Remove(ctx, sessionName)
	as.Addr, as.Session = was.Addr, s.sessionKey(s.sessions.Token(ctx))
	if err := s.house.BeginSession(ctx, was, as, r.UserAgent()); err != nil {
		return err
	}
	if as.Lang != "" {
		keepLanguage(w, as.Lang)
	}
	if acting, ok := ctx.Value(acting{}).(*parlour.Identity); ok {
		*acting = as
	}
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
	by, err := s.recognise(ctx)
	return streamSession{by: by, until: s.sessions.Deadline(ctx)}, err
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
