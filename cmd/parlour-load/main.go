// Parlour-load asks a Parlour what it holds: it opens many readers, posts, and
// tells how fast and at what price every reader got every message.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"parlour/cmd/parlour-load/internal/yardstick"
)

type commands struct {
	Run   runCommand   `cmd:"" default:"withargs" help:"Open readers, post, and report (the default)."`
	Bench benchCommand `cmd:"" help:"Build Parlour, hold it against what is asked of its speed, and write the document."`
	Serve serveCommand `cmd:"" hidden:"" help:"Serve as a yardstick, or as the bus."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cli := kong.Parse(new(commands),
		kong.Name("parlour-load"),
		kong.Description("Opens readers in the rooms of a Parlour, posts, and reports deliveries, losses, latencies, and the server's processor time and memory.\n\nThe server must run with --limits off: from one machine, a crowd looks like an attack."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	cli.FatalIfErrorf(cli.Run())
}

// serveCommand is this program as the child that it measures.
type serveCommand struct {
	Kind    string `arg:"" enum:"bare,usual,bus"`
	Listen  string `default:"127.0.0.1:0"`
	TLSCert string `name:"tls-cert" type:"existingfile"` // usual
	TLSKey  string `name:"tls-key" type:"existingfile"`
}

// Run serves until stdin ends, which it does with the parent.
func (c serveCommand) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		os.Stdin.Read(make([]byte, 1)) // nobody writes to it
		stop()
	}()
	switch c.Kind {
	case "bare":
		return yardstick.Bare(ctx, c.Listen)
	case "bus":
		return serveBus(ctx, c.Listen)
	default:
		return yardstick.Usual(ctx, c.Listen, c.TLSCert, c.TLSKey)
	}
}
