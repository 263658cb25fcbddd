package handlers_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"parlour"
	"parlour/events"
)

// screen is what a page of the room shows of its messages and above them, kept
// up to date by what the stream sends, as htmx does it.
type screen struct {
	t        *testing.T
	cursor   parlour.Seq
	articles []*html.Node
	above    map[string]string // by id, what stands above the messages
}

var streamFrom = regexp.MustCompile(`/events\?after=(\d+)`)

// opens shows the page as it is now.
func (v *visitor) opens(t *testing.T) *screen {
	t.Helper()
	page := v.want("the room", v.get("/rooms/lobby"), http.StatusOK).body
	s := &screen{t: t, above: make(map[string]string)}
	seq, err := parlour.ParseSeq(streamFrom.FindStringSubmatch(page)[1])
	if err != nil {
		t.Fatal(err)
	}
	s.cursor = seq
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data == "article" {
			s.articles = append(s.articles, n)
		}
		if id := idOf(n); id == "topic" || id == "notes" {
			s.above[id] = outer(n)
		}
	}
	return s
}

func idOf(n *html.Node) string { return attributeOf(n, "id") }

func attributeOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func outer(n *html.Node) string {
	var b strings.Builder
	_ = html.Render(&b, n) // a strings.Builder takes everything
	return b.String()
}

// apply does what htmx does with the content of a frame: partials find their
// targets first, then what has none is appended.
func (s *screen) apply(content string) {
	s.t.Helper()
	doc, err := html.Parse(strings.NewReader("<!DOCTYPE html><body>" + content))
	if err != nil {
		s.t.Fatal(err)
	}
	var body *html.Node
	for n := range doc.Descendants() {
		if n.Data == "body" {
			body = n
		}
	}
	var appended []*html.Node
	for n := range body.ChildNodes() {
		switch {
		case n.Data == "hx-partial":
			s.swap(strings.TrimPrefix(attributeOf(n, "hx-target"), "#"), attributeOf(n, "hx-swap"), n)
		case n.Data == "article":
			appended = append(appended, n)
		case n.Type == html.TextNode && strings.TrimSpace(n.Data) == "":
		default:
			s.t.Errorf("the stream puts %s into the log", outer(n))
		}
	}
	s.articles = append(s.articles, appended...)
}

func (s *screen) swap(target, how string, partial *html.Node) {
	s.t.Helper()
	var content []*html.Node
	for n := range partial.ChildNodes() {
		if n.Type == html.ElementNode {
			content = append(content, n)
		}
	}
	at := slices.IndexFunc(s.articles, func(n *html.Node) bool { return idOf(n) == target })
	switch {
	case target == "topic" || target == "notes":
		s.above[target] = outer(content[0])
	case target == "history": // what there was is replaced, and the log is emptied
		s.articles = slices.DeleteFunc(content, func(n *html.Node) bool { return n.Data != "article" })
	case !strings.HasPrefix(target, "m-") || at < 0:
	case how == "delete":
		s.articles = slices.Delete(s.articles, at, at+1)
	default:
		s.articles[at] = content[0]
	}
}

// comesBack reads the stream from where the screen is until it has come to a
// number, and goes away again.
func (s *screen) comesBack(v *visitor, until parlour.Seq) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	response, err := v.Do(v.request(ctx, http.MethodGet, fmt.Sprint("/rooms/lobby/events?after=", s.cursor), nil))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var id parlour.Seq
	var data []string
	named := false
	lines := bufio.NewScanner(response.Body)
	for s.cursor < until && lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			if id, err = parlour.ParseSeq(value); err != nil {
				s.t.Fatal(err)
			}
		case "event":
			named = true
		case "data":
			data = append(data, value)
		case "":
			if !named && len(data) > 0 {
				s.apply(strings.Join(data, "\n"))
			}
			s.cursor = max(s.cursor, id)
			data, named = nil, false
		}
	}
	if s.cursor < until {
		s.t.Fatalf("the stream ended at %d and not at %d: %v", s.cursor, until, lines.Err())
	}
}

// differs tells how what is shown differs from a fresh page, which may begin
// later.
func (s *screen) differs(fresh *screen) string {
	have, want := s.articles, fresh.articles
	if len(have) < len(want) {
		return fmt.Sprintf("it has %d messages, want %d", len(have), len(want))
	}
	have = have[len(have)-len(want):]
	for i := range want {
		if outer(have[i]) != outer(want[i]) {
			return outer(have[i]) + "\nwant\n" + outer(want[i])
		}
	}
	for id, is := range fresh.above {
		if s.above[id] != is {
			return s.above[id] + "\nwant\n" + is
		}
	}
	return ""
}

// Whatever happens in a room, whoever is away meanwhile is shown the same
// afterwards as whoever opens it anew; those who were away for long begin afresh.
func TestWhoComesBackIsShownWhatEverybodyIs(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := open(t, plan{live: events.Options{CatchUp: 12, JoinGrace: time.Hour}})
	admin := s.admin("Ada")
	admin.get("/rooms/lobby")
	settings := func(stubs bool) url.Values {
		form := url.Values{"name": {"Lobby"}, "slug": {"lobby"}, "preset": {"open"}, "edit_window": {"always"}, "topic": {fmt.Sprint("topic ", random.IntN(3))}}
		if stubs {
			form.Set("stubs", "1")
		}
		return form
	}
	people := []*visitor{s.guest(), s.guest(), admin}
	readers := []*visitor{s.guest(), s.guest(), s.guest()}
	var screens []*screen
	for _, v := range readers {
		screens = append(screens, v.opens(t))
	}
	for round := range 40 {
		for range 1 + random.IntN(12) {
			who := people[random.IntN(len(people))]
			message := fmt.Sprint("/rooms/lobby/messages/", 1+random.Int64N(int64(s.lobby().Head)+1))
			text := url.Values{"body": {fmt.Sprintf("text %d\n**bold** ||hidden|| https://example.org/%d", random.Int(), round)}}
			switch random.IntN(12) {
			case 0, 1, 2, 3:
				who.post("/rooms/lobby/messages", text)
			case 4, 5:
				who.post(message+"/edit", text)
			case 6:
				who.post(message+"/delete", nil)
			case 7, 8:
				admin.post(message+"/pin", nil)
			case 9:
				admin.post(message+"/unpin", nil)
			case 10:
				admin.post("/rooms/lobby/messages", url.Values{"body": {fmt.Sprint("/topic ", random.IntN(3))}})
			case 11:
				admin.want("setting", admin.post("/rooms/lobby/settings", settings(random.IntN(2) == 0)), http.StatusSeeOther)
			}
		}
		fresh := readers[0].opens(t)
		for i, screen := range screens {
			if random.IntN(3) > 0 && round < 39 {
				continue // still away
			}
			screen.comesBack(readers[i], fresh.cursor)
			if how := screen.differs(fresh); how != "" {
				t.Fatalf("in round %d, with the seed %d, a reader is shown\n%s", round, seed, how)
			}
		}
	}
	if head := s.lobby().Head; head < 50 {
		t.Errorf("only %d changes were made", head)
	}
}
