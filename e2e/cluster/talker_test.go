package cluster

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// talker says one thing after the other. What is not acknowledged is said again
// with the same key, at another node, until it is; every fifth is given up
// when it was tried a few times.
type talker struct {
	*person
	number  int
	tried   []string // in order
	acked   map[string]bool
	strange []string // answers that no talker should get
}

const (
	betweenTexts = 60 * time.Millisecond
	betweenTries = 100 * time.Millisecond
	triesAtMost  = 3 // of what is given up
)

func (t *talker) talk() {
	t.acked = make(map[string]bool)
	for n := 1; ; n++ {
		select {
		case <-t.house.quiet:
			return
		case <-time.After(betweenTexts):
		}
		text := fmt.Sprintf("talker%dsays%d", t.number, n)
		t.tried = append(t.tried, text)
		for try := 1; ; try++ {
			if t.say(text) {
				t.acked[text] = true
				t.house.said.Add(1)
				break
			}
			if n%5 == 0 && try == triesAtMost || t.isLost() {
				break
			}
			time.Sleep(betweenTries)
		}
	}
}

// isLost tells whether the test is over, so that nobody goes on for ever.
func (t *talker) isLost() bool {
	select {
	case <-t.house.quiet:
		return t.house.t.Failed()
	default:
		return false
	}
}

// say tells whether the text was acknowledged.
func (t *talker) say(text string) bool {
	got, err := t.post(context.Background(), t.house.next(), t.room+"/messages", url.Values{"body": {text}, "key": {text}})
	switch {
	case err != nil:
		return false
	case got.status == http.StatusSeeOther && strings.HasPrefix(got.location, t.room+"#"):
		return true
	case got.status != http.StatusServiceUnavailable:
		t.strange = append(t.strange, fmt.Sprintf("%q was answered with %d to %q", text, got.status, got.location))
	}
	return false
}
