package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the real program with its folder, running or not.
type program struct {
	t       *testing.T
	data    string   // its folder
	address string   // http://127.0.0.1:PORT or with https, the same after a restart
	options []string // without --listen and --data
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process has ended and its log is read
	err     error         // how it ended; read it after ended
	log     programLog
	// troubled is set by tests that break things on purpose: then errors in the
	// log are no failure.
	troubled bool
}

// start runs the program with an empty folder and options of its own. It is
// stopped at the end of the test, and then its log must be free of errors.
func start(t *testing.T, options ...string) *program {
	t.Helper()
	p := &program{t: t, data: t.TempDir(), options: options}
	t.Cleanup(p.finish)
	p.run("127.0.0.1:0")
	return p
}

var addressInLog = regexp.MustCompile(`address="?(https?://[^\s"]+)`)

func (p *program) run(listen string) {
	p.t.Helper()
	args := []string{"serve", "--listen", listen, "--data", p.data}
	p.cmd = exec.Command(builtProgram(p.t), append(args, p.options...)...)
	// An operator's own settings must not reach the program under test.
	p.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PARLOUR_") })
	p.cmd.Stdout = &p.log
	out, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	p.ended = ended
	go func() {
		lines := bufio.NewReader(io.TeeReader(out, &p.log))
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
		p.err = p.cmd.Wait()
		close(ended)
	}()
	select {
	case p.address = <-address:
	case <-ended:
		p.t.Fatalf("the program ended at once: %v\n%s", p.err, p.log.String())
	case <-time.After(patience):
		p.t.Fatalf("the program did not say its address\n%s", p.log.String())
	}
}

// url is an address in the program.
func (p *program) url(path string) string { return p.address + path }

// host is the program's address and port.
func (p *program) host() string {
	_, host, _ := strings.Cut(p.address, "://")
	return host
}

// terminate asks the program to end and does not wait.
func (p *program) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
}

// stop asks the program to end, as a service manager does, and waits for it.
func (p *program) stop() {
	p.t.Helper()
	p.terminate()
	p.waitForEnd()
	if p.err != nil {
		p.t.Errorf("the program was asked to end and ended with %v", p.err)
	}
}

func (p *program) waitForEnd() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(2 * patience):
		_ = p.cmd.Process.Kill()
		p.t.Fatalf("the program did not end when asked")
	}
}

// kill ends the program as a power cut would, as far as a process can tell.
func (p *program) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
}

// again starts the stopped program at the address it had, over the same folder.
func (p *program) again() {
	p.t.Helper()
	p.run(p.host())
}

func (p *program) finish() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	select {
	case <-p.ended:
	default:
		p.stop()
	}
	log := p.log.String()
	if strings.Contains(log, "WARNING: DATA RACE") || strings.Contains(log, "panic") {
		p.t.Errorf("the program raced or panicked:\n%s", log)
		return
	}
	if strings.Contains(log, "level=ERROR") && !p.troubled {
		p.t.Errorf("the program logged an error:\n%s", log)
		return
	}
	if p.t.Failed() {
		p.t.Logf("the program's log ends so:\n%s", lastLines(log, 30))
	}
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// programLog collects what the program writes.
type programLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *programLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *programLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var (
	buildFlags []string
	programDir string // where the program was built, or empty
)

// build makes the program once for all tests.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parlour-e2e-")
	if err != nil {
		return "", err
	}
	programDir = dir
	file := filepath.Join(dir, "parlour")
	args := slices.Concat([]string{"build", "-o", file}, buildFlags, []string{"parlour/cmd/parlour"})
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return file, nil
})

func builtProgram(t *testing.T) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func removeProgram() {
	if programDir != "" {
		_ = os.RemoveAll(programDir)
	}
}
