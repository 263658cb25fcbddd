package cluster

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestNodeIsStoppedWhileItsDatabaseIsSilent: its packets vanish, and nobody is
// told. Who posts there is told that it cannot be done, and the node ends in good
// order although it never hears of its database again.
func TestNodeIsStoppedWhileItsDatabaseIsSilent(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.gather()
	cut := h.nodes[0]
	victim := h.enters("Victim", "garden")
	h.goesOn(100)
	cut.database.cut()
	var answers []<-chan string
	for i := range 3 {
		answers = append(answers, victim.postsPatiently(cut, fmt.Sprintf("into the dark %d", i)))
	}
	// The node takes connections in their turn, so it works on the posts by the time
	// when it has answered something that was asked later.
	if got := h.stranger("Visitor", "garden").opens(cut, "/healthz"); got.status != http.StatusOK {
		t.Fatalf("the node is answering %d", got.status)
	}
	begun := time.Now()
	cut.Stop()
	t.Logf("the node ended after %v", time.Since(begun).Round(time.Millisecond))
	if !strings.Contains(cut.Log.String(), "nothing is heard of the database") {
		t.Error("the log does not say why posts were given up")
	}
	for _, answered := range answers {
		if got := <-answered; got != "503 Service Unavailable" {
			t.Errorf("a post in flight was answered with %s", got)
		}
	}
	h.goesOn(100)
	cut.database.mend()
	cut.again()
	h.allWell()
	h.goesOn(100)
	h.settles()
}

// postsPatiently has a person say something at a node, and returns once that is
// sent. What it is answered with comes later.
func (p *person) postsPatiently(at *node, text string) <-chan string {
	p.house.t.Helper()
	sent, answered := make(chan struct{}), make(chan string, 1)
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
	})
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	p.house.t.Cleanup(cancel)
	form := url.Values{"body": {text}, "key": {text}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.Address+p.room+"/messages", strings.NewReader(form.Encode()))
	if err != nil {
		p.house.t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", p.address)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := *p.client
	client.Transport = &http.Transport{DisableKeepAlives: true}
	go func() {
		resp, err := client.Do(r)
		if err != nil {
			answered <- err.Error()
			return
		}
		_ = resp.Body.Close()
		answered <- resp.Status
	}()
	select {
	case <-sent:
	case got := <-answered:
		p.house.t.Fatalf("a post was not sent: %s", got)
	}
	return answered
}
