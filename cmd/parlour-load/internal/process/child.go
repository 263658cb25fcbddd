package process

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Child is a server started to be measured.
type Child struct {
	Address string // http://host:port, from its log
	PID     int

	cmd   *exec.Cmd
	stdin io.Closer
	done  chan struct{} // closed when the process has ended

	mu    sync.Mutex
	known map[string]string // guarded by mu: the addresses of its log, by key
	tail  []byte            // guarded by mu: the end of its log, to explain a failure
}

// Options of a Child.
type Options struct {
	Dir string   // working directory
	Env []string // added to this process's environment
	// Core is the processor that the child is kept on, or -1. GOMAXPROCS alone
	// does not hold a program to one core: its garbage collector's threads
	// obey it, the threads in C code and in system calls do not.
	Core int
	Log  io.Writer // gets what the child writes to stderr; may be nil
	// Needs are keys that must have been logged, with the address, before the
	// child counts as started, such as "metrics".
	Needs []string
}

// Start runs a program that logs `address=http://…` to stderr once it listens,
// and waits for that. The child's stdin is a pipe that ends with this process.
func Start(ctx context.Context, o Options, name string, args ...string) (*Child, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = o.Dir, append(os.Environ(), o.Env...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := startOn(cmd, o.Core); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &Child{PID: cmd.Process.Pid, cmd: cmd, stdin: stdin, done: make(chan struct{}), known: map[string]string{}}
	up := make(chan struct{})
	go c.follow(stderr, append([]string{"address"}, o.Needs...), o.Log, up)
	select {
	case <-up:
		c.Address = c.Logged("address")
		return c, nil
	case <-c.done:
		return nil, fmt.Errorf("%s ended at once: %s", name, c.lastWords())
	case <-time.After(30 * time.Second):
		err = errors.New("it does not listen after 30 s")
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), c.Stop())
}

// Logged is the last value that the child's log gave for key=value, or "".
func (c *Child) Logged(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[key]
}

// follow reads the log to its end: a child whose log nobody reads stands still.
func (c *Child) follow(stderr io.Reader, needs []string, log io.Writer, up chan<- struct{}) {
	defer close(c.done)
	lines := bufio.NewReaderSize(stderr, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if log != nil {
			log.Write(line)
		}
		if c.note(line, needs) {
			close(up)
			needs = nil
		}
		if err != nil {
			break
		}
	}
	c.cmd.Wait() // how it ended is of no interest: whoever stopped it knows why
}

// note keeps what a line of the log tells, and answers true for the line that
// brings the last of the needed keys.
func (c *Child) note(line []byte, needs []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tail = append(c.tail, line...)
	c.tail = c.tail[max(0, len(c.tail)-2000):]
	for word := range strings.FieldsSeq(string(line)) {
		if key, value, ok := strings.Cut(word, "="); ok && strings.Contains(value, "://") {
			c.known[key] = value
		}
	}
	for _, key := range needs {
		if c.known[key] == "" {
			return false
		}
	}
	return len(needs) > 0
}

func (c *Child) lastWords() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(bytes.TrimSpace(c.tail))
}

// Stop asks the child to end, and kills it when it has not after 15 s.
func (c *Child) Stop() error {
	c.stdin.Close()
	c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
		return nil
	case <-time.After(15 * time.Second):
	}
	c.cmd.Process.Kill()
	<-c.done
	return fmt.Errorf("%s did not end on SIGTERM: %s", c.cmd.Path, c.lastWords())
}
