package views

import (
	"io"
	"regexp"
	"testing"
	"time"
)

var dayParts = regexp.MustCompile(`^<article id="m-121" class="[^"]*( u\d t\d h\d)"><p class="byline"><b class="day" role="heading" aria-level="2">([^<]+)</b> `)

// dayOf is how a message of the room tells its day.
func dayOf(t *testing.T, l Locale, at time.Time) (classes, heading string) {
	t.Helper()
	m := numbered(said["message"])
	m.At = at
	fragment := written(t, func(w io.Writer) error { return WriteMessage(w, l.In("lobby"), m) })
	found := dayParts.FindStringSubmatch(fragment)
	if found == nil {
		t.Fatalf("no day in %s", fragment)
	}
	return found[1], found[2]
}

// The style sheet hides the heading of a message behind one with its classes.
func TestTwoMessagesAreOfADayIfTheyHaveTheSameClasses(t *testing.T) {
	l := Locale{Lang: "en", Zone: berlin}
	// The clocks go back: this day has 25 hours.
	midnight := time.Date(2025, 10, 26, 0, 0, 0, 0, berlin)
	first, heading := dayOf(t, l, midnight)
	if first != " u7 t8 h3" || heading != "Sunday, 26 October 2025" { // day 20387
		t.Errorf("the day is %q with %q", heading, first)
	}
	if last, _ := dayOf(t, l, midnight.Add(25*time.Hour-time.Millisecond)); last != first {
		t.Errorf("the day begins with %q and ends with %q", first, last)
	}
	if other, _ := dayOf(t, Locale{Lang: "en"}, midnight); other == first {
		t.Errorf("in UTC, where it is the day before, it has %q too", other)
	}
	for days := 1; days < 1000; days++ {
		if later, _ := dayOf(t, l, midnight.AddDate(0, 0, days)); later == first {
			t.Fatalf("%d days later it is %q too", days, later)
		}
	}
	if later, _ := dayOf(t, l, midnight.AddDate(0, 0, 1000)); later != first {
		t.Errorf("a thousand days later it is %q, and %q before", later, first)
	}
}

// Outside of a room there is no message before it.
func TestMessageThatStandsAloneTellsItsDayWithItsTime(t *testing.T) {
	m := numbered(said["message"])
	fragment := written(t, func(w io.Writer) error { return WriteMessage(w, english, m) })
	if regexp.MustCompile(`class="day"| u\d`).MatchString(fragment) || !regexp.MustCompile(`>21 Nov 2025 15:04</time>`).MatchString(fragment) {
		t.Errorf("it is %s", fragment)
	}
}

func TestEditTellsItsDayWhereThatIsAnother(t *testing.T) {
	m := numbered(said["message"])
	for edited, want := range map[time.Time]string{
		m.At.Add(time.Hour):      `edited <time[^>]*>16:04</time>`,
		m.At.Add(24 * time.Hour): `edited <time[^>]*>22 Nov 2025 15:04</time>`,
	} {
		m.Edited = edited
		fragment := written(t, func(w io.Writer) error { return WriteMessage(w, english.In("lobby"), m) })
		if !regexp.MustCompile(want).MatchString(fragment) {
			t.Errorf("%s\nlacks %s", fragment, want)
		}
	}
}
