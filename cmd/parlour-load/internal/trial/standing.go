package trial

import (
	"context"
	"os"
	"slices"

	"parlour/cmd/parlour-load/internal/process"
)

// Standing is a server that this program has started.
type Standing struct {
	Subject
	Child *process.Child
}

// Stop ends the server.
func (s *Standing) Stop() error { return s.Child.Stop() }

// StartYardstick starts this program as a yardstick: bare or usual. Usual takes
// flags for TLS.
func StartYardstick(ctx context.Context, kind string, pin bool, flags ...string) (*Standing, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	child, err := Start(ctx, pin, process.Options{Needs: []string{"metrics"}}, self, append([]string{"serve", kind}, flags...)...)
	if err != nil {
		return nil, err
	}
	metrics := child.Logged("metrics")
	return &Standing{Child: child, Subject: Subject{Name: kind, Base: child.Address, PID: child.PID, Collect: metrics + "/collect", Goroutines: metrics + "/goroutines"}}, nil
}

// Start starts a server with one processor of Go's, and with pin on the first
// core where there are two. The crowd keeps to the last one.
func Start(ctx context.Context, pin bool, o process.Options, name string, args ...string) (*process.Child, error) {
	o.Core = -1
	o.Env = append(o.Env, "GOMAXPROCS=1")
	if cores := process.Cores(); pin && len(cores) > 1 {
		o.Core = slices.Min(cores)
	}
	return process.Start(ctx, o, name, args...)
}
