package process

import (
	"fmt"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// Cores are the numbers of the processors that this process may run on.
func Cores() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	var cores []int
	for n := range len(set) * 64 {
		if set.IsSet(n) {
			cores = append(cores, n)
		}
	}
	return cores
}

// StayOn keeps the calling thread on a core, and with it every thread and
// process that it starts. The caller holds the thread (runtime.LockOSThread).
func StayOn(core int) error {
	var set unix.CPUSet
	set.Set(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("stay on core %d: %w", core, err)
	}
	return nil
}

// startOn starts a command on a core, or anywhere when core is negative. A
// process inherits the mask of the thread that starts it, so the mask is set
// before it is born: later it would miss the threads that are there already.
func startOn(cmd *exec.Cmd, core int) error {
	if core < 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the cores: %w", err)
	}
	if err := StayOn(core); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &before)
	return cmd.Start()
}
