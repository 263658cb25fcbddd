package handlers

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
)

// contentSecurityPolicy lets a page load our own files and run the one script
// that carries the nonce, and nothing else. Trusted Types leave the making of
// HTML to htmx, whose extension refuses whatever lacks the nonce.
func contentSecurityPolicy(nonce, ancestors string) string {
	return "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
		"base-uri 'none'; frame-src 'self'; frame-ancestors " + ancestors + "; script-src 'nonce-" + nonce + "'; " +
		"require-trusted-types-for 'script'; trusted-types htmx"
}

// scriptlessPolicy is that of the pages that need no script at all. The base
// element of the never-ending page is our own.
const scriptlessPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
	"base-uri 'self'; frame-ancestors 'self'; script-src 'none'"

// frameAncestors tells who may frame the answer: a room's own page frames its
// stream and its composer for browsers without JavaScript.
func frameAncestors(r *http.Request) string {
	if strings.HasSuffix(r.URL.Path, "/compose") || strings.HasSuffix(r.URL.Path, "/live") {
		return "'self'"
	}
	return "'none'"
}

// What every answer says. The values are shared by all of them: they may be
// replaced, as Set does, and never written to.
var (
	noSniffing  = []string{"nosniff"}
	noReferrer  = []string{"same-origin"}
	emptyPolicy = []string{"default-src 'none'; frame-ancestors 'none'"}
)

func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = noSniffing
		h["Referrer-Policy"] = noReferrer
		h["Content-Security-Policy"] = emptyPolicy
		next.ServeHTTP(w, r)
	})
}

// refuseCrossOrigin refuses forms that other sites send with our cookies. The
// address that people see is our own even when a proxy hides it from us.
func (s *server) refuseCrossOrigin(public *url.URL) func(http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if public != nil {
		if err := protection.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			s.log.Warn("forms from the public address may be refused", "error", err)
		}
	}
	protection.SetDenyHandler(s.handle(func(http.ResponseWriter, *http.Request) error { return errCrossOrigin }))
	return protection.Handler
}

// believeProxies finds out where requests come from that went through proxies.
// What these say is believed only of those that are trusted.
func believeProxies(trusted []netip.Prefix) func(http.Handler) http.Handler {
	networks := make([]string, len(trusted))
	for i, network := range trusted {
		networks[i] = network.String()
	}
	fromXFF := middleware.ClientIPFromXFF(networks...)
	return func(next http.Handler) http.Handler { return readForwarded(fromXFF(next)) }
}

// addr is where a request comes from; it is invalid when nobody knows. Without
// proxies that is the other end of the connection, and to keep it in a context
// as chi does would cost more than to read it.
func (s *server) addr(r *http.Request) netip.Addr {
	if s.proxied {
		return middleware.GetClientIPAddr(r.Context())
	}
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http writes it
	return from.Addr().Unmap()
}
