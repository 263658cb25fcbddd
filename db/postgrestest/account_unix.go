//go:build unix

package postgrestest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// PostgreSQL refuses to run as root. Where the tests do, as in a container, it
// runs as the user that its package made, or as nobody.
var unprivileged = func() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return nil
}()

// ordinary has a program run without privileges, and out of reach of what the
// terminal sends to the tests: they end it themselves.
func ordinary() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: unprivileged, Setpgid: true}
}

// giveAway gives a folder to whom ordinary programs run as.
func giveAway(folder string) error {
	if unprivileged == nil {
		return nil
	}
	return os.Chown(folder, int(unprivileged.Uid), int(unprivileged.Gid))
}
