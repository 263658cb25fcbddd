package trial

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"parlour/cmd/parlour-load/internal/crowd"
)

// Progress is one line on a terminal that tells how far things are. It is
// silent where nobody watches.
type Progress struct {
	to         *os.File
	who, doing string
	began      time.Time
	at         time.Time // of the last step, for the rate
	deliveries int64     // at the last step
}

// NewProgress tells to a file, if it is a terminal and not quiet.
func NewProgress(to *os.File, quiet bool) *Progress {
	if quiet || !term.IsTerminal(int(to.Fd())) {
		to = nil
	}
	return &Progress{to: to}
}

// Say begins something.
func (p *Progress) Say(who, doing string) {
	p.who, p.doing, p.began, p.at, p.deliveries = who, doing, time.Now(), time.Now(), 0
	p.line("")
}

// step tells how far it is.
func (p *Progress) step(s crowd.Progress) {
	now := time.Now()
	rate := float64(max(0, s.Deliveries-p.deliveries)) / now.Sub(p.at).Seconds()
	p.at, p.deliveries = now, s.Deliveries
	p.line(fmt.Sprintf("%d of %d streams, %d posts, %.0f deliveries/s", s.Open, s.Readers, s.Posts, rate))
}

func (p *Progress) line(text string) {
	if p.to != nil {
		fmt.Fprintf(p.to, "\r\x1b[K%s %s, %.0f s  %s", p.who, p.doing, time.Since(p.began).Seconds(), text)
	}
}

// Done clears the line.
func (p *Progress) Done() {
	if p.to != nil {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}
