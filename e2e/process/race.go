//go:build race

package process

// When the tests run with the race detector, so does the program.
func init() { buildFlags = append(buildFlags, "-race") }
