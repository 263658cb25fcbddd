package mark_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"

	"parlour/cmd/parlour-load/internal/mark"
)

func TestMarksAreFoundInWhateverSurroundsThem(t *testing.T) {
	run := mark.NewRun()
	other := mark.NewRun()
	first := string(run.Append(nil, mark.Mark{Post: 0, Sent: 17 * time.Microsecond}))
	second := string(run.Append(nil, mark.Mark{Post: 1<<40 + 5, Sent: time.Hour}))
	foreign := string(other.Append(nil, mark.Mark{Post: 9, Sent: 9}))
	prefix := first[:strings.Index(first, "x")+1]

	text := []byte("<p>" + prefix + foreign + prefix + "12y" + prefix + "yz" + prefix + "ffffffffffffffffffy1z" +
		html.EscapeString("<b>"+first+"</b>") + "&amp;" + second + "</p>" + first[:len(first)-1])
	var got []mark.Mark
	for {
		m, rest, ok := run.Next(text)
		if !ok {
			break
		}
		got, text = append(got, m), rest
	}
	want := []mark.Mark{{Post: 0, Sent: 17 * time.Microsecond}, {Post: 1<<40 + 5, Sent: time.Hour}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("found %v, want %v", got, want)
	}
}

func TestPaddingHasTheLengthAskedFor(t *testing.T) {
	for n := range 300 {
		p := mark.Padding(n)
		if len(p) != n || strings.TrimSpace(p) != p {
			t.Fatalf("Padding(%d) = %q", n, p)
		}
	}
}

func FuzzNextNeverPanics(f *testing.F) {
	run := mark.NewRun()
	f.Add([]byte(run.ID()), 3)
	f.Fuzz(func(t *testing.T, junk []byte, post int) {
		want := mark.Mark{Post: max(post, -(post + 1)), Sent: 5}
		text := run.Append(append([]byte{}, junk...), want)
		for {
			m, rest, ok := run.Next(text)
			if !ok {
				t.Fatalf("the mark was not found behind %q", junk)
			}
			if m == want {
				return
			}
			text = rest
		}
	})
}
