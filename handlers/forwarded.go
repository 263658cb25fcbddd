package handlers

import (
	"net/http"
	"net/netip"
	"strings"
)

const (
	forwardedHeader    = "Forwarded"
	forwardedForHeader = "X-Forwarded-For"
)

// readForwarded lets Forwarded (RFC 7239) count as X-Forwarded-For where that is
// missing. Where both are there, X-Forwarded-For counts: nearly all proxies write
// that one, and pass on whatever a client puts into the other.
func readForwarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if values := r.Header[forwardedHeader]; len(values) > 0 && len(r.Header[forwardedForHeader]) == 0 {
			r.Header.Set(forwardedForHeader, forwardedFor(strings.Join(values, ",")))
		}
		next.ServeHTTP(w, r)
	})
}

// unknownNode stands for a hop of which nobody tells the address. Nothing is
// believed of what lies beyond it.
const unknownNode = "unknown"

// forwardedFor is what Forwarded says of whom requests are for, from the first
// to the last hop, as X-Forwarded-For would say it. What does not follow the
// grammar is one unknown hop.
func forwardedFor(value string) string {
	var nodes []string
	rest := value
	for {
		node, after, ok := forwardedElement(rest)
		if !ok {
			return unknownNode
		}
		if node != "" {
			nodes = append(nodes, node)
		}
		if after == "" {
			break
		}
		rest = after[1:] // after the comma
	}
	if len(nodes) == 0 {
		return unknownNode
	}
	return strings.Join(nodes, ", ")
}

// forwardedElement reads what one hop says, and answers what it says in "for";
// empty for an element that is empty, which lists may have (RFC 9110 §5.6.1).
// after is empty or begins with a comma.
func forwardedElement(s string) (node, after string, ok bool) {
	isEmpty, named := true, false
	for {
		s = strings.TrimLeft(s, " \t")
		name := s[:tokenLength(s)]
		if s = s[len(name):]; name != "" {
			if !strings.HasPrefix(s, "=") {
				return "", "", false
			}
			text, rest, ok := forwardedValue(s[1:])
			if !ok {
				return "", "", false
			}
			isEmpty, s = false, rest
			if strings.EqualFold(name, "for") {
				if named { // no parameter may come twice
					return "", "", false
				}
				node, named = nodeAddress(text), true
			}
		}
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == ',' {
			break
		}
		if s[0] != ';' {
			return "", "", false
		}
		s, isEmpty = s[1:], false
	}
	if !isEmpty && !named {
		node = unknownNode
	}
	return node, s, true
}

// forwardedValue reads a token or a quoted string.
func forwardedValue(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		n := tokenLength(s)
		return s[:n], s[n:], n > 0
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// tokenLength is how long the token is with which a text begins (RFC 9110
// §5.6.2).
func tokenLength(s string) int {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return i
		}
	}
	return len(s)
}

// nodeAddress is the address that a node names (RFC 7239 §6), without its port.
func nodeAddress(node string) string {
	host := node
	if inside, isSix := strings.CutPrefix(node, "["); isSix {
		var port string
		if host, port, isSix = strings.Cut(inside, "]"); !isSix || port != "" && port[0] != ':' {
			return unknownNode
		}
		if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
			return addr.String()
		}
		return unknownNode
	}
	host, _, _ = strings.Cut(node, ":")
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return addr.String()
	}
	return unknownNode
}
