package handlers

import (
	"net/netip"
	"strings"
	"testing"
)

func TestForwardedIsReadByItsGrammar(t *testing.T) {
	for header, want := range map[string]string{
		`for=192.0.2.60`: "192.0.2.60",
		`for=192.0.2.60;proto=http;by=203.0.113.43`:        "192.0.2.60",
		`For="[2001:db8:cafe::17]:4711"`:                   "2001:db8:cafe::17",
		`for=192.0.2.43, for=198.51.100.17`:                "192.0.2.43, 198.51.100.17",
		`for="192.0.2.43:47011",for="[2001:db8::1]"`:       "192.0.2.43, 2001:db8::1",
		`proto=https ; FOR=192.0.2.1 ,, by="a \"b\", for"`: "192.0.2.1, unknown",
		`for=_hidden, for=192.0.2.1`:                       "unknown, 192.0.2.1",
		`for=unknown`:                                      "unknown",
		`for="\[2001:db8::1\]"`:                            "2001:db8::1",
		`host="x,for=192.0.2.9";for=192.0.2.1`:             "192.0.2.1",
		// What is no such header is no address.
		``: "unknown", `,`: "unknown", `for`: "unknown", `for=`: "unknown", `=192.0.2.1`: "unknown",
		`for=192.0.2.1;for=192.0.2.2`:   "unknown",
		`for="192.0.2.1`:                "unknown",
		`for="192.0.2.1\`:               "unknown",
		`for=192.0.2.1 for=192.0.2.2`:   "unknown",
		`for=[2001:db8::1]`:             "unknown", // it must be quoted
		`for="2001:db8::1"`:             "unknown", // and in brackets
		`for="[192.0.2.1]"`:             "unknown",
		`for="[2001:db8::1]x"`:          "unknown",
		`for=192.0.2.1, for="192.0.2.2`: "unknown",
		`192.0.2.1`:                     "unknown",
	} {
		if got := forwardedFor(header); got != want {
			t.Errorf("%q is read as %q, want %q", header, got, want)
		}
	}
}

// FuzzForwarded holds that whatever is read of the header is addresses that
// stand in it, in their order.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{
		`for=192.0.2.60;proto=http;by=203.0.113.43`, `For="[2001:db8:cafe::17]:4711", for=_x`, `for="\"";;,`, `a=b;for="192.0.2.1:80" , ,for=unknown`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := forwardedFor(header)
		for node := range strings.SplitSeq(got, ", ") {
			if node == unknownNode {
				continue
			}
			addr, err := netip.ParseAddr(node)
			if err != nil {
				t.Fatalf("%q is read as %q", header, got)
			}
			if addr.Is4() && !strings.Contains(strings.ReplaceAll(header, `\`, ""), node) {
				t.Fatalf("%q does not say %s", header, node)
			}
		}
		if strings.Count(got, ",") > strings.Count(header, ",") {
			t.Fatalf("%q has fewer hops than %q", header, got)
		}
	})
}
