package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
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
	m.Codec = sessionCodec{}
	m.Cookie.Name = "parlour"
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = isHTTPS(public)
	return m
}

// isHTTPS tells whether people see the house by https, so that cookies must not
// go over anything else.
func isHTTPS(public *url.URL) bool { return public != nil && public.Scheme == "https" }

// identityKey is where loadSession puts who acts.
type identityKey struct{}

// identity is who acts. It is a visitor where no session was loaded, as on the
// pages that tell of a problem before sessions are looked at.
func (s *server) identity(r *http.Request) parlour.Identity {
	if by, ok := r.Context().Value(identityKey{}).(parlour.Identity); ok {
		return by
	}
	return parlour.Identity{Addr: middleware.GetClientIPAddr(r.Context())}
}

// identityIn is whose session a context holds; scs panics when it holds none.
func (s *server) identityIn(ctx context.Context) parlour.Identity {
	return parlour.Identity{
		Kind: parlour.IdentityKind(s.sessions.GetString(ctx, sessionKind)),
		ID:   s.sessions.GetString(ctx, sessionID),
		Name: s.sessions.GetString(ctx, sessionName),
		Addr: middleware.GetClientIPAddr(ctx),
	}
}

// loadSession gives the request its session. It never stores one: scs' own
// middleware does so at the first byte of an answer, when it is too late to tell
// of a store that fails. Who changes a session stores it, as remember does.
func (s *server) loadSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		ctx, err := s.sessions.Load(r.Context(), s.token(r))
		if err != nil {
			s.refuse(w, r, fmt.Errorf("reading the session: %w", err))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, identityKey{}, s.identityIn(ctx))))
	})
}

// token is what the browser's cookie says, or empty.
func (s *server) token(r *http.Request) string {
	cookie, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// remember makes the identity the session's, in the store and in the browser.
func (s *server) remember(w http.ResponseWriter, r *http.Request, by parlour.Identity) error {
	ctx := r.Context()
	// Another identity, another token: nobody may know it beforehand.
	if s.identity(r).ID != by.ID && s.sessions.Token(ctx) != "" {
		if err := s.sessions.RenewToken(ctx); err != nil {
			return fmt.Errorf("renewing the session: %w", err)
		}
	}
	s.sessions.Put(ctx, sessionKind, string(by.Kind))
	s.sessions.Put(ctx, sessionID, by.ID)
	s.sessions.Put(ctx, sessionName, by.Name)
	token, until, err := s.sessions.Commit(ctx)
	if err != nil {
		return fmt.Errorf("storing the session: %w", err)
	}
	s.sessions.WriteSessionCookie(ctx, w, token, until)
	return nil
}

// sessionCodec keeps sessions as JSON: scs' own way, gob, describes its types in
// every session and costs ten times as much to read.
type sessionCodec struct{}

// storedSession is a session in the store.
type storedSession struct {
	Until  int64             `json:"until"` // Unix milliseconds
	Values map[string]string `json:"values"`
}

// Encode implements scs.Codec for values that are strings.
func (sessionCodec) Encode(until time.Time, values map[string]any) ([]byte, error) {
	stored := storedSession{Until: until.UnixMilli(), Values: make(map[string]string, len(values))}
	for key, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("session: %s is a %T and no string", key, value)
		}
		stored.Values[key] = text
	}
	return json.Marshal(stored)
}

// Decode implements scs.Codec.
func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var stored storedSession
	if err := json.Unmarshal(b, &stored); err != nil {
		return time.Time{}, nil, fmt.Errorf("session: %w", err)
	}
	values := make(map[string]any, len(stored.Values))
	for key, text := range stored.Values {
		values[key] = text
	}
	return time.UnixMilli(stored.Until).UTC(), values, nil
}

// streamSession is the session of a stream, read once and never written: a
// stream lives on while others change the session, and must not store its old
// copy over theirs.
type streamSession struct {
	by    parlour.Identity
	key   string // names the session without telling its token
	until time.Time
}

func (s *server) streamSession(r *http.Request) (streamSession, error) {
	token := s.token(r)
	ctx, err := s.sessions.Load(r.Context(), token)
	if err != nil {
		return streamSession{}, fmt.Errorf("reading the session: %w", err)
	}
	sum := sha256.Sum256([]byte(token))
	return streamSession{
		by:    s.identityIn(ctx),
		key:   base64.RawURLEncoding.EncodeToString(sum[:]),
		until: s.sessions.Deadline(ctx),
	}, nil
}
