//go:build !unix

package postgrestest

import "syscall"

func ordinary() *syscall.SysProcAttr { return nil }

func giveAway(string) error { return nil }
