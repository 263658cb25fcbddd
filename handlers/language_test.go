package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/BurntSushi/toml"
	"golang.org/x/net/html"

	"parlour/views"
)

func TestLanguageIsChosenByLinkAndKept(t *testing.T) {
	s := open(t, plan{})
	v := s.visitor()
	v.header.Set("Accept-Language", "es-MX,es;q=0.9,en;q=0.5")
	if a := v.get("/"); !strings.Contains(a.body, `lang="es"`) {
		t.Errorf("the browser's language is not spoken: %.100s", a.body)
	}
	a := v.get("/rooms/lobby/join?taken=&lang=ar&x=a+b%26")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/rooms/lobby/join?taken=&x=a+b%26" {
		t.Errorf("choosing leads to %q with %d", a.header.Get("Location"), a.status)
	}
	if a := v.get("/"); !strings.Contains(a.body, `lang="ar" dir="rtl"`) {
		t.Errorf("the choice is not kept: %.100s", a.body)
	}
	for _, chosen := range []string{"xx", "../../etc", "de-AT", strings.Repeat("de-", 5000), "\x00", "\xff"} {
		a := v.get("/?" + url.Values{"lang": {chosen}}.Encode())
		if c := a.cookie("parlour_lang"); a.status != http.StatusSeeOther || c == nil || len(c.Value) != 2 {
			t.Errorf("choosing %.20q answers %d and keeps %v", chosen, a.status, c)
		}
	}
	v.header.Set("Cookie", "parlour_lang="+strings.Repeat("x-", 1000))
	if a := v.get("/"); a.status != http.StatusOK || !strings.Contains(a.body, `lang="es"`) {
		t.Errorf("a strange choice is answered %d in %.100s", a.status, a.body)
	}
}

func TestLanguageOfAFormIsNoLink(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	a := v.post("/rooms/lobby/messages?lang=de", url.Values{"body": {"hello"}})
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/rooms/lobby#end" || len(s.messages()) != 1 {
		t.Errorf("answered %d to %q with %d messages", a.status, a.header.Get("Location"), len(s.messages()))
	}
}

// TestChoosingALanguageLeadsNowhereElse follows the redirects as browsers do,
// which take a backslash for a slash and drop tabs and line ends.
func TestChoosingALanguageLeadsNowhereElse(t *testing.T) {
	s := open(t, plan{})
	for _, target := range []string{
		"/", "//evil.example", "//evil.example/", "///evil.example", `/\evil.example`, `/\/evil.example`,
		"/%5Cevil.example", "/%5c%5cevil.example", "/%2Fevil.example", "/%2F%2Fevil.example", "/%2f%5cevil.example",
		"/%09/evil.example", "/%0a/evil.example", "/%0d%0a/evil.example", "/%0d%0aLocation:%20https://evil.example",
		"/.//evil.example", "/..//evil.example", "/x/..//evil.example", "/.%2F/evil.example", "/%2e%2e//evil.example",
		"/https://evil.example", "/@evil.example", "/:80@evil.example", "http://evil.example/", "https://evil.example//evil.example",
		"/%20//evil.example", "/%E2%80%8B//evil.example", "/%C2%A0//evil.example", "//evil.example/%2e%2e",
	} {
		w := httptest.NewRecorder()
		r, err := newRequest(http.MethodGet, target+"?lang=de")
		if err != nil {
			continue // no server would get that far
		}
		s.handler.ServeHTTP(w, r)
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther {
			t.Errorf("%s answers %d", target, w.Code)
			continue
		}
		seen := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(to)
		base, _ := url.Parse("https://chat.example/")
		if led, err := base.Parse(seen); err != nil || led.Host != "chat.example" || led.Scheme != "https" || led.Query().Has("lang") {
			t.Errorf("%s leads to %q, which is %v", target, to, led)
		}
	}
}

// newRequest is a request as a server would have read it, or why it would not.
func newRequest(method, target string) (r *http.Request, err error) {
	u, err := url.ParseRequestURI(target)
	if strings.HasPrefix(target, "//") && err == nil { // net/http takes this for a path
		u, err = url.ParseRequestURI("/x" + target)
		if err == nil {
			u.Path = strings.TrimPrefix(u.Path, "/x")
			u.RawPath = strings.TrimPrefix(u.RawPath, "/x")
		}
	}
	if err != nil {
		return nil, err
	}
	r = httptest.NewRequest(method, "/", nil)
	r.URL, r.RequestURI = u, target
	r.Host = "chat.example"
	return r, nil
}

// Whatever a page says in English and in another language alike is left over, as
// far as it is not what people have written, or a word that both languages have.
func TestEachPageIsWhollyInTheReadersLanguage(t *testing.T) {
	w := newWalk(t)
	room := w.room()
	words := make(map[string]map[string]bool)
	for _, l := range views.Languages() {
		words[l.Code] = wordsOf(t, l.Code)
	}
	ana := w.visitor()
	ana.want("joining", ana.post("/rooms/"+room.Slug+"/join", url.Values{"name": {"Ana"}}), http.StatusSeeOther)
	pages := 0
	for who, v := range map[string]*visitor{"a visitor": w.visitor(), "a guest": ana, "an admin": w.walker("admin", room)} {
		eachRoute(t, w.site, func(method, route string) {
			if method != http.MethodGet || strings.HasSuffix(route, "/live") || strings.HasSuffix(route, "/events") {
				return
			}
			path := w.address(route, room)
			english := v.get(path)
			if !strings.HasPrefix(english.header.Get("Content-Type"), "text/html") || english.header.Get("Location") != "" {
				return
			}
			pages++
			inEnglish := textsOf(t, english.body)
			for _, l := range views.Languages()[1:] {
				page := v.get(path, "Accept-Language", l.Code)
				if strings.Contains(page.body, "<html") && !strings.Contains(page.body, `<html lang="`+l.Code+`" dir="`+l.Dir+`"`) {
					t.Errorf("%s of %s is not in %s: %.150s", route, who, l.Code, page.body)
				}
				for text := range textsOf(t, page.body) {
					isWord := strings.ContainsFunc(text, unicode.IsLetter)
					if isWord && inEnglish[text] && !words[l.Code][text] {
						t.Errorf("%s of %s has %q in English and in %s", route, who, text, l.Code)
					}
				}
			}
		})
	}
	if pages < 60 {
		t.Errorf("only %d pages were read", pages)
	}
}

// written is what is no word of the house: names and what people have written.
var written = regexp.MustCompile(`\w+@example\.org|Go-http-client/1\.1|[A-Z]\w+/[^·]+ · \d\d:\d\d|UTC|Come in, say hello|` +
	`\b(walk-\d+|Parlour|Lobby|Vault|hello|Ana|Thomas|Tom|admin|member|moderator|owner)\b`)

// wordsOf are the words of a language as they stand in the catalogue, without
// the places in them.
func wordsOf(t *testing.T, lang string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../views/words/" + lang + ".*toml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	places := regexp.MustCompile(`\{+[.\w]+\}+`)
	words := make(map[string]bool)
	for _, file := range files {
		var content map[string]any
		if _, err := toml.DecodeFile(file, &content); err != nil {
			t.Fatal(err)
		}
		for _, text := range content {
			if text, ok := text.(string); ok {
				text = places.ReplaceAllString(text, "")
				words[strings.TrimSpace(written.ReplaceAllString(text, ""))] = true
			}
		}
	}
	return words
}

// textsOf are the texts of a page that are read or read out, without what is
// written, what has a language of its own, code and zones.
func textsOf(t *testing.T, page string) map[string]bool {
	t.Helper()
	doc, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]bool)
	var read func(*html.Node)
	read = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			texts[strings.TrimSpace(written.ReplaceAllString(n.Data, ""))] = true
		case n.Data == "script", n.Data == "style", n.Data == "code", n.Data == "datalist",
			n.Data != "html" && attributeOf(n, "lang") != "":
			return
		}
		for _, key := range []string{"aria-label", "title", "placeholder", "alt"} {
			texts[strings.TrimSpace(written.ReplaceAllString(attributeOf(n, key), ""))] = true
		}
		for child := range n.ChildNodes() {
			read(child)
		}
	}
	read(doc)
	return texts
}
