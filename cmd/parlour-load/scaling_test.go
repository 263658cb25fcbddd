package main

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestScalingPageAgreesWithTheBenchmarks: the page tells rounded what was measured
// last, and its arithmetic follows from that.
func TestScalingPageAgreesWithTheBenchmarks(t *testing.T) {
	page, measured := document(t, "scaling.md"), document(t, "benchmarks.md")
	for _, c := range []struct {
		what, told, measured string
	}{
		{"bytes of an idle reader, at least", `memory \| (.*?) to .*? bytes a reader`, `19,000 over HTTP/1\.1, no goroutine for each \| (.*?) bytes`},
		{"bytes of an idle reader, at most", `memory \| .*? to (.*?) bytes a reader`, `10,000 over HTTP/1\.1, no goroutine for each \| (.*?) bytes`},
		{"bytes of an encrypted connection", `memory \| (.*?) bytes for each connection`, `HTTP/2 and TLS \| (.*?) bytes`},
		{"deliveries, one in flight", `quiet room \| processor \| (.*?) deliveries`, `of the bare rate \((.*?) of`},
		{"deliveries, eight in flight", `busy room \| processor \| (.*?) deliveries`, `eight in flight \((.*?) a CPU second`},
		{"deliveries, 32 in flight", `8 messages in flight, (.*?) with 32`, `with 32 \((.*?)\)`},
		{"pages", `pages \| processor \| (.*?) pages`, `quiet room \| (.*?) a CPU second`},
		{"compressed pages", `as they are; (.*?) compressed`, `KiB, (.*?) compressed`},
		{"posts in SQLite", `the disk \| (.*?) durable posts`, `synchronous=FULL \| (.*?) a second`},
		{"opening a room among many messages", `opening a room (.*?) times slower`, `opening a room (.*?) times`},
		{"posts in PostgreSQL", `through one node \| .*? \| (.*?) posts a second`, `\| 1 \| busy \| (.*?) `},
		{"posts through three nodes", `posts through three nodes \| the disk, round trips \| (.*?) posts a second`, `\| 3 \| busy \| (.*?) `},
		{"median to another node", `the commit, the bus \| p50 (.*?) ms`, `\| 3 \| quiet \| .*? \| .*? \| .*? \| (.*?) \|`},
		{"slowest to another node", `the commit, the bus \| p50 .*? ms, p99 (.*?) ms`, `\| 3 \| quiet \| .*? \| .*? \| .*? \| .*? \| (.*?) \|`},
		{"processor of the bus", `(\d+) µs of the bus`, `\| 3 \| busy \| (?:.*? \| ){8}(.*?) \|`},
		{"bytes on the bus", `in that room \| (.*?) bytes`, `\| 3 \| busy \| (?:.*? \| ){10}(.*?) \|`},
		{"processor of a delivery in small rooms", `took (.*?) µs of a core for each delivery`, `single room's \| .*?: (.*?) µs a delivery`},
		{"bytes of an event", `message a second \((.*?) bytes`, `An event of the server's has (.*?) bytes`},
	} {
		told, is := figure(t, page, c.told), figure(t, measured, c.measured)
		if math.Abs(told-is) > is/5 {
			t.Errorf("%s: scaling.md says %v, benchmarks.md %v", c.what, told, is)
		}
	}
	// What is computed from them.
	perSecond, most := figure(t, page, `quiet room \| processor \| (.*?) deliveries`), figure(t, page, `memory \| .*? to (.*?) bytes a reader`)
	event := figure(t, page, `message a second \((.*?) bytes`)
	for _, c := range []struct {
		what, told string
		is         float64
	}{
		{"µs a reader", `deliveries a CPU second \| (.*?) µs a reader`, 1e6 / perSecond},
		{"seconds until the last of 50,000", `the last of 50,000 has it after (.*?) s`, 50_000 / perSecond},
		{"MB for the readers of a node", `50,000 × [\d,]+ bytes \| (.*?) MB`, 50_000 * most / 1e6},
		{"cores of a node", `50,000 ÷ [\d,]+ deliveries a CPU second \| (.*?) of a core`, 50_000 / perSecond},
		{"cores of all nodes", `1,000,000 ÷ [\d,]+ \| (.*?) cores`, 1e6 / perSecond},
		{"MB a second of a node", `bytes a second \| (.*?) MB/s`, 50_000 * event / 1e6},
		{"MB a second of all", `20 × that \| (.*?) MB/s`, 1e6 * event / 1e6},
		{"Gbit a second of all", `20 × that \| .*? MB/s, (.*?) Gbit/s`, 1e6 * event * 8 / 1e9},
		{"posts of a core of the bus", `a core of it carries (.*?) posts`, 1e6 / figure(t, page, `(\d+) µs of the bus`)},
	} {
		if told := figure(t, page, c.told); math.Abs(told-c.is) > c.is/50 {
			t.Errorf("%s: scaling.md says %v, and it comes to %.3g", c.what, told, c.is)
		}
	}
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// figure is the number in a document that an expression finds first.
func figure(t *testing.T, text, where string) float64 {
	t.Helper()
	found := regexp.MustCompile(where).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("nothing is %s", where)
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(found[1], ",", ""), 64)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	return n
}
