package postgrestest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"parlour/internal/freeport"
)

// ErrNoPooler is why a test is skipped where PgBouncer is not installed.
var ErrNoPooler = errors.New("PgBouncer is not installed (apt install pgbouncer)")

// pooling has each transaction meet whichever connection to the server is free, and
// drops what a client wants to be set for its own.
const pooling = `[databases]
* = host=127.0.0.1 port=%d user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
max_client_conn = 1000
ignore_startup_parameters = synchronous_commit, default_transaction_isolation, lock_timeout, idle_in_transaction_session_timeout
`

// Pooler is a PgBouncer in transaction mode in front of the server of Database.
type Pooler struct{ server, pooler string } // their addresses

// Pool starts one, which ends with the test. Where PgBouncer or PostgreSQL is not
// installed the test is skipped.
func Pool(t testing.TB) Pooler {
	t.Helper()
	require(t)
	program := pooler(t)
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	p, err := server.pool(t, program)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Address is where the pooler has a database of the server.
func (p Pooler) Address(database string) string {
	return strings.Replace(database, p.server, p.pooler, 1)
}

// pooler is the program. Debian keeps it where only administrators look.
func pooler(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	if os.Getenv("PARLOUR_REQUIRE_ALL") != "" {
		t.Fatal(ErrNoPooler)
	}
	t.Skip(ErrNoPooler)
	return ""
}

// supervisePooler ends it as soon as there is nobody left who could.
const supervisePooler = `"$1" "$2.ini" >>"$2.log" 2>&1 </dev/null &
read -r signal
kill -TERM $!
wait $!`

func (s *Server) pool(t testing.TB, program string) (Pooler, error) {
	port, err := freeport.Take()
	if err != nil {
		return Pooler{}, err
	}
	files := filepath.Join(s.folder, "pgbouncer-"+strconv.Itoa(port))
	if err := os.WriteFile(files+".ini", fmt.Appendf(nil, pooling, s.port, port), 0o644); err != nil {
		return Pooler{}, err
	}
	shell := exec.Command("sh", "-c", supervisePooler, "sh", program, files)
	shell.Dir, shell.SysProcAttr = s.folder, ordinary()
	orders, err := shell.StdinPipe()
	if err != nil {
		return Pooler{}, err
	}
	if err := shell.Start(); err != nil {
		return Pooler{}, err
	}
	t.Cleanup(func() {
		_ = orders.Close()
		_ = shell.Wait() // that it was ended is no failure
	})
	p := Pooler{server: s.Address(), pooler: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	return p, answers(p.Address(s.url("postgres")), files+".log")
}
