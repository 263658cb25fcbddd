// Package handlers is the house over HTTP: routes, sessions, forms and streams,
// and the one place where a domain error becomes a status. It decides nothing
// about who may do what, and it builds no HTML.
package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"

	"parlour"
	"parlour/events"
)

// Options are what the handlers are made of. House, Hub, Renderer and Sessions
// are needed.
type Options struct {
	House    *parlour.House
	Hub      *events.Hub
	Renderer *Renderer
	Sessions scs.Store
	// Ready tells whether the house can serve, for load balancers; nil is yes.
	Ready func(ctx context.Context) error
	// Stopping tells whether the server is about to stop and wants no more
	// requests; nil is never.
	Stopping func() bool
	// PublicURL is the address that people see; https makes cookies Secure.
	PublicURL *url.URL
	// TrustedProxies are the networks whose X-Forwarded-For, or Forwarded where that
	// is missing, is believed.
	TrustedProxies []netip.Prefix
	// FormKey signs the tokens of forms; nil is a key that ends with the process.
	FormKey []byte
	// OIDC is where people may sign in besides; nil is nowhere.
	OIDC *OIDC
	Log  *slog.Logger // default: slog.Default()
}

type server struct {
	house     *parlour.House
	hub       *events.Hub
	renderer  *Renderer
	sessions  *scs.SessionManager
	histories *histories
	tokens    *formTokens
	languages *languages
	ready     func(ctx context.Context) error
	stopping  func() bool
	unready   atomic.Bool   // as /readyz told last
	public    *url.URL      // nil: not known
	proxied   bool          // by proxies that are trusted
	oidc      *oidcProvider // nil: none
	log       *slog.Logger
}

// sessionLifetime is how long a browser is remembered. There is no shorter idle
// time: renewing it would cost a write for each request.
const sessionLifetime = 30 * 24 * time.Hour

// New is the whole house as one http.Handler.
func New(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Stopping == nil {
		o.Stopping = func() bool { return false }
	}
	s := &server{
		house: o.House, hub: o.Hub, renderer: o.Renderer,
		sessions: newSessions(o.Sessions, o.PublicURL), histories: newHistories(), languages: newLanguages(),
		tokens: newFormTokens(o.FormKey, o.House.UseOnce), ready: o.Ready, stopping: o.Stopping,
		public: o.PublicURL, proxied: len(o.TrustedProxies) > 0,
		oidc: newOIDCProvider(o.OIDC, o.PublicURL), log: o.Log,
	}
	return &lasting{s.routes(o.PublicURL, o.TrustedProxies), s}
}
