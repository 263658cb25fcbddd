//go:build race

package e2e

// When the tests run with the race detector, so does the program.
func init() { buildFlags = append(buildFlags, "-race") }
