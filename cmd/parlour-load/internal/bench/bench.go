// Package bench holds Parlour against what was asked of its speed: it builds the
// server, runs it and its yardsticks one after the other on this machine, and
// writes a document in which each asked figure stands beside the measured one.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"parlour/cmd/parlour-load/internal/trial"
)

// Options of a bench.
type Options struct {
	Module string // the folder of the module
	Data   string // where databases are made; the disk there is measured, too
	Quick  bool   // line 8 with one million messages in place of ten
	// Scale divides readers, rooms, messages and times, to try the bench out.
	// With more than 1 the figures mean nothing.
	Scale int
	Only  string    // measures only the part whose name begins so
	Log   io.Writer // is told what is being measured
}

// Line is one thing asked, with what was measured.
type Line struct {
	Number   int
	Asked    string
	Measured string
	Verdict  Verdict
	Why      string // how the figure is to be read
	Cause    string // why the line falls short where it does, as far as that is known
}

// Verdict says whether a line is met.
type Verdict string

// The verdicts.
const (
	Met        Verdict = "ok"
	MetSmaller Verdict = "ok, at a smaller size"
	Short      Verdict = "falls short"
	Unmeasured Verdict = "not measured"
)

func verdict(met bool) Verdict {
	if met {
		return Met
	}
	return Short
}

// bench is one run.
type bench struct {
	Options
	server string // the built program
	show   *trial.Progress

	document document
}

// Run measures all lines and answers the document.
func Run(ctx context.Context, o Options) ([]byte, error) {
	dir, err := os.MkdirTemp(o.Data, "parlour-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o.Data, o.Scale = dir, max(1, o.Scale)
	b := &bench{Options: o, server: filepath.Join(dir, "parlour"), show: trial.NewProgress(nil, true)}
	b.document = document{Machine: trial.ThisMachine(), At: time.Now().UTC(), Commit: b.commit(ctx), Load: load(), Scale: o.Scale}
	if out, err := b.tool(ctx, "go", "build", "-o", b.server, "./cmd/parlour").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build ./cmd/parlour: %w\n%s", err, out)
	}
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"one room, many readers", b.fanOut},
		{"more readers than that", b.moreReaders},
		{"readers over HTTP/2", b.encryptedReaders},
		{"a thousand rooms", b.manyRooms},
		{"slow readers", b.slowReaders},
		{"the store", b.storing},
		{"pages", b.pages},
		{"a large house", b.largeHouse},
		{"a week in one room", b.weekInOneRoom},
		{"more than one machine", b.severalNodes},
	} {
		if !strings.HasPrefix(part.name, o.Only) {
			continue
		}
		start := time.Now()
		fmt.Fprintf(o.Log, "%s …\n", part.name)
		if err := part.run(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(o.Log, "%s: %.0f s\n", part.name, time.Since(start).Seconds())
	}
	b.document.Took = time.Since(b.document.At)
	return b.document.markdown(), nil
}

func (b *bench) tool(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = b.Module
	return cmd
}

// commit names what is measured.
func (b *bench) commit(ctx context.Context) string {
	out, err := b.tool(ctx, "git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	commit := strings.TrimSpace(string(out))
	if out, err := b.tool(ctx, "git", "status", "--porcelain", "--untracked-files=no").Output(); err != nil || len(out) > 0 {
		commit += " with changes"
	}
	return commit
}

// load is how many processes wanted to run lately, or empty. It says whether
// the machine had other work.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	average, _, _ := strings.Cut(string(b), " ")
	return average
}

// less divides a count by the scale.
func (b *bench) less(n int) int { return max(1, n/b.Scale) }

// shorter divides a time by the scale.
func (b *bench) shorter(d time.Duration) time.Duration { return d / time.Duration(b.Scale) }

func (b *bench) line(l Line) { b.document.Lines = append(b.document.Lines, l) }

func (b *bench) note(r trial.Result, what string) {
	b.document.Trials = append(b.document.Trials, noted{what, r})
}
