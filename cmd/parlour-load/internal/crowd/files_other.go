//go:build !linux

package crowd

// allowFiles leaves the limit on open files as it is.
func allowFiles(uint64) error { return nil }
