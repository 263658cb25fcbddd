// Command provider is an OpenID Connect provider for tests: fosite, the library
// that Ory Hydra is made of, with the least around it that makes a server. It is
// a module of its own, so that nothing of it gets into the house.
//
// It serves on a free port of this machine, prints its issuer, and ends with its
// standard input. Whoever comes is signed in already, as the person that was
// last posted to /person.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/storage"
	"github.com/ory/fosite/token/jwt"
	"golang.org/x/crypto/bcrypt"
)

// person is who is signed in at the provider.
type person struct {
	Subject       string `json:"sub"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	Name          string `json:"name"`
}

type provider struct {
	fosite.OAuth2Provider
	issuer string
	key    *jose.JSONWebKey

	mu  sync.Mutex // guards who
	who person
}

const keyID = "1"

func main() {
	client := flag.String("client", "parlour", "the client's id")
	secret := flag.String("secret", "", "the client's secret")
	redirect := flag.String("redirect", "", "where the client is led back to")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	p, err := newProvider("http://"+listener.Addr().String(), *client, *secret, *redirect)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.issuer)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /person", p.signIn)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	log.Fatal(server.Serve(listener))
}

func newProvider(issuer, client, secret, redirect string) (*provider, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
	if err != nil {
		return nil, err
	}
	store := storage.NewMemoryStore()
	store.Clients[client] = &fosite.DefaultClient{
		ID: client, Secret: hash, RedirectURIs: []string{redirect},
		ResponseTypes: []string{"code"}, GrantTypes: []string{"authorization_code"},
		Scopes: []string{"openid", "email", "profile"},
	}
	config := &fosite.Config{
		GlobalSecret: []byte(rand.Text() + rand.Text()), IDTokenIssuer: issuer, EnforcePKCE: true,
		SendDebugMessagesToClients: true,
	}
	signing := &jose.JSONWebKey{Key: key, KeyID: keyID, Algorithm: "RS256", Use: "sig"}
	private := func(context.Context) (any, error) { return signing, nil }
	return &provider{
		issuer: issuer, key: signing,
		OAuth2Provider: compose.Compose(config, store,
			&compose.CommonStrategy{
				CoreStrategy:               compose.NewOAuth2HMACStrategy(config),
				OpenIDConnectTokenStrategy: compose.NewOpenIDConnectStrategy(private, config),
				Signer:                     &jwt.DefaultSigner{GetPrivateKey: private},
			},
			compose.OAuth2AuthorizeExplicitFactory, compose.OpenIDConnectExplicitFactory, compose.OAuth2PKCEFactory,
		),
	}, nil
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"issuer": p.issuer, "authorization_endpoint": p.issuer + "/authorize",
		"token_endpoint": p.issuer + "/token", "jwks_uri": p.issuer + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.key.Public()}})
}

func answer(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(content)
}

// signIn says who comes next.
func (p *provider) signIn(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who = person{}
	if err := json.NewDecoder(r.Body).Decode(&p.who); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	request, err := p.NewAuthorizeRequest(ctx, r)
	if err != nil {
		p.WriteAuthorizeError(ctx, w, request, err)
		return
	}
	for _, scope := range request.GetRequestedScopes() {
		request.GrantScope(scope)
	}
	response, err := p.NewAuthorizeResponse(ctx, request, p.session())
	if err != nil {
		p.WriteAuthorizeError(ctx, w, request, err)
		return
	}
	p.WriteAuthorizeResponse(ctx, w, request, response)
}

func (p *provider) session() *openid.DefaultSession {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	return &openid.DefaultSession{
		Claims: &jwt.IDTokenClaims{
			Subject: p.who.Subject, RequestedAt: now, AuthTime: now,
			Extra: map[string]any{"email": p.who.Email, "email_verified": p.who.EmailVerified, "name": p.who.Name},
		},
		Headers: &jwt.Headers{Extra: map[string]any{"kid": keyID}},
		Subject: p.who.Subject,
	}
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	request, err := p.NewAccessRequest(ctx, r, openid.NewDefaultSession())
	if err != nil {
		p.WriteAccessError(ctx, w, request, err)
		return
	}
	response, err := p.NewAccessResponse(ctx, request)
	if err != nil {
		p.WriteAccessError(ctx, w, request, err)
		return
	}
	p.WriteAccessResponse(ctx, w, request, response)
}
