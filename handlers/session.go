package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"parlour"
)

// What a session holds: who it is, and nothing that could be out of date.
const (
	sessionKind = "kind"
	sessionID   = "id"
	sessionName = "name"
	sessionZone = "zone" // of a guest, where they chose one
)

func newSessions(store scs.Store, public *url.URL) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.Lifetime = sessionLifetime
	m.HashTokenInStore = true
	m.Codec = sessionCodec{}
	m.Cookie.Name = "parlour"
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = isHTTPS(public)
	return m
}

// isHTTPS tells whether people see the house by https, so that cookies must not
// go over anything else.
func isHTTPS(public *url.URL) bool { return public != nil && public.Scheme == "https" }

// acting marks contexts that hold a session, and has who acts in it. scs panics
// when asked of other contexts.
type acting struct{}

// identity is who acts. It is a visitor where no session was loaded, as on the
// pages that tell of a problem before sessions are looked at.
func (s *server) identity(r *http.Request) parlour.Identity {
	if by, ok := r.Context().Value(acting{}).(*parlour.Identity); ok {
		return *by
	}
	return parlour.Identity{Addr: s.addr(r)}
}

// remembered is who the session says acts, which may be out of date.
func (s *server) remembered(ctx context.Context, from netip.Addr) parlour.Identity {
	return parlour.Identity{
		Kind:    parlour.IdentityKind(s.sessions.GetString(ctx, sessionKind)),
		ID:      s.sessions.GetString(ctx, sessionID),
		Name:    s.sessions.GetString(ctx, sessionName),
		Zone:    s.sessions.GetString(ctx, sessionZone),
		Addr:    from,
		Session: s.sessionKey(s.sessions.Token(ctx)),
	}
}

// recognise is who acts in a session that was loaded into the context, and from
// where. Whoever was signed out elsewhere is a visitor.
func (s *server) recognise(ctx context.Context, from netip.Addr) (parlour.Identity, error) {
	by, err := s.house.Recognise(ctx, s.remembered(ctx, from))
	if errors.Is(err, parlour.ErrSignedOut) {
		return by, nil
	}
	return by, err
}

// loadSession gives the request its session, and finds out who acts. It never
// stores one: scs' own middleware does so at the first byte of an answer, when
// it is too late to tell of a store that fails. Who changes a session keeps it.
func (s *server) loadSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		ctx, err := s.sessions.Load(r.Context(), s.cookieToken(r))
		if err != nil {
			s.refuse(w, r, fmt.Errorf("reading the session: %w", err))
			return
		}
		by, err := s.recognise(ctx, s.addr(r))
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, acting{}, &by)))
	})
}

// cookieToken is what the browser's cookie says, or empty.
func (s *server) cookieToken(r *http.Request) string {
	cookie, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// keep stores the session if it was changed, and tells the browser. It must be
// called before the answer begins.
func (s *server) keep(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, ok := ctx.Value(acting{}).(*parlour.Identity); !ok {
		return nil
	}
	switch s.sessions.Status(ctx) {
	case scs.Modified:
		token, until, err := s.sessions.Commit(ctx)
		if err != nil {
			return fmt.Errorf("storing the session: %w", err)
		}
		s.sessions.WriteSessionCookie(ctx, w, token, until)
	case scs.Destroyed:
		s.sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	}
	return nil
}

// remember makes a guest the session's. Members are known by their login.
func (s *server) remember(w http.ResponseWriter, r *http.Request, by parlour.Identity) error {
	if by.Kind == parlour.Member {
		return nil
	}
	ctx := r.Context()
	// Another identity, another token: nobody may know it beforehand.
	if s.remembered(ctx, by.Addr).ID != by.ID && s.sessions.Token(ctx) != "" {
		if err := s.sessions.RenewToken(ctx); err != nil {
			return fmt.Errorf("renewing the session: %w", err)
		}
	}
	s.sessions.Put(ctx, sessionKind, string(by.Kind))
	s.sessions.Put(ctx, sessionID, by.ID)
	s.sessions.Put(ctx, sessionName, by.Name)
	if by.Zone != "" {
		s.sessions.Put(ctx, sessionZone, by.Zone)
	} else {
		s.sessions.Remove(ctx, sessionZone)
	}
	return s.keep(w, r)
}

// begin signs a member in. The session gets another token, so that one which
// somebody knew before is worth nothing.
func (s *server) begin(w http.ResponseWriter, r *http.Request, as parlour.Identity) error {
	ctx, was := r.Context(), s.identity(r)
	was.Session = s.sessionKey(s.sessions.Token(ctx))
	if err := s.house.TakeDraftsAlong(ctx, was, as); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("renewing the session: %w", err)
	}
	s.sessions.Put(ctx, sessionKind, string(parlour.Member))
	s.sessions.Put(ctx, sessionID, as.ID)
	s.sessions.Remove(ctx, sessionName)
	s.sessions.Remove(ctx, sessionZone)
	as.Addr, as.Session = was.Addr, s.sessionKey(s.sessions.Token(ctx))
	if err := s.house.BeginSession(ctx, was, as, r.UserAgent()); err != nil {
		return err
	}
	if as.Lang != "" {
		s.keepLanguage(w, as.Lang)
	}
	if acting, ok := ctx.Value(acting{}).(*parlour.Identity); ok {
		*acting = as
	}
	return s.keep(w, r)
}

// sessionCodec keeps sessions as JSON: scs' own way, gob, describes its types in
// every session and costs ten times as much to read.
type sessionCodec struct{}

// storedSession is a session in the store.
type storedSession struct {
	Until  int64          `json:"until"` // Unix milliseconds
	Values map[string]any `json:"values"`
}

// Encode implements scs.Codec for values that are strings.
func (sessionCodec) Encode(until time.Time, values map[string]any) ([]byte, error) {
	for key, value := range values {
		if _, ok := value.(string); !ok {
			return nil, fmt.Errorf("session: %s is a %T and no string", key, value)
		}
	}
	return json.Marshal(storedSession{Until: until.UnixMilli(), Values: values})
}

// Decode implements scs.Codec.
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var stored storedSession
	if err := json.Unmarshal(b, &stored); err != nil {
		return time.Time{}, nil, fmt.Errorf("session: %w", err)
	}
	if stored.Values == nil {
		stored.Values = make(map[string]any)
	}
	return time.UnixMilli(stored.Until).UTC(), stored.Values, nil
}

// streamSession is the session of a stream, read once and never written: a
// stream lives on while others change the session, and must not store its old
// copy over theirs.
type streamSession struct {
	by    parlour.Identity
	until time.Time
}

func (s *server) streamSession(r *http.Request) (streamSession, error) {
	ctx, err := s.sessions.Load(r.Context(), s.cookieToken(r))
	if err != nil {
		return streamSession{}, fmt.Errorf("reading the session: %w", err)
	}
	by, err := s.recognise(ctx, s.addr(r))
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
