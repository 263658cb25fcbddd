// Command parlour is the chat server: one binary, and one SQLite file.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // for machines that have no time zones of their own

	"github.com/alecthomas/kong"
)

// commands are what the program can do. Every option of theirs is a flag and an
// environment variable.
type commands struct {
	Serve   serveCommand   `cmd:"" default:"withargs" help:"Open the house and serve it (the default)."`
	Room    roomCommand    `cmd:"" help:"Look after rooms."`
	Admin   adminCommand   `cmd:"" help:"Look after admins and their passwords."`
	Migrate migrateCommand `cmd:"" help:"Carry the house over from its SQLite file to a PostgreSQL database."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parsed := kong.Parse(&c,
		kong.Name("parlour"),
		kong.Description("A chat server to drop beside any website."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	// From the second signal on, the system's own ending.
	context.AfterFunc(ctx, stop)
	parsed.FatalIfErrorf(parsed.Run())
}

type versionCommand struct{}

// Run prints what was built from what.
func (versionCommand) Run() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this binary has no build information")
	}
	revision := ""
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = " " + setting.Value
		}
	}
	fmt.Printf("parlour %s%s %s\n", info.Main.Version, revision, info.GoVersion)
	return nil
}
