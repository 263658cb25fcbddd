package handlers_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parlour"
)

// until reads a stream up to a line that has a text in it.
func until(t *testing.T, lines *bufio.Reader, text string) string {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream ends before %q: %v", text, err)
		}
		if strings.Contains(line, text) {
			return line
		}
	}
}

func TestTypingIsToldToTheRoomAndEndsWithTheMessage(t *testing.T) {
	s := open(t, plan{})
	ana, bea := s.guest(), s.guest()
	lines := bea.stream("/rooms/lobby/events").lines
	until(t, lines, `hx-target="#typing"`) // nobody is, at first
	head := s.lobby().Head
	if a := ana.post("/rooms/lobby/typing", nil, "HX-Request", "true"); a.status != http.StatusNoContent || a.body != "" {
		t.Fatalf("the signal is answered with %d: %s", a.status, a.body)
	}
	if line := until(t, lines, `hx-target="#typing"`); !strings.Contains(line, "is typing") || !strings.Contains(line, `<span class="but-`) {
		t.Errorf("the room is told %s", line)
	}
	if now := s.lobby().Head; now != head {
		t.Errorf("typing is a change: %d became %d", head, now)
	}
	ana.say("there it is")
	until(t, lines, "there it is")
	if line := until(t, lines, `hx-target="#typing"`); strings.Contains(line, "typing</span>") {
		t.Errorf("once it is said, the room is told %s", line)
	}
}

func TestSignallingTooOftenHasToWait(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{Limits: true}})
	v := s.guest()
	for range 100 {
		if a := v.post("/rooms/lobby/typing", nil, "HX-Request", "true"); a.status == http.StatusTooManyRequests {
			if a := v.post("/rooms/lobby/messages", url.Values{"body": {"still talking"}}); a.status != http.StatusSeeOther {
				t.Errorf("a message is answered with %d", a.status)
			}
			return
		}
	}
	t.Error("nobody is told to wait")
}

func TestWhoMayNotPostIsNotShownTyping(t *testing.T) {
	w := newWalk(t)
	room := w.room()
	muted, reader := w.walker("muted", room), w.walker("guest", room)
	lines := reader.stream("/rooms/" + room.Slug + "/events").lines
	until(t, lines, `hx-target="#typing"`)
	for range 3 {
		if a := muted.post("/rooms/"+room.Slug+"/typing", nil); a.status != http.StatusForbidden {
			t.Errorf("the signal of who is muted is answered with %d", a.status)
		}
	}
	moderator := w.walker("moderator", room)
	if a := moderator.post("/rooms/"+room.Slug+"/typing", nil); a.status != http.StatusNoContent {
		t.Errorf("the signal of a moderator is answered with %d", a.status)
	}
	if line := until(t, lines, `hx-target="#typing"`); !strings.Contains(line, "<bdi>moderator</bdi> is typing") {
		t.Errorf("the room is told %s", line)
	}
}
