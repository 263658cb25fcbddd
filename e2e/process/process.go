// Package process runs the real program for the tests that look at it from
// outside.
package process

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parlour/internal/freeport"
)

// patience is how long the program may take to say its address, and half of how
// long it may take to end: far longer than it does take, because the machines
// that run tests are shared.
const patience = time.Minute

// Process is the program, running or not.
type Process struct {
	// Name is what it is called where something is wrong with it.
	Name string
	// Listen is where it is to listen, and Address is that with http:// or https://;
	// both are the same after a restart.
	Listen, Address string
	Log             Log

	t     *testing.T
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended and its log is read
	err   error         // how it ended; read it after ended
}

// New is a process that was not started yet.
func New(t *testing.T, name string) *Process {
	t.Helper()
	port, err := freeport.Take()
	if err != nil {
		t.Fatal(err)
	}
	return &Process{Name: name, Listen: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), t: t}
}

var addressInLog = regexp.MustCompile(`address="?(https?://[^\s"]+)`)

// Start starts `parlour serve` with further options. Whoever needs it waits with
// isUp, which must be called.
func (p *Process) Start(options ...string) (isUp func()) {
	p.t.Helper()
	cmd := exec.Command(Build(p.t), append([]string{"serve", "--listen", p.Listen}, options...)...)
	// An operator's own settings must not reach the program under test.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PARLOUR_") })
	cmd.Stdout = &p.Log
	out, err := cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go func() {
		lines := bufio.NewReader(io.TeeReader(out, &p.Log))
		for {
			line, err := lines.ReadString('\n')
			if found := addressInLog.FindStringSubmatch(line); found != nil {
				select {
				case address <- found[1]:
				default:
				}
			}
			if err != nil {
				break
			}
		}
		p.err = cmd.Wait()
		close(ended)
	}()
	return func() {
		p.t.Helper()
		select {
		case told := <-address:
			if p.Address == "" { // it is the same after a restart, and others read it
				p.Address = told
			}
		case <-ended:
			p.t.Fatalf("%s ended at once: %v\n%s", p.Name, p.err, p.Log.String())
		case <-time.After(patience):
			p.t.Fatalf("%s did not say its address\n%s", p.Name, p.Log.String())
		}
	}
}

// IsRunning tells whether it was started and has not ended.
func (p *Process) IsRunning() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Signal sends the program a signal.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// Terminate asks the program to end and does not wait.
func (p *Process) Terminate() {
	p.t.Helper()
	p.Signal(syscall.SIGTERM)
}

// Wait waits until the program that was asked to end has done so, and as one
// that was asked does.
func (p *Process) Wait() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * patience):
		_ = p.cmd.Process.Kill()
		p.t.Fatalf("%s did not end when asked:\n%s", p.Name, p.Log.End())
	}
	if p.err != nil {
		p.t.Errorf("%s was asked to end and ended with %v", p.Name, p.err)
	}
}

// Stop asks the program to end, as a service manager does, and waits for it.
func (p *Process) Stop() {
	p.t.Helper()
	p.Terminate()
	p.Wait()
}

// Kill ends the program as a power cut would, as far as a process can tell.
func (p *Process) Kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
}

// CheckLog fails the test if the program has raced or panicked, and shows the
// end of the log of a test that failed otherwise.
func (p *Process) CheckLog() {
	p.t.Helper()
	if log := p.Log.String(); strings.Contains(log, "WARNING: DATA RACE") || strings.Contains(log, "panic") {
		p.t.Errorf("%s raced or panicked:\n%s", p.Name, log)
	} else if p.t.Failed() {
		p.t.Logf("the log of %s ends so:\n%s", p.Name, p.Log.End())
	}
}
