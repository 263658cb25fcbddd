package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// terminal is a terminal with a program in it that somebody works with. tmux is
// the terminal, since it can be asked what it shows.
type terminal struct {
	t      *testing.T
	socket string
}

// terminalWith starts a command in a terminal of its own.
func terminalWith(t *testing.T, env []string, command ...string) *terminal {
	t.Helper()
	for _, needed := range []string{"tmux", command[0]} {
		if _, err := exec.LookPath(needed); err != nil {
			missing(t, "%s is not installed (apt-get install %s)", needed, needed)
		}
	}
	term := &terminal{t: t, socket: filepath.Join(t.TempDir(), "tmux")}
	args := []string{"new-session", "-d", "-x", "100", "-y", "60", "env", "-i",
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=screen-256color", "LANG=C.UTF-8"}
	args = append(args, env...)
	term.tmux(append(args, command...)...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the terminal shows:\n%s", term.screen())
		}
		// Fails when the program, and so tmux, has ended by itself.
		_ = exec.Command("tmux", "-S", term.socket, "kill-server").Run()
	})
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", term.socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

func (term *terminal) screen() string {
	out, err := exec.Command("tmux", "-S", term.socket, "capture-pane", "-p").Output()
	if err != nil {
		return fmt.Sprintf("nothing: %v", err)
	}
	return strings.TrimRight(string(out), "\n")
}

// shows waits until a text is on the screen.
func (term *terminal) shows(text string) {
	term.t.Helper()
	until(term.t, fmt.Sprintf("the terminal shows %q", text), func() bool {
		return strings.Contains(term.screen(), text)
	})
}

// press sends keys by tmux's names for them.
func (term *terminal) press(keys ...string) {
	term.t.Helper()
	term.tmux(append([]string{"send-keys"}, keys...)...)
}

// types sends a text as it stands.
func (term *terminal) types(text string) {
	term.t.Helper()
	term.tmux("send-keys", "-l", text)
}

// tabTo presses Tab until the cursor stands at the beginning of something, or
// right behind the first of its characters.
func (term *terminal) tabTo(what string) {
	term.t.Helper()
	for range 40 {
		var x, y int
		if _, err := fmt.Sscan(term.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}"), &x, &y); err != nil {
			term.t.Fatal(err)
		}
		lines := strings.Split(term.screen(), "\n")
		if y < len(lines) {
			line := []rune(lines[y])
			for _, at := range []int{x, x - 1} {
				if at >= 0 && at < len(line) && strings.HasPrefix(string(line[at:]), what) {
					return
				}
			}
		}
		before := fmt.Sprint(x, " ", y)
		term.press("Tab")
		until(term.t, "the cursor moves", func() bool {
			return strings.TrimSpace(term.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}")) != before
		})
	}
	term.t.Fatalf("the cursor does not come to %q:\n%s", what, term.screen())
}
