package handlers

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parlour"
	"parlour/views"
)

// OIDC is an OpenID Connect provider by which people may sign in.
type OIDC struct {
	Issuer, ClientID, ClientSecret string
	// Name is what people call the provider.
	Name string
	// Client makes the requests to the provider; default: one with a time limit.
	Client *http.Client
}

// oidcProvider is the provider once it has told about itself. That is asked
// when the first person wants to sign in, and again until it is answered: the
// house opens whether or not the provider is up. A nil *oidcProvider is none.
type oidcProvider struct {
	OIDC
	callback string

	mu       sync.Mutex // guards the two below
	config   *oauth2.Config
	verifier *oidc.IDTokenVerifier
}

const oidcWait = 10 * time.Second

func newOIDCProvider(o *OIDC, public *url.URL) *oidcProvider {
	if o == nil {
		return nil
	}
	p := &oidcProvider{OIDC: *o}
	if public != nil {
		p.callback = public.JoinPath("/login/oidc/callback").String()
	}
	if p.Client == nil {
		p.Client = &http.Client{Timeout: oidcWait}
	}
	if p.Name == "" {
		p.Name = "OpenID"
	}
	return p
}

func (p *oidcProvider) name() string {
	if p == nil {
		return ""
	}
	return p.Name
}

var errOIDCDown = parlour.Errorf(parlour.Unavailable, "oidc.unavailable", "the sign-in provider does not answer")

// discover asks the provider about itself, once.
func (p *oidcProvider) discover(ctx context.Context) (*oauth2.Config, *oidc.IDTokenVerifier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.config != nil {
		return p.config, p.verifier, nil
	}
	// The provider's keys are fetched later too, when this request is over.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.Client)
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errOIDCDown, err)
	}
	p.config = &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: p.callback,
		Endpoint: found.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}
	p.verifier = found.Verifier(&oidc.Config{ClientID: p.ClientID})
	return p.config, p.verifier, nil
}

// What a session holds while somebody is at the provider.
const (
	sessionOIDCState    = "oidc_state"
	sessionOIDCNonce    = "oidc_nonce"
	sessionOIDCVerifier = "oidc_verifier"
	sessionOIDCNext     = "oidc_next"
	sessionOIDCConnect  = "oidc_connect" // a member wants to connect the account
)

// signInElsewhere sends somebody to the provider. State, nonce and verifier stay
// in the session, so that only the browser that left can come back.
func (s *server) signInElsewhere(w http.ResponseWriter, r *http.Request) error {
	if s.oidc == nil {
		return errNoPage
	}
	if s.identity(r).Kind == parlour.Member && s.sessions.GetString(r.Context(), sessionOIDCConnect) == "" {
		http.Redirect(w, r, "/account", http.StatusSeeOther)
		return nil
	}
	config, _, err := s.oidc.discover(r.Context())
	if err != nil {
		return err
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	for key, value := range map[string]string{
		sessionOIDCState: state, sessionOIDCNonce: nonce, sessionOIDCVerifier: verifier,
		sessionOIDCNext: localPath(r.URL.Query().Get("next")),
	} {
		s.sessions.Put(r.Context(), key, value)
	}
	if err := s.keep(w, r); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	address := config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

var errOIDCRefused = parlour.Errorf(parlour.Forbidden, "oidc.refused", "signing in there did not work, please try again")

// connect notes that the member wants to connect an account elsewhere; the link
// that the page has then leads there. Were the way there enough, another site
// could connect an account of its own to that of whoever visits it.
func (s *server) connect(w http.ResponseWriter, r *http.Request) error {
	if s.oidc == nil {
		return errNoPage
	}
	if s.identity(r).Kind != parlour.Member {
		return parlour.ErrMembersOnly
	}
	s.sessions.Put(r.Context(), sessionOIDCConnect, "yes")
	if err := s.keep(w, r); err != nil {
		return err
	}
	return s.accountDone(w, r, "connect")
}

// backFromElsewhere is where the provider sends people back to. Members who
// wanted to connect the account have it connected.
func (s *server) backFromElsewhere(w http.ResponseWriter, r *http.Request) error {
	if s.oidc == nil {
		return errNoPage
	}
	next := s.sessions.GetString(r.Context(), sessionOIDCNext)
	claims, err := s.claims(r)
	if err != nil {
		if parlour.KindOf(err) == parlour.Forbidden {
			s.log.Info("signing in elsewhere failed", "error", err)
		}
		return s.refuseElsewhere(w, r, next, err)
	}
	by := s.identity(r)
	if wanted := s.sessions.PopString(r.Context(), sessionOIDCConnect) != ""; by.Kind == parlour.Member {
		if !wanted {
			return s.refuseElsewhere(w, r, next, errOIDCRefused)
		}
		if err := s.house.Connect(r.Context(), by, claims); err != nil {
			return s.refuseElsewhere(w, r, next, err)
		}
		if err := s.keep(w, r); err != nil {
			return err
		}
		return s.accountDone(w, r, "connected")
	}
	as, err := s.house.SignInElsewhere(r.Context(), by, claims)
	if err != nil {
		return s.refuseElsewhere(w, r, next, err)
	}
	if err := s.begin(w, r, as); err != nil {
		return err
	}
	http.Redirect(w, r, localPath(next), http.StatusSeeOther)
	return nil
}

// refuseElsewhere tells that it did not work. Each answer counts once, also one
// that is refused: the session must not go on waiting for it.
func (s *server) refuseElsewhere(w http.ResponseWriter, r *http.Request, next string, refusal error) error {
	if err := s.keep(w, r); err != nil {
		return err
	}
	if s.identity(r).Kind == parlour.Member {
		return refusal
	}
	return s.signInPage(w, r, s.refusal(w, r, refusal), views.SignIn{Next: localPath(next), Err: refusal})
}

// claims is what the provider says of whoever came back: the answer's state, the
// token's signature, audience, age and nonce are checked, and the code is worth
// nothing without the verifier (RFC 7636). Each answer counts once.
func (s *server) claims(r *http.Request) (claims parlour.Claims, err error) {
	ctx, query := r.Context(), r.URL.Query()
	state := s.sessions.PopString(ctx, sessionOIDCState)
	nonce := s.sessions.PopString(ctx, sessionOIDCNonce)
	verifier := s.sessions.PopString(ctx, sessionOIDCVerifier)
	s.sessions.Remove(ctx, sessionOIDCNext)
	if state == "" || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state)) != 1 {
		return claims, errOIDCRefused
	}
	if problem := query.Get("error"); problem != "" {
		return claims, fmt.Errorf("%w: the provider says %.100q", errOIDCRefused, problem)
	}
	config, checker, err := s.oidc.discover(ctx)
	if err != nil {
		return claims, err
	}
	ctx = oidc.ClientContext(ctx, s.oidc.Client)
	answer, err := config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		if _, refused := errors.AsType[*oauth2.RetrieveError](err); refused {
			return claims, fmt.Errorf("%w: %w", errOIDCRefused, err)
		}
		return claims, fmt.Errorf("%w: %w", errOIDCDown, err)
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := checker.Verify(ctx, raw)
	if err != nil {
		return claims, fmt.Errorf("%w: %w", errOIDCRefused, err)
	}
	if nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		return claims, fmt.Errorf("%w: another nonce", errOIDCRefused)
	}
	var said struct {
		Email         string `json:"email"`
		EmailVerified bool   `json:"email_verified"`
		Name          string `json:"name"`
		Nickname      string `json:"preferred_username"`
	}
	if err := token.Claims(&said); err != nil {
		return claims, fmt.Errorf("%w: %w", errOIDCRefused, err)
	}
	if said.Name == "" {
		said.Name = said.Nickname
	}
	return parlour.Claims{
		Federation: parlour.Federation{Issuer: token.Issuer, Subject: token.Subject},
		Email:      said.Email, EmailVerified: said.EmailVerified, Name: said.Name,
	}, nil
}
