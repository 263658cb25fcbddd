package db

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parlour"
	"parlour/db/postgrestest"
)

// crashEnv names the file or the database that a child of
// TestKilledStoreKeepsWhatItAcknowledged posts to until it is killed.
const crashEnv = "PARLOUR_TEST_CRASH"

const crashRooms = 4

// A process that is killed in the middle of many posts leaves a house that has
// each post that was acknowledged, under its number, and no gaps.
func TestKilledStoreKeepsWhatItAcknowledged(t *testing.T) {
	if path := os.Getenv(crashEnv); path != "" {
		postForEver(t, path)
		return
	}
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGKILL there")
	}
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for name, place := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "parlour.db") },
		"PostgreSQL": func(t *testing.T) string { return postgrestest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			place := place(t)
			acknowledged := make(map[string]string) // room and number -> body
			for round := range rounds {
				before := len(acknowledged)
				postUntilKilled(t, place, acknowledged, 20+rand.IntN(1500))
				checkAfterCrash(t, place, acknowledged)
				t.Logf("round %d: %d posts were acknowledged", round+1, len(acknowledged)-before)
			}
		})
	}
}

// openPlace opens the house in a file or a database.
func openPlace(t *testing.T, place string) *Store {
	t.Helper()
	open := Open
	if strings.HasPrefix(place, "postgres:") {
		open = OpenPostgres
	}
	s, err := open(t.Context(), place, Options{})
	must(t, err)
	return s
}

// postForEver is the child: it says what was acknowledged, a line each.
func postForEver(t *testing.T, path string) {
	s := openPlace(t, path)
	h := &house{Store: s}
	var ids [crashRooms]int64
	for i := range ids {
		slug := "room" + strconv.Itoa(i)
		if room, err := s.Room(t.Context(), slug); err == nil {
			ids[i] = room.ID
		} else {
			ids[i] = h.room(t, slug)
		}
	}
	var posters sync.WaitGroup
	for p := range 32 {
		posters.Go(func() {
			for i := 0; !t.Failed(); i++ {
				room := (p + i) % crashRooms
				m := post(t, s, ids[room], fmt.Sprintf("%d-%d-%d", os.Getpid(), p, i))
				// one write, shorter than a pipe takes at once: never torn
				if _, err := fmt.Fprintf(os.Stdout, "room%d %d %s\n", room, m.Seq, m.Body); err != nil {
					t.Error(err)
				}
			}
		})
	}
	posters.Wait()
}

// postUntilKilled has a child post, kills it once it has said so many lines,
// and notes all that it had said by then.
func postUntilKilled(t *testing.T, path string, acknowledged map[string]string, lines int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledStoreKeepsWhatItAcknowledged$")
	child.Env = append(os.Environ(), crashEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	said := bufio.NewScanner(out)
	for n := 0; said.Scan(); n++ {
		slug, rest, _ := strings.Cut(said.Text(), " ")
		seq, body, ok := strings.Cut(rest, " ")
		if !ok || !strings.HasPrefix(slug, "room") {
			t.Fatalf("the child says %q", said.Text())
		}
		if old, twice := acknowledged[slug+" "+seq]; twice {
			t.Errorf("%s %s was given to %q and to %q", slug, seq, old, body)
		}
		acknowledged[slug+" "+seq] = body
		if n == lines {
			must(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the child was not killed: %v", err)
	}
}

func checkAfterCrash(t *testing.T, path string, acknowledged map[string]string) {
	t.Helper()
	s := openPlace(t, path)
	defer s.Close()
	stored, bodies := make(map[string]string), make(map[string]bool)
	for i := range crashRooms {
		slug := "room" + strconv.Itoa(i)
		room, err := s.Room(t.Context(), slug)
		must(t, err)
		page, err := s.Page(t.Context(), room.ID, 0, 1_000_000)
		must(t, err)
		if len(page.Messages) != int(page.Head) {
			t.Errorf("%s has %d messages up to number %d", slug, len(page.Messages), page.Head)
		}
		for n, m := range page.Messages {
			if m.Seq != parlour.Seq(n+1) {
				t.Fatalf("%s: place %d has number %d", slug, n+1, m.Seq)
			}
			if bodies[m.Body] {
				t.Errorf("%s: %q is there twice", slug, m.Body)
			}
			bodies[m.Body] = true
			stored[slug+" "+m.Seq.String()] = m.Body
		}
	}
	for at, body := range acknowledged {
		if stored[at] != body {
			t.Errorf("%s was acknowledged as %q and is %q", at, body, stored[at])
		}
	}
}
