package handlers_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parlour"
	"parlour/events"
	"parlour/handlers"
)

func withPublicURL(public *url.URL) func(*handlers.Options) {
	return func(o *handlers.Options) { o.PublicURL = public }
}

var (
	nonceIn   = regexp.MustCompile(`script-src 'nonce-([A-Za-z0-9+/_-]{16,})'`)
	nonceOf   = regexp.MustCompile(`\s(?:hx-)?nonce(?::inherited)?="([^"]*)"`)
	directive = regexp.MustCompile(`frame-ancestors ([^;]+)`)
)

// pages are all that come as HTML, with who may frame them.
func pages(s *site) map[string]struct {
	ask       func(v *visitor) answer
	ancestors string
	hasNonce  bool
} {
	refused := url.Values{"body": {""}, "name": {""}}
	type page = struct {
		ask       func(v *visitor) answer
		ancestors string
		hasNonce  bool
	}
	get := func(path string) func(*visitor) answer {
		return func(v *visitor) answer { return v.get(path) }
	}
	post := func(path string) func(*visitor) answer {
		return func(v *visitor) answer { return v.post(path, refused) }
	}
	return map[string]page{
		"lobby":                     {get("/"), "'none'", false},
		"door":                      {get("/rooms/lobby/join"), "'none'", false},
		"door, name refused":        {post("/rooms/lobby/join"), "'none'", false},
		"room":                      {get("/rooms/lobby"), "'none'", true},
		"room, message refused":     {post("/rooms/lobby/messages"), "'none'", true},
		"room, older":               {get("/rooms/lobby?before=40"), "'none'", false},
		"older":                     {get("/rooms/lobby/messages?before=70"), "'none'", true},
		"people":                    {get("/rooms/lobby/people"), "'none'", false},
		"composer":                  {get("/rooms/lobby/compose"), "'self'", false},
		"composer, message refused": {post("/rooms/lobby/compose"), "'self'", false},
		"no page":                   {get("/nothing"), "'none'", false},
		"no room":                   {get("/rooms/cellar"), "'none'", false},
		"no number":                 {get("/rooms/lobby?before=x"), "'none'", false},
	}
}

func TestEachPageHasAPolicyOfItsOwn(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	for range 80 {
		v.say("hello")
	}
	seen := make(map[string]bool)
	for name, page := range pages(s) {
		for range 2 {
			a := page.ask(v)
			policy := a.header.Get("Content-Security-Policy")
			nonce := nonceIn.FindStringSubmatch(policy)
			if nonce == nil || seen[nonce[1]] {
				t.Errorf("%s: no nonce of its own in %q", name, policy)
				continue
			}
			seen[nonce[1]] = true
			if len(a.header.Values("Content-Security-Policy")) != 1 || strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none';") {
				t.Errorf("%s has the policy %q", name, policy)
			}
			if m := directive.FindStringSubmatch(policy); m == nil || m[1] != page.ancestors {
				t.Errorf("%s may be framed by %q, want %s", name, m, page.ancestors)
			}
			used := nonceOf.FindAllStringSubmatch(a.body, -1)
			if (len(used) > 0) != page.hasNonce {
				t.Errorf("%s uses the nonce %d times", name, len(used))
			}
			for _, m := range used {
				if m[1] != nonce[1] {
					t.Errorf("%s has the nonce %q, its policy %q", name, m[1], nonce[1])
				}
			}
			for key, want := range map[string]string{
				"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			} {
				if got := a.header.Get(key); got != want {
					t.Errorf("%s: %s is %q, want %q", name, key, got, want)
				}
			}
		}
	}
}

var (
	scriptTag  = regexp.MustCompile(`(?s)<script([^>]*)>(.*?)</script>`)
	inlineCode = regexp.MustCompile(`(?i)<[^>]+\s(?:on[a-z]+|style)\s*=|href\s*=\s*"?\s*javascript:|<style`)
)

func TestPagesHaveNoInlineCode(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	v.say("<script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) https://example.com/\"onclick=alert(1)")
	for range 80 {
		v.say("hello")
	}
	for name, page := range pages(s) {
		a := page.ask(v)
		for _, m := range scriptTag.FindAllStringSubmatch(a.body, -1) {
			if !strings.Contains(m[1], ` src="/assets/`) || strings.TrimSpace(m[2]) != "" {
				t.Errorf("%s has the script %s", name, m[0])
			}
		}
		if m := inlineCode.FindString(a.body); m != "" {
			t.Errorf("%s has %s", name, m)
		}
	}
	a := v.get("/rooms/lobby/messages?before=5")
	if !strings.Contains(a.body, "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;") {
		t.Errorf("the message stands there as %s", a.body)
	}
}

// TestProxiesAreBelievedOnlyWhenTrusted counts streams by address, which shows
// whom the house takes for the same.
func TestProxiesAreBelievedOnlyWhenTrusted(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	elsewhere := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name          string
		trusted       []netip.Prefix
		first, second string
		same          bool
	}{
		{"no proxy, no header", nil, "", "", true},
		{"no proxy is trusted", nil, "198.51.100.1", "198.51.100.2", true},
		{"another proxy is trusted", elsewhere, "198.51.100.1", "198.51.100.2", true},
		{"a trusted proxy tells of two", loopback, "198.51.100.1", "198.51.100.2", false},
		{"a trusted proxy tells of one", loopback, "198.51.100.1", "198.51.100.1", true},
		{"a client makes up the beginning", loopback, "203.0.113.1, 198.51.100.1", "203.0.113.2, 198.51.100.1", true},
		{"through two trusted proxies", loopback, "198.51.100.1, 127.0.0.9", "198.51.100.2, 127.0.0.9", false},
		{"Forwarded by a trusted proxy", loopback, "for=198.51.100.1", `for="198.51.100.2:80"`, false},
		{"Forwarded by nobody who is trusted", nil, "for=198.51.100.1", "for=198.51.100.2", true},
		{"a client makes up the beginning of Forwarded", loopback, "for=203.0.113.1, for=198.51.100.1", "for=203.0.113.2, for=198.51.100.1", true},
		{"spelled in two ways", loopback, "198.51.100.1", "::ffff:198.51.100.1", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, plan{
				live:    events.Options{StreamsPerAddress: 1},
				options: func(o *handlers.Options) { o.TrustedProxies = c.trusted },
			})
			first := s.guest().stream("/rooms/lobby/events", from(c.first)...)
			first.next()
			want := http.StatusOK
			if c.same {
				want = http.StatusTooManyRequests
			}
			if got := s.guest().status(http.MethodGet, "/rooms/lobby/events", nil, from(c.second)...); got != want {
				t.Errorf("the second stream is answered %d, want %d", got, want)
			}
		})
	}
}

func from(forwarded string) []string {
	if forwarded == "" {
		return nil
	}
	if strings.Contains(forwarded, "for=") {
		return []string{"Forwarded", forwarded}
	}
	return []string{"X-Forwarded-For", forwarded}
}

func TestFloodIsToldApartByAddressBehindATrustedProxy(t *testing.T) {
	s := open(t, plan{
		rules:   parlour.Rules{Limits: true},
		options: func(o *handlers.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} },
	})
	join := func(address string) int {
		return s.visitor().post("/rooms/lobby/join", url.Values{"name": {"n" + strings.Repeat("x", int(guests.Add(1))%30) + address}}, from(address)...).status
	}
	refused := false
	for range 1000 {
		if join("198.51.100.1") == http.StatusTooManyRequests {
			refused = true
			break
		}
	}
	if !refused {
		t.Fatal("an address may take a thousand names at once")
	}
	if got := join("198.51.100.2"); got == http.StatusTooManyRequests {
		t.Errorf("another address is refused for it: %d", got)
	}
}
