package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"parlour/cmd/parlour-load/internal/crowd"
)

// progress is one line on a terminal that tells how far things are. It is
// silent where nobody watches.
type progress struct {
	to         *os.File
	who, doing string
	began      time.Time
	at         time.Time // of the last step, for the rate
	deliveries int64     // at the last step
}

func newProgress(to *os.File, quiet bool) *progress {
	if quiet || !term.IsTerminal(int(to.Fd())) {
		to = nil
	}
	return &progress{to: to}
}

// say begins something.
func (p *progress) say(who, doing string) {
	p.who, p.doing, p.began, p.at, p.deliveries = who, doing, time.Now(), time.Now(), 0
	p.line("")
}

// step tells how far it is.
func (p *progress) step(s crowd.Progress) {
	now := time.Now()
	rate := float64(max(0, s.Deliveries-p.deliveries)) / now.Sub(p.at).Seconds()
	p.at, p.deliveries = now, s.Deliveries
	p.line(fmt.Sprintf("%d of %d streams, %d posts, %.0f deliveries/s", s.Open, s.Readers, s.Posts, rate))
}

func (p *progress) line(text string) {
	if p.to != nil {
		fmt.Fprintf(p.to, "\r\x1b[K%s %s, %.0f s  %s", p.who, p.doing, time.Since(p.began).Seconds(), text)
	}
}

// done clears the line.
func (p *progress) done() {
	if p.to != nil {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}
