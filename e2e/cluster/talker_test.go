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
		if isSaid, goesOn := t.insist(text, n%5 == 0); isSaid {
			t.acked[text] = true
			t.house.said.Add(1)
		} else if !goesOn {
			return
		}
	}
}

// insist says a text until it is acknowledged, or until somebody who gives up
// does so. Whoever gets nowhere for too long talks no more.
func (t *talker) insist(text string, givesUp bool) (isSaid, goesOn bool) {
	for try, deadline := 1, time.Now().Add(patience); ; try++ {
		isSaid, goesOn = t.say(text)
		switch {
		case isSaid || !goesOn:
			return isSaid, goesOn
		case givesUp && try == triesAtMost:
			return false, true
		case time.Now().After(deadline):
			t.strange = append(t.strange, fmt.Sprintf("%q was not acknowledged within %v", text, patience))
			return false, false
		}
		time.Sleep(betweenTries)
	}
}

// say tells whether the text was acknowledged, and else whether it is worth
// another try.
func (t *talker) say(text string) (isSaid, goesOn bool) {
	got, err := t.post(context.Background(), t.house.next(), t.room+"/messages", url.Values{"body": {text}, "key": {text}})
	switch {
	case err != nil || got.status == http.StatusServiceUnavailable:
		return false, true
	case got.status == http.StatusSeeOther && strings.HasPrefix(got.location, t.room+"#"):
		return true, true
	}
	t.strange = append(t.strange, fmt.Sprintf("%q was answered with %d to %q", text, got.status, got.location))
	return false, false
}
