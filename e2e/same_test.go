package e2e

import (
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parlour/e2e/process"
)

var sameSeed = flag.Uint64("same-seed", 0, "of the random changes to a room; 0: another each time")

// listShown is all that a page shows of its messages and then what stands above
// them, but for what is its reader's own: the way to what is older, and the marks
// of what was read.
const listShown = `['#history > :not(.older, .start, .mark), #log > :not(.mark)', '#name, #topic, #notes']
	.flatMap(which => [...document.querySelectorAll(which)].map(e => e.outerHTML))`

// framesShown is the same of the frame without scripts. What stands above is not
// in it; a stub has another id there, and what a style sheet hides is not seen.
const framesShown = `[...(document.querySelector('iframe.messages')?.contentDocument?.querySelectorAll('#log > article') ?? [])]
	.filter(e => getComputedStyle(e).display !== 'none').map(e => e.outerHTML.replace('id="gone-', 'id="m-'))`

// People whose connections break at random, one whose never does, and one without
// JavaScript: after whatever was done to the room, the page of each is the one of
// somebody who opens the room then, to the last character.
func TestPagesAreTheSameAfterWhatever(t *testing.T) {
	t.Parallel()
	seed := *sameSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("again with -same-seed %d", seed)
	r := &unrest{t: t, random: rand.New(rand.NewPCG(seed, 0)), house: start(t, "--limits", "off", "--join-grace", "1h")}
	r.begin()
	readers, lines := make([]*person, 3), make([]*httptest.Server, 3)
	for i := range readers {
		lines[i] = r.house.overLine()
		readers[i] = newPerson(t, &program{Process: &process.Process{Address: lines[i].URL}, t: t})
		readers[i].enter(fmt.Sprint("Reader ", i))
		readers[i].listening()
	}
	plain := newPerson(t, r.house, scriptless)
	plain.enter("Plain")
	fresh := newPerson(t, r.house)
	fresh.enter("Fresh")
	isOff := make([]bool, len(readers))
	for round := range 3 {
		for range 25 {
			if i := 1 + r.random.IntN(2); r.random.IntN(4) == 0 {
				isOff[i] = !isOff[i]
				readers[i].network(isOff[i])
				if isOff[i] { // the browser goes on with what is open
					lines[i].CloseClientConnections()
				}
			}
			r.happens()
		}
		for i, p := range readers {
			if isOff[i] {
				isOff[i] = false
				p.goOnline()
			}
		}
		fresh.visit("/rooms/lobby")
		want := see[[]string](fresh, listShown)
		for i, p := range readers {
			p.comesToShow(fmt.Sprintf("in round %d reader %d", round, i), listShown, want)
		}
		var messages []string
		for _, e := range want {
			if strings.HasPrefix(e, "<article") {
				messages = append(messages, strings.ReplaceAll(e, htmxMark, ""))
			}
		}
		plain.comesToShow(fmt.Sprintf("in round %d who has no scripts", round), framesShown, messages)
	}
	for i, p := range readers[1:] {
		if n := p.record.count(func(q request) bool { return strings.HasSuffix(q.url.Path, "/events") }); n < 2 {
			t.Errorf("reader %d was never away", i+1)
		}
	}
}

// htmxMark is how htmx notes that it looks after an element.
const htmxMark = ` data-htmx-powered="true"`

// overLine is a way to the program of which all connections can be broken.
func (p *program) overLine() *httptest.Server {
	p.t.Helper()
	to, err := url.Parse(p.Address)
	if err != nil {
		p.t.Fatal(err)
	}
	line := httptest.NewServer(&httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // or the program would refuse its own forms
		},
		ErrorLog: log.New(io.Discard, "", 0), // breaking is what it is for
	})
	p.t.Cleanup(func() {
		line.CloseClientConnections()
		line.Close()
	})
	return line
}

// comesToShow waits until the newest of what an expression finds in the page is
// what is wanted.
func (p *person) comesToShow(who, expression string, want []string) {
	p.t.Helper()
	var has []string
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		has = see[[]string](p, expression)
		has = has[max(0, len(has)-len(want)):]
		if slices.Equal(has, want) {
			return
		}
		if time.Now().After(deadline) {
			break
		}
	}
	for i := range want {
		if i >= len(has) || has[i] != want[i] {
			p.t.Fatalf("%s sees, at %d of %d,\n%s\nwant\n%s", who, i, len(want), slices.Concat(has, make([]string, len(want)))[i], want[i])
		}
	}
}

// unrest is a room in which anything may happen at any time.
type unrest struct {
	t      *testing.T
	random *rand.Rand
	house  *program
	keeper *visitor
	guests []*visitor
	count  int // of all that were guests
}

func (r *unrest) begin() {
	r.t.Helper()
	r.keeper = newVisitor(r.t, r.house)
	setUp, err := url.Parse(r.house.setUpPath())
	if err != nil {
		r.t.Fatal(err)
	}
	form := url.Values{"token": {setUp.Query().Get("token")}, "name": {"Ada"}, "email": {email("Ada")}, "password": {password}}
	r.keeper.post("/setup", form).expects(r.t, http.StatusSeeOther)
	r.keeper.get("/rooms/lobby").expects(r.t, http.StatusOK)
	filter := url.Values{"kind": {"word"}, "pattern": {"perhaps"}, "act": {"hold"}}
	r.keeper.post("/rooms/lobby/moderation/filters", filter).expects(r.t, http.StatusSeeOther)
	for range 3 {
		r.guests = append(r.guests, r.guest())
	}
	for range 10 {
		r.keeper.says(r.words())
	}
}

func (r *unrest) guest() *visitor {
	r.count++
	return enters(r.t, r.house, fmt.Sprint("Guest ", r.count))
}

var (
	saidBy = regexp.MustCompile(`<article id="m-(\d+)" class="[^"]*by-(\w+)`)
	heldID = regexp.MustCompile(`/moderation/held/\d+`)
)

// happens does one thing. What is refused does not matter here.
func (r *unrest) happens() {
	r.t.Helper()
	said := saidBy.FindAllStringSubmatch(r.keeper.get("/rooms/lobby").body, -1)
	about := said[r.random.IntN(len(said))]
	message, n := "/rooms/lobby/messages/"+about[1], r.random.IntN(len(r.guests))
	who := r.guests[n]
	if r.random.IntN(3) == 0 {
		who = r.keeper
	}
	text := url.Values{"body": {r.words()}}
	settings := url.Values{
		"name": {[]string{"Lobby", "Hall"}[r.random.IntN(2)]}, "slug": {"lobby"}, "preset": {"open"}, "edit_window": {"always"},
		"topic": {fmt.Sprint("topic ", r.random.IntN(3))}, "rules": {fmt.Sprint("Be kind.\nRule ", r.random.IntN(3))},
	}
	if r.random.IntN(2) == 0 {
		settings.Set("stubs", "1")
	}
	against := url.Values{"person": {about[2]}, "kind": {"ban"}, "reach": {"person"}, "span": {"all"}, "delete": {"all"}}
	switch r.random.IntN(16) {
	case 0, 1, 2:
		who.post("/rooms/lobby/messages", text)
	case 3, 4:
		text.Set("reply", about[1])
		who.post("/rooms/lobby/messages", text)
	case 5, 6:
		r.keeper.post(message+"/edit", text)
	case 7:
		r.keeper.post(message+"/delete", nil)
	case 8, 9, 10:
		who.post(message+"/reactions", url.Values{"emoji": {[]string{"👍", "🎉"}[r.random.IntN(2)]}})
	case 11:
		r.keeper.post(message+[]string{"/pin", "/pin", "/unpin"}[r.random.IntN(3)], nil)
	case 12:
		r.keeper.post("/rooms/lobby/settings", settings)
	case 13:
		who.post("/rooms/lobby/join", url.Values{"name": {fmt.Sprint("Name ", r.random.IntN(20))}})
	case 14:
		r.keeper.post("/rooms/lobby/moderation/"+[]string{"purge", "sanctions"}[r.random.IntN(2)], against)
		r.guests[n] = r.guest()
	case 15:
		if held := heldID.FindString(r.keeper.get("/rooms/lobby/moderation").body); held != "" {
			r.keeper.post("/rooms/lobby"+held, url.Values{"verdict": {"approve"}})
		}
	}
}

func (r *unrest) words() string {
	beginning := []string{"", "/me ", "**bold** ||hidden|| ", "> quoted\n\n", "perhaps ", "1 < 2 & <b>3</b> "}[r.random.IntN(6)]
	return beginning + fmt.Sprint("text ", r.random.IntN(1000))
}
