package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func ask(t *testing.T, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestAddressesTellTheContent(t *testing.T) {
	seen := make(map[string]bool)
	for name, f := range byName {
		ext := filepath.Ext(name)
		want := regexp.MustCompile(`^/assets/` + strings.TrimSuffix(name, ext) + `\.[0-9a-f]{8}\` + ext + `$`)
		if got := Path(name); !want.MatchString(got) {
			t.Errorf("Path(%q) = %q", name, got)
		}
		if seen[f.hash] {
			t.Errorf("%s has the hash of another asset", name)
		}
		seen[f.hash] = true
	}
	if a, b := newFile("", []byte("a")), newFile("", []byte("b")); a.hash == b.hash {
		t.Error("the hash does not change with the content")
	}
}

func TestUnknownAssetIsAMistakeInTheProgram(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Path("nothing.css")
}

func TestEachEncodingHoldsTheSame(t *testing.T) {
	for name, f := range byName {
		for _, c := range []struct{ accept, encoding string }{
			{"", ""},
			{"identity", ""},
			{"gzip", "gzip"},
			{"gzip, deflate, br, zstd", "br"},
			{"GZIP;q=0.5", "gzip"},
			{"br;q=0, gzip", "gzip"},
			{"br; q=0.0,gzip;q=0", ""},
			{"br;q=nonsense", ""},
			{"brotli", ""},
		} {
			answer := ask(t, http.MethodGet, Path(name), "Accept-Encoding", c.accept)
			sent, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got := answer.Header.Get("Content-Encoding"); got != c.encoding {
				t.Errorf("%s for %q comes as %q, want %q", name, c.accept, got, c.encoding)
				continue
			}
			if got := answer.Header.Get("Content-Length"); got != strconv.Itoa(len(sent)) {
				t.Errorf("%s for %q: Content-Length %s, sent %d", name, c.accept, got, len(sent))
			}
			if got := decode(t, c.encoding, sent); !bytes.Equal(got, f.plain) {
				t.Errorf("%s as %q is not its plain form", name, c.encoding)
			}
		}
	}
}

func decode(t *testing.T, encoding string, sent []byte) []byte {
	t.Helper()
	var from io.Reader = bytes.NewReader(sent)
	switch encoding {
	case "br":
		from = brotli.NewReader(from)
	case "gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		from = z
	}
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAssetsAreKeptForEver(t *testing.T) {
	for name, contentType := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		answer := ask(t, http.MethodGet, Path(name))
		for header, want := range map[string]string{
			"Content-Type":           contentType,
			"Cache-Control":          "public, max-age=31536000, immutable",
			"Vary":                   "Accept-Encoding",
			"X-Content-Type-Options": "nosniff",
		} {
			if got := answer.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestUnchangedAssetIsNotSentAgain(t *testing.T) {
	br := ask(t, http.MethodGet, Path("app.css"), "Accept-Encoding", "br").Header.Get("ETag")
	plain := ask(t, http.MethodGet, Path("app.css")).Header.Get("ETag")
	if br == "" || br == plain {
		t.Fatalf("ETags %q and %q: each encoding must have its own", br, plain)
	}
	for _, c := range []struct {
		tags   string
		status int
	}{
		{br, http.StatusNotModified},
		{`"other", W/` + br, http.StatusNotModified},
		{"*", http.StatusNotModified},
		{plain, http.StatusOK},
		{`"other"`, http.StatusOK},
	} {
		answer := ask(t, http.MethodGet, Path("app.css"), "Accept-Encoding", "br", "If-None-Match", c.tags)
		if answer.StatusCode != c.status {
			t.Errorf("If-None-Match %s: %d, want %d", c.tags, answer.StatusCode, c.status)
		}
		body, _ := io.ReadAll(answer.Body)
		if isSent := len(body) > 0; isSent != (c.status == http.StatusOK) {
			t.Errorf("If-None-Match %s: %d bytes with %d", c.tags, len(body), answer.StatusCode)
		}
	}
}

func TestHeadHasTheHeadersAlone(t *testing.T) {
	answer := ask(t, http.MethodHead, Path("app.js"), "Accept-Encoding", "gzip")
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK || len(body) != 0 || answer.Header.Get("Content-Length") == "0" {
		t.Errorf("%s, %d bytes, Content-Length %s", answer.Status, len(body), answer.Header.Get("Content-Length"))
	}
}

func TestOtherAddressesAndMethodsAreRefused(t *testing.T) {
	for _, path := range []string{
		"/assets/", "/assets/app.css", "/assets/app.00000000.css", "/assets/css/base.css", "/assets/vendor/htmx/VENDORED",
		Path("app.css") + "/", strings.ToUpper(Path("app.css")),
	} {
		answer := ask(t, http.MethodGet, path)
		if answer.StatusCode != http.StatusNotFound || strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s, Cache-Control %q", path, answer.Status, answer.Header.Get("Cache-Control"))
		}
	}
	if answer := ask(t, http.MethodPost, Path("app.css")); answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") == "" {
		t.Errorf("POST: %s, Allow %q", answer.Status, answer.Header.Get("Allow"))
	}
}

func TestVendoredFilesAreUnmodified(t *testing.T) {
	const folder = "vendor/htmx"
	record, err := os.ReadFile(filepath.Join(folder, "VENDORED"))
	if err != nil {
		t.Fatal(err)
	}
	_, files, _ := strings.Cut(string(record), "files:\n")
	recorded := make(map[string]string)
	for line := range strings.Lines(files) {
		fields := strings.Fields(line)
		recorded[fields[1]] = fields[0]
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == "VENDORED" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != recorded[entry.Name()] {
			t.Errorf("%s is not what VENDORED records", entry.Name())
		}
		delete(recorded, entry.Name())
	}
	for missing := range recorded {
		t.Errorf("VENDORED records %s, which is not there", missing)
	}
}

func TestScriptIsHTMXFollowedByItsExtensions(t *testing.T) {
	script, at := string(byName["app.js"].plain), 0
	for _, name := range parts["app.js"] {
		part, err := sources.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		i := strings.Index(script[at:], string(part))
		if i < 0 {
			t.Fatalf("%s is not in its place", name)
		}
		at += i + len(part)
	}
	if n := strings.Count(script, "\n;\n"); n != len(parts["app.js"])-1 {
		t.Errorf("%d separators between %d scripts", n, len(parts["app.js"]))
	}
}

func TestStyleSheetsAskForNothingElse(t *testing.T) {
	files, err := filepath.Glob("css/*.css")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	joined := strings.Join(append(parts["app.css"], parts["noscript.css"]...), " ")
	for _, file := range files {
		if !strings.Contains(joined, filepath.ToSlash(file)) {
			t.Errorf("%s is in no asset", file)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, asks := range []string{"url(", "@import", "@font-face", "image-set("} {
			if bytes.Contains(content, []byte(asks)) {
				t.Errorf("%s has %s", file, asks)
			}
		}
	}
}

func TestFirstVisitLeavesPlaceForThePage(t *testing.T) {
	for _, encoding := range []string{"br", "gzip"} {
		total := 0
		for _, name := range []string{"app.js", "app.css", "icon.svg"} {
			body, err := io.ReadAll(ask(t, http.MethodGet, Path(name), "Accept-Encoding", encoding).Body)
			if err != nil {
				t.Fatal(err)
			}
			total += len(body)
		}
		// Of 40 KiB in all, a page of 50 messages and all headers need the rest.
		if total > 28<<10 {
			t.Errorf("%d bytes as %s", total, encoding)
		}
	}
}
