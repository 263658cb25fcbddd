package db

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"parlour/db/postgrestest"
)

// moveEnv tells a child of TestMoveThatWasKilledIsGoneOnWith from where to where
// it is to move a house.
const moveEnv = "PARLOUR_TEST_MOVE"

// A move that is killed again and again, wherever it is, comes to its end, and
// carries over what was left only.
func TestMoveThatWasKilledIsGoneOnWith(t *testing.T) {
	if places := os.Getenv(moveEnv); places != "" {
		path, url, _ := strings.Cut(places, " ")
		_, err := moveAloud(path, url).Run(t.Context())
		must(t, err)
		return
	}
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGKILL there")
	}
	t.Parallel()
	path, url := furnished(t), postgrestest.Database(t)
	addMessages(t, path, 40_000)

	carried := 0
	for round := range 6 {
		begin := moveUntilKilled(t, path, url, rand.IntN(36))
		t.Logf("round %d began with %+v", round+1, begin)
		if begin.Anew || begin.There < int64(carried) || begin.There > begin.Rows {
			t.Errorf("round %d began with %+v, %d rows were there before", round+1, begin, carried)
		}
		carried = int(begin.There)
	}
	var begin MoveBegin
	_, err := Move{File: path, URL: url, Began: func(b MoveBegin) { begin = b }}.Run(t.Context())
	must(t, err)
	if begin.There == 0 || begin.Anew {
		t.Errorf("the last round began with %+v", begin)
	}
	wantMoved(t, path, url)
}

const killedAtOnce = 500

// moveAloud is a move that says what it does, a line each. It checks nothing before
// it is killed: it would come to its end when whoever is to kill it is slow.
func moveAloud(path, url string) Move {
	return Move{
		File: path, URL: url, atOnce: killedAtOnce,
		Began: func(b MoveBegin) { fmt.Printf("began %d %d %t\n", b.Rows, b.There, b.Anew) },
		Step: func(s MoveStep) {
			fmt.Printf("step %s %d %t\n", s.Table, s.Rows, s.Checking)
			if s.Checking {
				_, _ = os.Stdin.Read(make([]byte, 1)) // which ends with the parent
			}
		},
	}
}

// moveUntilKilled has a child move, kills it once it has said so many lines or
// begins to check, and tells what it began with.
func moveUntilKilled(t *testing.T, path, url string, lines int) (begin MoveBegin) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMoveThatWasKilledIsGoneOnWith$")
	child.Env = append(os.Environ(), moveEnv+"="+path+" "+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	in, err := child.StdinPipe()
	must(t, err)
	defer in.Close()
	must(t, child.Start())
	said := bufio.NewScanner(out)
	for n, isKilled := 0, false; said.Scan(); n++ {
		if n == 0 {
			if _, err := fmt.Sscanf(said.Text(), "began %d %d %t", &begin.Rows, &begin.There, &begin.Anew); err != nil {
				t.Fatalf("the child says %q", said.Text())
			}
		}
		if !isKilled && (n >= lines || strings.HasSuffix(said.Text(), " true")) {
			must(t, child.Process.Kill())
			isKilled = true
		}
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %v", err)
	}
	return begin
}

// addMessages makes a house large.
func addMessages(t *testing.T, path string, many int) {
	t.Helper()
	s := openAt(t, path, Options{})
	must(t, s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO messages (id, room_id, seq, changed, kind, author_id, author_name, body, created_at)
			SELECT 9 * 68719476736 + i, 9, i, i, 'message', 'g' || i % 100, 'Ana', 'message ' || i, i FROM n`, many)
		return err
	}))
	must(t, s.Close())
}

// What a database loses by a crash is carried over again: the note of what is
// there is lost with it.
func TestMoveOutlivesACrashOfTheDatabase(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	path, url := furnished(t), server.Database(t)
	addMessages(t, path, 10_000)
	steps := 0
	_, err := Move{File: path, URL: url, atOnce: killedAtOnce, Step: func(MoveStep) {
		if steps++; steps == 20 {
			server.Crash(t)
		}
	}}.Run(t.Context())
	if err == nil {
		t.Fatal("the move did not notice")
	}
	server.Start(t)
	var begin MoveBegin
	_, err = Move{File: path, URL: url, Began: func(b MoveBegin) { begin = b }}.Run(t.Context())
	must(t, err)
	if begin.Anew {
		t.Errorf("began with %+v", begin)
	}
	wantMoved(t, path, url)
}

// A server that was killed leaves its last posts in the log beside the file.
func TestWhatAKilledServerLeftInItsLogIsMoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no cp there")
	}
	t.Parallel()
	path, url := furnished(t), postgrestest.Database(t)
	h := &house{Store: openAt(t, path, Options{})}
	lobby, err := h.Room(t.Context(), "lobby")
	must(t, err)
	said := h.say(t, lobby.ID, "Ana", "last words")
	left := t.TempDir()
	// Not by this process: to close a file gives up the locks that it has on it.
	if out, err := exec.CommandContext(t.Context(), "cp", path, path+"-wal", left).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	must(t, h.Close())
	path = filepath.Join(left, "parlour.db")
	if log, err := os.Stat(path + "-wal"); err != nil || log.Size() == 0 {
		t.Fatalf("there is no log: %v", err)
	}
	_, err = Move{File: path, URL: url}.Run(t.Context())
	must(t, err)
	moved := wantMoved(t, path, url)
	if page := moved.page(t, lobby.ID, 0, 1); page.Messages[0].Seq != said.Seq || page.Messages[0].Body != "last words" {
		t.Errorf("the last message is %+v", page.Messages[0])
	}
}
