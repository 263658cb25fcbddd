package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLynxJoinsReadsAndPosts(t *testing.T) {
	t.Parallel()
	house := start(t)
	bob := enters(t, house, "Bob")
	bob.says("Can a terminal read this?")
	term := terminalWith(t, nil, "lynx", "-nopause", "-accept_all_cookies", house.url("/rooms/lobby"))
	term.shows("What shall we call you?")
	term.tabTo("____")
	term.types("Lena")
	term.tabTo("(BUTTON) Enter")
	term.press("Enter")
	term.shows("Can a terminal read this?")
	term.tabTo("____")
	term.types("Yes, and it answers from lynx.")
	term.tabTo("(BUTTON) Send")
	term.press("Enter")
	term.shows("Yes, and it answers from lynx.")
	term.shows("Lena")
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.hasSaid("Can a terminal read this?", "Yes, and it answers from lynx.")
}

func TestW3mJoinsReadsAndPosts(t *testing.T) {
	t.Parallel()
	house := start(t)
	bob := enters(t, house, "Bob")
	bob.says("Can a terminal read this?")
	// w3m leaves texts of several lines to the person's editor.
	editor := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nprintf 'Yes, and it answers from w3m.' >\"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	term := terminalWith(t, []string{"EDITOR=" + editor}, "w3m", "-cookie", house.url("/rooms/lobby"))
	term.shows("What shall we call you?")
	term.tabTo("[    ")
	term.press("Enter")
	term.shows("TEXT:")
	term.types("Wim")
	term.press("Enter")
	term.shows("[Wim ")
	term.tabTo("Enter")
	term.press("Enter")
	term.shows("Can a terminal read this?")
	term.tabTo("[    ")
	term.press("Enter")
	term.shows("Yes, and it answers")
	term.tabTo("Send")
	term.press("Enter")
	term.shows(time.Now().UTC().Format("2006") + " Wim guest ") // the byline: the day, the name and its mark
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.hasSaid("Can a terminal read this?", "Yes, and it answers from w3m.")
}
