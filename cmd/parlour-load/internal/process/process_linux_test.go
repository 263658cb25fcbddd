package process_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parlour/cmd/parlour-load/internal/process"
)

func TestProcessorTimeGrowsWithWork(t *testing.T) {
	before, err := process.CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); ; {
		after, err := process.CPU(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if after > before {
			return
		}
		if time.Now().After(until) {
			t.Fatal("a minute of work took no processor time")
		}
	}
}

// TestProcessorTimeOfAllHasTheChildren: those that run and those that have ended.
func TestProcessorTimeOfAllHasTheChildren(t *testing.T) {
	const work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; "
	for what, script := range map[string]string{"ended": "sh -c '" + work + "'; ", "running": "sh -c '" + work + "exec sleep 60' & "} {
		child, err := process.Start(t.Context(), process.Options{Core: -1}, "sh", "-c", "trap 'kill $!; exit' TERM; "+script+"echo address=x://y >&2; read line; kill $!")
		if err != nil {
			t.Fatal(err)
		}
		for until := time.Now().Add(time.Minute); ; {
			all, err := process.CPUOfAll(child.PID)
			if err != nil {
				t.Fatal(err)
			}
			own, err := process.CPU(child.PID)
			if err != nil {
				t.Fatal(err)
			}
			if all > own {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("a child that is %s is not counted", what)
			}
		}
		if err := child.Stop(); err != nil {
			t.Error(err)
		}
	}
}

func TestResidentMemoryGrowsWithUse(t *testing.T) {
	before, err := process.Resident(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const more = 64 << 20
	used, err := unix.Mmap(-1, 0, more, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(used)
	after, err := process.Settle(t.Context(), os.Getpid(), time.Millisecond, func(context.Context, time.Duration) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if grown := after - before; grown < more*3/4 || grown > more*2 {
		t.Errorf("%d bytes of use are %d of memory", more, grown)
	}
}

func TestChildTellsItsAddressAndEnds(t *testing.T) {
	core := slices.Min(process.Cores())
	child, err := process.Start(t.Context(), process.Options{Core: core, Env: []string{"WHERE=here"}, Needs: []string{"metrics"}},
		"sh", "-c", `echo "level=INFO msg=up address=http://127.0.0.1:1" >&2; echo "metrics=http://127.0.0.1:2/$WHERE" >&2; grep Cpus_allowed_list /proc/self/status | tr -d ' \t' | sed 's|^|core=x://|' >&2; echo done=x://y >&2; read line`)
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); child.Logged("done") == "" && time.Now().Before(until); {
		if err := process.Pause(t.Context(), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if child.Address != "http://127.0.0.1:1" || child.Logged("metrics") != "http://127.0.0.1:2/here" {
		t.Errorf("address %s, metrics %s", child.Address, child.Logged("metrics"))
	}
	if got := child.Logged("core"); !strings.HasSuffix(got, ":"+string(rune('0'+core%10))) {
		t.Errorf("the child runs on %s, asked for core %d", got, core)
	}
	if err := child.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := process.Resident(child.PID); err == nil {
		t.Error("the child is still there")
	}
}

func TestChildThatEndsAtOnceIsExplained(t *testing.T) {
	_, err := process.Start(t.Context(), process.Options{Core: -1}, "sh", "-c", "echo the port is taken >&2; exit 1")
	if err == nil || !strings.Contains(err.Error(), "the port is taken") {
		t.Fatalf("error %v", err)
	}
}
