// Package postgrestest runs a real PostgreSQL server for tests, from the programs
// that Debian installs. The server ends with the process that started it, however
// that ends, and takes its folder with it.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parlour/internal/freeport"
)

// Server is a PostgreSQL server on a port of 127.0.0.1. All who connect are
// trusted.
type Server struct {
	programs, folder string
	port             int
	// orders is nil while the server is stopped. The shell that started the
	// server reads it, and notices when whoever holds the other end is gone.
	orders io.WriteCloser
	shell  *exec.Cmd
}

// shared is the server of all tests of a binary that need no server of their own.
var shared = sync.OnceValues(func() (*Server, error) { return start(false) })

var databases atomic.Int64

// Database makes an empty database for a test, on a server that all tests of the
// binary share, and answers its address. That server does not wait for the disk.
// Where PostgreSQL is not installed the test is skipped.
func Database(t testing.TB) string {
	t.Helper()
	require(t)
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return server.Database(t)
}

// Start starts a server for a test alone, which waits for the disk as it would in
// earnest. Where PostgreSQL is not installed the test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	require(t)
	server, err := start(true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.remove)
	return server
}

// ErrMissing is Run's answer where PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL is not installed (apt install postgresql)")

// Run starts a server as Start does, for a program that is no test. Remove ends it.
func Run() (*Server, error) {
	if programs() == "" {
		return nil, ErrMissing
	}
	return start(true)
}

// Remove ends a server of Run, and takes its folder away.
func (s *Server) Remove() { s.remove() }

func require(t testing.TB) {
	t.Helper()
	if programs() != "" {
		return
	}
	if os.Getenv("PARLOUR_REQUIRE_ALL") != "" {
		t.Fatal(ErrMissing)
	}
	t.Skip(ErrMissing)
}

// programs is the folder of initdb and postgres, or empty. Debian keeps them out
// of the path.
func programs() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1])
}

// Database makes an empty database on the server.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url, err := s.Make(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// Make is Database for a program that is no test.
func (s *Server) Make(ctx context.Context) (url string, err error) {
	c, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	name := "house" + strconv.FormatInt(databases.Add(1), 10)
	if _, err := c.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return s.url(name), nil
}

// PID is the server's process, whose children serve the connections.
func (s *Server) PID() (int, error) {
	b, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	return strconv.Atoi(first)
}

// Address is where the server listens, host:port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

func (s *Server) url(database string) string {
	return "postgres://postgres@" + s.Address() + "/" + database + "?sslmode=disable"
}

func start(durable bool) (*Server, error) {
	folder, err := os.MkdirTemp("", "parlour-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs(), folder: folder}
	if err = s.init(durable); err == nil {
		err = s.start()
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *Server) init(durable bool) error {
	if err := giveAway(s.folder); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(s.programs, "initdb"), "--pgdata="+s.data(), "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = s.folder, ordinary()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	settings := "unix_socket_directories = ''\nmax_connections = 300\n"
	if !durable {
		settings += "fsync = off\nfull_page_writes = off\n"
	}
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(settings)
	return errors.Join(err, f.Close())
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }
func (s *Server) log() string  { return filepath.Join(s.folder, "log") }

// supervise starts the server and ends it by the signal that it is told, or at
// once and without a trace when there is nobody left to tell it.
const supervise = `"$1/postgres" -D "$2/data" -p "$3" >>"$2/log" 2>&1 </dev/null &
read -r signal
kill -"${signal:-QUIT}" $!
wait $!
[ -n "$signal" ] || rm -rf "$2"`

// start starts the server, the first time on a free port, and waits until it
// answers.
func (s *Server) start() error {
	if s.port == 0 {
		port, err := freeport.Take()
		if err != nil {
			return err
		}
		s.port = port
	}
	s.shell = exec.Command("sh", "-c", supervise, "sh", s.programs, s.folder, strconv.Itoa(s.port))
	s.shell.Dir, s.shell.SysProcAttr = s.folder, ordinary()
	orders, err := s.shell.StdinPipe()
	if err != nil {
		return err
	}
	if err := s.shell.Start(); err != nil {
		return err
	}
	s.orders = orders
	return s.answers()
}

// answers waits until the server takes connections.
func (s *Server) answers() error { return answers(s.url("postgres"), s.log()) }

func answers(url, log string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, url)
		if err == nil {
			return c.Close(ctx)
		}
		if ctx.Err() != nil {
			told, _ := os.ReadFile(log)
			return fmt.Errorf("the server does not answer: %w\n%s", err, told)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop ends the server as its administrator would: it breaks off what is under
// way.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.end("INT"); err != nil {
		t.Fatal(err)
	}
}

// Crash ends the server in the middle of what it does.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	if err := s.end("QUIT"); err != nil {
		t.Fatal(err)
	}
}

// Start starts the server again, under the same address.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) end(signal string) error {
	_, err := io.WriteString(s.orders, signal+"\n")
	err = errors.Join(err, s.orders.Close(), s.shell.Wait())
	s.orders = nil
	return err
}

// remove ends the server for good.
func (s *Server) remove() {
	if s.orders != nil {
		_ = s.end("QUIT")
	}
	_ = os.RemoveAll(s.folder)
}
