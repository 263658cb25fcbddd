package cluster

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
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// node is one server of the house, running or not.
type node struct {
	t        *testing.T
	name     string
	options  []string
	database *wire
	bus      *wire
	address  string // http://127.0.0.1:PORT, the same after a restart
	cmd      *exec.Cmd
	ended    chan struct{} // closed when the process has ended and its log is read
	err      error         // how it ended; read it after ended
	log      nodeLog
	// isReady is what the load balancer thinks of it.
	isReady atomic.Bool
}

var addressInLog = regexp.MustCompile(`address="?(https?://[^\s"]+)`)

// start starts the process. Whoever needs it waits for its address.
func (n *node) start(listen string) (isUp func()) {
	n.t.Helper()
	n.cmd = exec.Command(builtProgram(n.t), append([]string{"serve", "--listen", listen}, n.options...)...)
	// An operator's own settings must not reach the program under test.
	n.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PARLOUR_") })
	n.cmd.Stdout = &n.log
	out, err := n.cmd.StderrPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	n.ended = ended
	cmd := n.cmd
	go func() {
		lines := bufio.NewReader(io.TeeReader(out, &n.log))
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
		n.err = cmd.Wait()
		close(ended)
	}()
	return func() {
		n.t.Helper()
		select {
		case told := <-address:
			if n.address == "" { // it is the same after a restart, and others read it
				n.address = told
			}
		case <-ended:
			n.t.Fatalf("%s ended at once: %v\n%s", n.name, n.err, n.log.String())
		case <-time.After(patience):
			n.t.Fatalf("%s did not say its address\n%s", n.name, n.log.String())
		}
	}
}

// again starts the node that has ended, at the address it had.
func (n *node) again() {
	n.t.Helper()
	n.start(strings.TrimPrefix(n.address, "http://"))()
}

// stop asks the node to end, as a service manager does, and waits for it.
func (n *node) stop() {
	n.t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatal(err)
	}
	select {
	case <-n.ended:
	case <-time.After(patience):
		_ = n.cmd.Process.Kill()
		n.t.Fatalf("%s did not end when asked:\n%s", n.name, n.log.end())
	}
	if n.err != nil {
		n.t.Errorf("%s was asked to end and ended with %v", n.name, n.err)
	}
}

// kill ends the node as a power cut would, as far as a process can tell.
func (n *node) kill() {
	n.t.Helper()
	if err := n.cmd.Process.Kill(); err != nil {
		n.t.Fatal(err)
	}
	<-n.ended
}

func (n *node) finish() {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	select {
	case <-n.ended:
	default:
		n.database.mend() // a test may have failed before it did
		n.bus.mend()
		n.stop()
	}
	if log := n.log.String(); strings.Contains(log, "WARNING: DATA RACE") || strings.Contains(log, "panic") {
		n.t.Errorf("%s raced or panicked:\n%s", n.name, log)
	} else if n.t.Failed() {
		n.t.Logf("the log of %s ends so:\n%s", n.name, n.log.end())
	}
}

// nodeLog collects what the node writes.
type nodeLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *nodeLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *nodeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *nodeLog) end() string {
	lines := strings.Split(strings.TrimRight(l.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

var (
	buildFlags []string
	programDir string // where the program was built, or empty
)

// build makes the program once for all tests.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parlour-cluster-")
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
