package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// person is somebody in a room, with cookies that are good at all nodes.
type person struct {
	house  *house
	name   string
	room   string
	client *http.Client
	// address is where the balancer says they come from. A ban is of the address
	// too, so each has their own.
	address string
}

// answer is a response that was read to its end.
type answer struct {
	status   int
	location string
	body     string
}

// stranger is somebody who is nowhere yet.
func (h *house) stranger(name, room string) *person {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 2}
	h.t.Cleanup(transport.CloseIdleConnections)
	address := fmt.Sprintf("192.0.2.%d", h.strangers.Add(1))
	return &person{house: h, name: name, room: "/rooms/" + room, address: address, client: &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// enters makes a guest who is in a room.
func (h *house) enters(name, room string) *person {
	h.t.Helper()
	p := h.stranger(name, room)
	got := p.posts(h.next(), p.room+"/join", url.Values{"name": {name}})
	if got.status != http.StatusSeeOther || got.location != p.room {
		h.t.Fatalf("joining as %q was answered with %d to %q:\n%s", name, got.status, got.location, got.body)
	}
	return p
}

var linkInLog = regexp.MustCompile(`link="?https?://[^/\s"]+([^\s"]+)`)

// setsUp makes the admin of the house, who is in a room as well.
func (h *house) setsUp(room string) *person {
	h.t.Helper()
	p := h.stranger("Admin", room)
	var link []string
	for _, n := range h.nodes {
		if found := linkInLog.FindStringSubmatch(n.Log.String()); found != nil {
			link = found
		}
	}
	if link == nil {
		h.t.Fatal("no node told how to set the house up")
	}
	path, err := url.Parse(link[1])
	if err != nil {
		h.t.Fatal(err)
	}
	got := p.posts(h.next(), path.Path, url.Values{
		"token": path.Query()["token"], "name": {p.name}, "email": {"admin@example.org"}, "password": {password},
	})
	if got.status != http.StatusSeeOther {
		h.t.Fatalf("setting up was answered with %d:\n%s", got.status, got.body)
	}
	p.goesIn()
	return p
}

const password = "correct horse battery staple"

// signsUp makes a member who is in a room.
func (h *house) signsUp(name, room string) *person {
	h.t.Helper()
	p := h.stranger(name, room)
	got := p.posts(h.next(), "/signup", url.Values{
		"name": {name}, "email": {strings.ToLower(name) + "@example.org"}, "password": {password},
	})
	if got.status != http.StatusSeeOther {
		h.t.Fatalf("signing up was answered with %d:\n%s", got.status, got.body)
	}
	p.goesIn()
	return p
}

// goesIn opens the room as a member, who needs no door.
func (p *person) goesIn() {
	p.house.t.Helper()
	if got := p.opens(p.house.next(), p.room); got.status != http.StatusOK {
		p.house.t.Fatalf("%s is not let in: %d to %q", p.name, got.status, got.location)
	}
}

// opens and posts are for those who have nowhere else to try: they wait for the
// answer, and what was asked for is done once.
func (p *person) opens(at *node, path string) answer {
	p.house.t.Helper()
	return p.must(p.ask(p.house.t.Context(), patience, http.MethodGet, at, path, nil))
}

func (p *person) posts(at *node, path string, form url.Values) answer {
	p.house.t.Helper()
	return p.must(p.ask(p.house.t.Context(), patience, http.MethodPost, at, path, form))
}

func (p *person) must(got answer, err error) answer {
	p.house.t.Helper()
	if err != nil {
		p.house.t.Fatal(err)
	}
	return got
}

// shortPatience is how long people wait for an answer before they try elsewhere.
const shortPatience = 3 * time.Second

func (p *person) get(ctx context.Context, at *node, path string) (answer, error) {
	return p.ask(ctx, shortPatience, http.MethodGet, at, path, nil)
}

func (p *person) post(ctx context.Context, at *node, path string, form url.Values) (answer, error) {
	return p.ask(ctx, shortPatience, http.MethodPost, at, path, form)
}

// ask sends a request, with a form or nil, and gives it up when its answer takes
// too long.
func (p *person) ask(ctx context.Context, within time.Duration, method string, at *node, path string, form url.Values) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var body io.Reader
	if form != nil || method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, at.Address+path, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("X-Forwarded-For", p.address)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(text)}, nil
}

// gather has twelve people talk and twelve read, over all rooms and nodes.
func (h *house) gather() {
	h.t.Helper()
	for i := range 12 {
		room := h.rooms[i%len(h.rooms)]
		h.readers = append(h.readers, h.listens(h.enters(fmt.Sprintf("Reader %d", i), room), h.nodes[i/len(h.rooms)%len(h.nodes)]))
		h.talkers = append(h.talkers, &talker{person: h.enters(fmt.Sprintf("Talker %d", i), room), number: i})
	}
	for _, talker := range h.talkers {
		h.people.Go(talker.talk)
	}
	h.t.Cleanup(h.hush)
}

// hush has the talkers end. Their last words are acknowledged then.
func (h *house) hush() {
	select {
	case <-h.quiet:
	default:
		close(h.quiet)
	}
	h.people.Wait()
}

// goesOn waits until so many more messages are acknowledged.
func (h *house) goesOn(more int64) {
	h.t.Helper()
	from := h.said.Load()
	until(h.t, fmt.Sprintf("%d more messages are acknowledged", more), func() bool { return h.said.Load() >= from+more })
}
