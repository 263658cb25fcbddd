package bench

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parlour/cmd/parlour-load/internal/trial"
	"parlour/db"
)

func TestDocumentSaysWhatFallsShort(t *testing.T) {
	d := document{At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Commit: "abc", Lines: []Line{
		{Number: 6, Asked: "much", Measured: "little", Verdict: verdict(false), Why: "Medians.", Cause: "The disk is slow."},
		{Number: 1, Asked: "some", Measured: "some", Verdict: verdict(true), Cause: "Bad luck."},
		{Number: 8, Asked: "much more", Measured: "more", Verdict: verdict(false)},
		{Number: 7, Asked: "few", Measured: "no benchmark tells", Verdict: Unmeasured},
	}, Trials: []noted{{"one room", trial.Result{Name: "bare", Readers: 5, Slow: 2, Talks: []trial.Talk{{InFlight: 8, PerCPUSecond: 1234567}, {Rate: 200}}}}}}
	text := string(d.markdown())
	at := 0
	for _, want := range []string{
		"2026-01-02 03:04 UTC", "| 1 | some | some | ok |\n", "| 6 | much | little | **falls short** |\n", "| 7 | few | no benchmark tells | **not measured** |\n",
		"## What falls short, and why\n\n- 6, much: The disk is slow.\n- 8, much more: the cause is not known.\n\n", "- 6: Medians.\n", "| bare | one room | 5 + 2 slow |", "| 8 in flight |", "1,234,567", "| 200/s |",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing behind the others in\n%s", want, text)
		}
		at += i
	}
	if strings.Contains(text, "Bad luck") {
		t.Error("a line that is met has a cause to fall short")
	}
	for row := range strings.Lines(text[strings.Index(text, "## All trials"):]) {
		if strings.HasPrefix(row, "|") && strings.Count(row, "|") != 14 {
			t.Errorf("a row of another length: %s", row)
		}
	}
}

func TestThousands(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567.6: "1,234,568", -1: "-1", -123: "-123", -1234: "-1,234"} {
		if got := thousands(f); got != want {
			t.Errorf("thousands(%v) = %s, want %s", f, got, want)
		}
	}
}

func TestFaultsAreNotClean(t *testing.T) {
	if !clean(trial.Talk{Posts: 5}) {
		t.Error("a talk without faults is not clean")
	}
	for _, talk := range []trial.Talk{{Refused: 1}, {Unsent: 1}, {Heard: trial.Heard{Lost: 1}}, {Heard: trial.Heard{Duplicates: 1}}, {Heard: trial.Heard{Disordered: 1}}, {Heard: trial.Heard{Cut: 1}}} {
		if clean(talk) {
			t.Errorf("%+v is clean", talk)
		}
	}
}

func TestLargeHouseHasTheMessagesThatItClaims(t *testing.T) {
	const messages = 6000
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "parlour.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := furnish(t.Context(), store, 300, messages); err != nil {
		t.Fatal(err)
	}
	rooms, err := store.Rooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	total, full := 0, 0
	for _, room := range rooms {
		total += int(room.Head)
		if room.Head >= fullRoom {
			full++
		}
	}
	if len(rooms) != 301 || total < messages*9/10 || total > messages*3/2 || full < 20 {
		t.Errorf("%d rooms, %d messages, %d full rooms", len(rooms), total, full)
	}
}

func TestAllocationsAreReadFromABenchmark(t *testing.T) {
	const out = "goos: linux\nBenchmarkPostAndMore-2  10  9 ns/op  7 allocs/op\nBenchmarkPost-2   \t    2000\t     51234 ns/op\t    5120 B/op\t      58 allocs/op\nPASS\n"
	if found := allocationsOf([]byte(out)); found["Post"] != 58 || found["PostAndMore"] != 7 || len(found) != 2 {
		t.Fatalf("found %v", found)
	}
}
