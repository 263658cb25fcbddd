package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"

	"parlour/cmd/parlour-load/internal/process"
)

type runCommand struct {
	URL string `arg:"" optional:"" help:"Address of the server, such as http://127.0.0.1:8080. Without it only yardsticks are measured."`
	crowdFlags
	Yardstick []string `enum:"bare,usual" sep:"," help:"Measure a built-in server in the same way: bare (one write(2) for each reader and event) or usual (a goroutine and a channel for each reader). May be repeated."`
	PID       int      `name:"pid" help:"Process id of the server on this machine, for its processor time and memory."`
	Collect   string   `placeholder:"URL" help:"Address that makes the server collect garbage before its memory is read, such as …/debug/pprof/heap?gc=1 of its metrics address."`
	JSON      string   `name:"json" type:"path" placeholder:"FILE" help:"Write the report there, too."`
	Quiet     bool     `short:"q" help:"No progress on stderr."`
}

// crowdFlags say what the crowd is like.
type crowdFlags struct {
	Readers     int           `default:"1000" help:"Readers, spread evenly over the rooms."`
	Rooms       int           `default:"1" help:"Rooms. More than one are named by --room-pattern."`
	Room        string        `default:"lobby" help:"The room, when there is one."`
	RoomPattern string        `default:"load-%d" help:"Names of several rooms, counted from 1."`
	Sessions    int           `default:"200" help:"Sessions that the readers share."`
	InFlight    []int         `default:"1" help:"Closed loop: posts under way at a time. Several values are measured one after the other."`
	Rate        float64       `help:"Posts a second, in place of a closed loop."`
	Duration    time.Duration `default:"10s" help:"How long to post."`
	Posts       int           `help:"Posts after which to stop earlier."`
	WarmUp      time.Duration `default:"1s" help:"How long to post before anything counts."`
	EventBytes  int           `default:"500" help:"Size of an event on the wire; messages are padded to reach it."`
	Stalled     int           `help:"Readers on top that never read."`
	Slow        int           `help:"Readers on top that read slowly."`
	SlowRate    int           `default:"1024" help:"Bytes a second that a slow reader reads."`
	Settle      time.Duration `default:"15s" help:"The most to wait until the server's memory stands still, before and after the readers have come."`
	Pin         bool          `default:"true" negatable:"" help:"Keep the reading thread on the last core, and yardsticks on the first."`
	Plain       bool          `help:"Post as a browser without scripts does, and be answered 303."`
	Spin        bool          `default:"true" negatable:"" help:"In a closed loop keep this program awake, so that the server is not charged for waking it."`
}

func (c *runCommand) slugs() []string {
	if c.Rooms <= 1 {
		return []string{c.Room}
	}
	slugs := make([]string, c.Rooms)
	for i := range slugs {
		slugs[i] = fmt.Sprintf(c.RoomPattern, i+1)
	}
	return slugs
}

func (c *runCommand) Validate() error {
	if c.URL == "" && len(c.Yardstick) == 0 {
		return fmt.Errorf("an address or a --yardstick is needed")
	}
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err != nil || u.Scheme != "http" || u.Host == "" {
			return fmt.Errorf("the address must be like http://host:port, without TLS")
		}
	}
	return nil
}

// Run measures and reports.
func (c *runCommand) Run(ctx context.Context) error {
	show := newProgress(os.Stderr, c.Quiet)
	report := Report{Machine: thisMachine(), At: time.Now().UTC().Truncate(time.Second)}
	for _, kind := range c.Yardstick {
		result, err := c.yardstick(ctx, kind, show)
		if err != nil {
			return fmt.Errorf("yardstick %s: %w", kind, err)
		}
		report.Results = append(report.Results, result)
	}
	if c.URL != "" {
		result, err := measure(ctx, subject{Name: "parlour", Base: c.URL, PID: c.PID, Collect: c.Collect}, c.crowdFlags, c.slugs(), show)
		if err != nil {
			return err
		}
		report.Results = append(report.Results, result)
	}
	show.done()
	if c.JSON != "" {
		if err := writeJSON(c.JSON, report); err != nil {
			return err
		}
	}
	return report.write(os.Stdout)
}

func (c *runCommand) yardstick(ctx context.Context, kind string, show *progress) (Result, error) {
	server, err := startYardstick(ctx, kind, c.Pin)
	if err != nil {
		return Result{}, err
	}
	defer server.Stop()
	return measure(ctx, server.subject, c.crowdFlags, c.slugs(), show)
}

// standing is a server that this program has started.
type standing struct {
	*process.Child
	subject
}

func startYardstick(ctx context.Context, kind string, pin bool) (*standing, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	child, err := startPinned(ctx, pin, process.Options{}, self, "serve", kind)
	if err != nil {
		return nil, err
	}
	return &standing{child, subject{Name: kind, Base: child.Address, PID: child.PID, Collect: child.Address + "/collect"}}, nil
}

// startPinned starts a server with one processor of Go's, and with pin on the
// first core where there are two. The crowd keeps to the last one.
func startPinned(ctx context.Context, pin bool, o process.Options, name string, args ...string) (*process.Child, error) {
	o.Core = -1
	o.Env = append(o.Env, "GOMAXPROCS=1")
	if cores := process.Cores(); pin && len(cores) > 1 {
		o.Core = slices.Min(cores)
	}
	return process.Start(ctx, o, name, args...)
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
