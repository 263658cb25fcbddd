package cluster

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestLimitsAreThoseOfOneNode: three nodes let nobody say more, and have no more
// streams, than one does, and whoever is banned at one is kept out at all.
func TestLimitsAreThoseOfOneNode(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "--limits", "on")
	for _, p := range []*person{h.signsUp("Member", "lobby"), h.enters("Guest", "lobby")} {
		p.floods()
	}
	h.crowds()
	victim := h.enters("Victim", "kitchen")
	var streams []*reader
	for _, n := range h.nodes {
		streams = append(streams, h.listensOnlyAt(victim, n))
	}
	h.bans(streams...)
	h.areGone(streams...)
	victim.isKeptOut()
}

// isKeptOut checks that no node takes anything of somebody who was banned, nor lets
// them in as somebody else.
func (p *person) isKeptOut() {
	p.house.t.Helper()
	other := p.house.stranger("Innocent", strings.TrimPrefix(p.room, "/rooms/"))
	other.address = p.address
	for _, n := range p.house.nodes {
		said := p.posts(n, p.room+"/messages", url.Values{"body": {"at " + n.Name}})
		came := other.posts(n, p.room+"/join", url.Values{"name": {other.name}})
		if said.status != http.StatusForbidden || came.status != http.StatusForbidden {
			p.house.t.Errorf("%s answers who was banned with %d, and with %d when they come anew", n.Name, said.status, came.status)
		}
	}
}

// floods has a person say at one node after the other as much as it takes, and go
// on at the next when that has heard of it.
func (p *person) floods() {
	h := p.house
	h.t.Helper()
	const burst = 10 // what may pass at once, and then one a second
	said, begun := 0, time.Now()
	for _, at := range h.nodes {
		for n, isAdmitted := 0, true; isAdmitted && n < 2*burst; n++ { // a slow machine is never refused
			got := p.posts(at, p.room+"/messages", url.Values{"body": {fmt.Sprintf("%s says %d at %s", p.name, n, at.Name)}})
			switch isAdmitted = got.status == http.StatusSeeOther; {
			case isAdmitted:
				said++
			case got.status != http.StatusTooManyRequests:
				h.t.Fatalf("%s is answered with %d at %s", p.name, got.status, at.Name)
			}
		}
		for _, other := range h.nodes {
			if other != at {
				h.hears(other, at)
			}
		}
	}
	took := time.Since(begun)
	h.t.Logf("%s said %d things in %v", p.name, said, took.Round(time.Millisecond))
	if most := burst + int(took.Seconds()); said > most {
		h.t.Errorf("%s said %d things over all nodes, at most %d may pass", p.name, said, most)
	}
}

var formToken = regexp.MustCompile(`name="token" value="([^"]+)"`)

// hears waits until one node has heard of all that another has counted so far. They
// tell it in order, and that a form was used is counted too: a node that knows it of
// a form knows all that was counted before.
func (h *house) hears(one, another *node) {
	h.t.Helper()
	until(h.t, one.Name+" has heard what "+another.Name+" counted", func() bool {
		number := h.strangers.Load()
		first, second := h.stranger(fmt.Sprintf("First %d", number), "garden"), h.stranger(fmt.Sprintf("Second %d", number), "garden")
		second.address = first.address
		door := first.room + "/join"
		token := formToken.FindStringSubmatch(first.opens(another, door).body)
		if token == nil {
			h.t.Fatal("the door has no token")
		}
		joins := func(p *person, at *node) int {
			return p.posts(at, door, url.Values{"name": {p.name}, "token": {token[1]}}).status
		}
		if status := joins(first, another); status != http.StatusSeeOther {
			h.t.Fatalf("who comes in is answered with %d", status)
		}
		switch status := joins(second, one); status {
		case http.StatusSeeOther:
			return false
		case http.StatusUnprocessableEntity:
			return true
		default:
			h.t.Fatalf("a form that was used is answered with %d", status)
			return false
		}
	})
}

// crowds has people behind one address open as many streams as they may, spread
// over all nodes.
func (h *house) crowds() {
	h.t.Helper()
	const perPerson, perAddress, address = 30, 500, "198.51.100.1"
	ctx, leave := context.WithCancel(h.t.Context())
	defer leave()
	for opened := 0; opened < perAddress; {
		p := h.enters(fmt.Sprintf("Crowd %d", opened), "garden")
		p.address = address
		for range min(perPerson, perAddress-opened) {
			if status := p.opensStream(ctx, h.nodes[opened%len(h.nodes)]); status != http.StatusOK {
				h.t.Fatalf("stream %d is answered with %d", opened, status)
			}
			opened++
		}
		if opened == perPerson {
			p.address = "198.51.100.2"
			h.takesNoStreamOf(p, "who has as many as they may")
		}
	}
	late := h.enters("Latecomer", "garden")
	late.address = address
	h.takesNoStreamOf(late, "behind an address that has as many as it may")
	late.address = "198.51.100.3"
	for _, n := range h.nodes {
		if status := late.opensStream(ctx, n); status != http.StatusOK {
			h.t.Errorf("from another address a stream is answered with %d at %s", status, n.Name)
		}
	}
}

// takesNoStreamOf waits until each node refuses somebody one more stream, as it does
// once it has heard of those at others.
func (h *house) takesNoStreamOf(p *person, why string) {
	h.t.Helper()
	for _, n := range h.nodes {
		until(h.t, n.Name+" refuses another stream of "+p.name+", "+why, func() bool {
			ctx, leave := context.WithCancel(h.t.Context())
			defer leave()
			return p.opensStream(ctx, n) == http.StatusTooManyRequests
		})
	}
}

// opensStream opens one that nobody reads, until ctx ends.
func (p *person) opensStream(ctx context.Context, at *node) (status int) {
	p.house.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Address+p.room+"/events", nil)
	if err != nil {
		p.house.t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", p.address)
	resp, err := p.client.Do(r)
	if err != nil {
		p.house.t.Fatal(err)
	}
	context.AfterFunc(ctx, func() { _ = resp.Body.Close() })
	return resp.StatusCode
}
