//go:build !linux

package process

import "os/exec"

// Cores is empty where processes cannot be kept on a core.
func Cores() []int { return nil }

// StayOn does nothing where threads cannot be kept on a core.
func StayOn(int) error { return nil }

func startOn(cmd *exec.Cmd, _ int) error { return cmd.Start() }
