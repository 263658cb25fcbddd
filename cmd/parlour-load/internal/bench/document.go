package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"parlour/cmd/parlour-load/internal/trial"
)

// document is what a bench writes.
type document struct {
	Machine trial.Machine
	At      time.Time
	Commit  string
	Load    string // of the machine before it began
	Scale   int
	Took    time.Duration
	Lines   []Line
	Trials  []noted
	Nodes   nodesSection
}

// noted is a trial with what it was.
type noted struct {
	what string
	trial.Result
}

const conditions = `Server and readers run on one machine and talk over the loopback device. The
server has one processor (GOMAXPROCS=1, kept on the first core); the readers
are one thread on the last core, which in a closed loop never sleeps, so that
the server is not charged for waking it. A CPU second is one of the server's
process, with all that the kernel does in its name, which on the loopback device
includes the receiving side of each write. Every delivery takes the real path: a
session is checked, the message is stored durably, rendered, framed and sent.

A closed loop with N in flight makes the next post when one of N has reached all
readers; with a rate, posts are due at their times and delays count from then.
*Bare* writes each event once to each socket and does nothing else; *usual* has
a goroutine and a channel for each reader, writes and flushes. Both are part of
` + "`cmd/parlour-load`" + ` and were measured by the same readers in the same run.
Resident bytes for a reader are what the process grew by when the readers came,
divided by their number; the kernel's memory for sockets is not in it.
`

func (d document) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmarks\n\nWritten by `go run ./cmd/parlour-load bench`, which anybody can repeat. It took %.0f minutes.\n\n", d.Took.Minutes())
	fmt.Fprintf(&b, "- Date: %s\n- Commit: %s\n- Machine: %s\n", d.At.Format("2006-01-02 15:04 MST"), d.Commit, d.Machine)
	if d.Load != "" {
		fmt.Fprintf(&b, "- Load of the machine before: %s\n", d.Load)
	}
	if d.Scale > 1 {
		fmt.Fprintf(&b, "- Everything was made %d times smaller to try the bench out: these figures mean nothing.\n", d.Scale)
	}
	b.WriteString("\n## Asked and measured\n\n| | asked | measured | |\n| --- | --- | --- | --- |\n")
	slices.SortStableFunc(d.Lines, func(a, b Line) int { return a.Number - b.Number })
	for _, l := range d.Lines {
		mark := string(l.Verdict)
		if l.Verdict != Met {
			mark = "**" + mark + "**"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", l.Number, l.Asked, l.Measured, mark)
	}
	d.shortcomings(&b)
	b.WriteString("\n## Remarks\n\n")
	for _, l := range d.Lines {
		if why := strings.TrimSpace(l.Why); why != "" {
			fmt.Fprintf(&b, "- %d: %s\n", l.Number, why)
		}
	}
	d.Nodes.write(&b)
	b.WriteString("\n## How it was measured\n\n" + conditions + "\n## All trials\n\n")
	b.WriteString("| server | what | readers | rooms | bytes per idle reader | posting | deliveries/s | per CPU s | in a read | event | p50 ms | p99 ms | max ms |\n")
	b.WriteString("| --- | --- " + strings.Repeat("| ---: ", 11) + "|\n")
	for _, t := range d.Trials {
		t.rows(&b)
	}
	return b.Bytes()
}

// shortcomings says of each line that falls short why it does.
func (d document) shortcomings(b *bytes.Buffer) {
	title := "\n## What falls short, and why\n\n"
	for _, l := range d.Lines {
		if l.Verdict == Short {
			fmt.Fprintf(b, "%s- %d, %s: %s\n", title, l.Number, l.Asked, cmp.Or(l.Cause, "the cause is not known."))
			title = ""
		}
	}
}

func (t noted) rows(b *bytes.Buffer) {
	readers := strconv.Itoa(t.Readers)
	if t.Slow+t.Stalled > 0 {
		readers += fmt.Sprintf(" + %d slow", t.Slow+t.Stalled)
	}
	for _, talk := range t.Talks {
		fmt.Fprintf(b, "| %s | %s | %s | %d | %s | %s | %s | %s | %.1f | %d | %.2f | %.2f | %.2f |\n",
			t.Name, t.what, readers, t.Rooms, thousands(t.BytesPerReader), talk.How(), thousands(talk.DeliveriesInSecond), thousands(talk.PerCPUSecond),
			talk.DeliveriesPerRead, talk.EventBytes, talk.Delivery.P50, talk.Delivery.P99, talk.Delivery.Max)
	}
}

// thousands writes a whole number with a comma at every third digit.
func thousands(f float64) string {
	s := strconv.FormatFloat(f, 'f', 0, 64)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
