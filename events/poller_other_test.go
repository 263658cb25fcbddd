//go:build !linux

package events

func (*poller) watched() int { return 0 }
