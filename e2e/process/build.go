package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

var (
	buildFlags []string
	builtIn    string // the folder of the program that was built, or empty
)

// build makes the program once for all tests of a package.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parlour-e2e-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	file := filepath.Join(dir, "parlour")
	args := slices.Concat([]string{"build", "-o", file}, buildFlags, []string{"parlour/cmd/parlour"})
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return file, nil
})

// Build answers the program's file, which it makes the first time.
func Build(t *testing.T) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Remove takes away what Build made. It belongs at the end of TestMain.
func Remove() {
	if builtIn != "" {
		_ = os.RemoveAll(builtIn)
	}
}
