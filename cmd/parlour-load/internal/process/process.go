// Package process tells what another process of this machine has used, and
// starts the programs that are measured. Processor and memory figures come
// from /proc, so elsewhere than on Linux they are not to be had.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is USER_HZ, which Linux has fixed at 100 for programs (proc(5)).
const ticks = 100

// CPU is the processor time that a process has used so far, in user and system
// mode, in steps of 10 ms.
func CPU(pid int) (time.Duration, error) {
	s, err := statOf(pid)
	return s.own, err
}

// CPUOfAll is CPU of a process and its children, those that have ended and those
// that have not.
func CPUOfAll(pid int) (time.Duration, error) {
	s, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	total := s.own + s.ended
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, fmt.Errorf("processor time: %w", err)
	}
	for _, entry := range entries {
		child, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if s, err := statOf(child); err == nil && s.parent == pid { // else it has ended meanwhile
			total += s.own
		}
	}
	return total, nil
}

// stat is what the kernel tells of a process.
type stat struct {
	parent int
	own    time.Duration // processor time
	ended  time.Duration // that of its children that have ended
}

func statOf(pid int) (s stat, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, fmt.Errorf("processor time: %w", err)
	}
	// The second field is the program's name in parentheses, and may itself
	// hold spaces and parentheses. The parent is field 4; utime, stime, cutime and
	// cstime are fields 14 to 17.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 15 {
		return s, fmt.Errorf("processor time: %d fields in stat", len(fields))
	}
	var n [5]int64
	for i, field := range []int{1, 11, 12, 13, 14} {
		if n[i], err = strconv.ParseInt(fields[field], 10, 64); err != nil {
			return s, fmt.Errorf("processor time: %w", err)
		}
	}
	inTicks := func(t int64) time.Duration { return time.Duration(t) * time.Second / ticks }
	return stat{int(n[0]), inTicks(n[1] + n[2]), inTicks(n[3] + n[4])}, nil
}

// Resident is how many bytes of a process stand in memory. The kernel's own
// memory for its sockets is not part of it.
func Resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, fmt.Errorf("memory: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if rss, ok := strings.CutPrefix(line, "Rss:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rss), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("memory: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, errors.New("memory: no Rss in smaps_rollup")
}
