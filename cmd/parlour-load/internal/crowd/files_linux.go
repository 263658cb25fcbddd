package crowd

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// allowFiles raises the limit on open files to n if it must.
func allowFiles(n uint64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit on open files: %w", err)
	}
	if limit.Cur >= n {
		return nil
	}
	raised := unix.Rlimit{Cur: n, Max: max(n, limit.Max)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil {
		return fmt.Errorf("%d files are needed and %d allowed (ulimit -Hn): %w", n, limit.Max, err)
	}
	return nil
}
