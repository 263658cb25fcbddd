package e2e

import (
	"strings"
	"testing"

	"parlour/e2e/process"
)

// program is the real program with its folder, running or not.
type program struct {
	*process.Process
	t       *testing.T
	data    string   // its folder
	options []string // without --data
	// troubled is set by tests that break things on purpose: then errors in the
	// log are no failure.
	troubled bool
}

// start runs the program with an empty folder and options of its own. It is
// stopped at the end of the test, and then its log must be free of errors.
func start(t *testing.T, options ...string) *program {
	t.Helper()
	p := &program{Process: process.New(t, "the program"), t: t, data: t.TempDir(), options: options}
	t.Cleanup(p.finish)
	p.run()
	return p
}

func (p *program) run() {
	p.t.Helper()
	p.Start(append([]string{"--data", p.data}, p.options...)...)()
}

// url is an address in the program.
func (p *program) url(path string) string { return p.Address + path }

// again starts the stopped program at the address it had, over the same folder.
func (p *program) again() {
	p.t.Helper()
	p.run()
}

func (p *program) finish() {
	if p.IsRunning() {
		p.Stop()
	}
	p.CheckLog()
	if log := p.Log.String(); strings.Contains(log, "level=ERROR") && !p.troubled {
		p.t.Errorf("the program logged an error:\n%s", log)
	}
}
