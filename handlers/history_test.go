package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
)

var article = regexp.MustCompile(`<article id="m-(\d+)"`)

// shows are the numbers of the messages on a page, in their order.
func shows(page string) (numbers []string) {
	for _, m := range article.FindAllStringSubmatch(page, -1) {
		numbers = append(numbers, m[1])
	}
	return numbers
}

func TestPageIsAsTheRoomIsNow(t *testing.T) {
	s := open(t, plan{})
	v, arab := s.guest(), s.guest()
	arab.header.Set("Accept-Language", "ar")
	room := s.lobby().ID
	edit := func(seq parlour.Seq, body string) error {
		_, err := s.store.Edit(t.Context(), parlour.Revision{Room: room, Seq: seq, Kind: parlour.KindMessage, Body: body, At: time.Now()}, parlour.LogEntry{})
		return err
	}
	for _, step := range []struct {
		name    string
		do      func() error
		has     string
		lacks   string
		numbers []string
	}{
		{"a post", func() error { v.say("first"); return nil }, "first", "", []string{"1"}},
		{"another", func() error { v.say("second"); return nil }, "second", "", []string{"1", "2"}},
		{"an edit", func() error { return edit(1, "mended") }, "mended", "first", []string{"1", "2"}},
		{"the same edit again", func() error { return edit(1, "mended twice") }, "mended twice", "", []string{"1", "2"}},
		{"a removal", func() error {
			_, err := s.store.Delete(t.Context(), room, 2, parlour.NoStub, time.Now())
			return err
		}, "mended twice", "second", []string{"1"}},
		{"an arrival", func() error {
			return s.store.Attend(t.Context(), room, []parlour.Author{{ID: "g1", Name: "Zoë"}}, nil, time.Now())
		}, "Zoë", "", []string{"1", "6"}},
		{"another on the same line", func() error {
			return s.store.Attend(t.Context(), room, []parlour.Author{{ID: "g2", Name: "Yann"}}, nil, time.Now())
		}, "Yann", "", []string{"1", "6"}},
		{"nothing", func() error { return nil }, "Yann", "", []string{"1", "6"}},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time it comes from memory
			for who, reader := range map[string]*visitor{"an English page": v, "an Arabic page": arab} {
				a := reader.get("/rooms/lobby")
				if got := shows(a.body); !slices.Equal(got, step.numbers) || !strings.Contains(a.body, step.has) || step.lacks != "" && strings.Contains(a.body, step.lacks) {
					t.Fatalf("after %s %s shows %q", step.name, who, got)
				}
				if want := fmt.Sprintf("/events?after=%d\"", s.lobby().Head); !strings.Contains(a.body, want) {
					t.Errorf("after %s %s does not go on at %s", step.name, who, want)
				}
			}
			if a := v.get("/rooms/lobby/messages"); !slices.Equal(shows(a.body), step.numbers) {
				t.Errorf("after %s the fragment shows %q", step.name, shows(a.body))
			}
		}
	}
	english, arabic := v.get("/rooms/lobby").body, arab.get("/rooms/lobby").body
	if !strings.Contains(english, "joined") || strings.Contains(arabic, "joined") {
		t.Error("one language's page was shown to another's reader")
	}
}

func TestOlderMessagesCanBeReadToTheFirst(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	const all = 2*parlour.PageSize + 7
	var want []string
	for i := range all {
		v.say("hello")
		want = append(want, fmt.Sprint(i+1))
	}
	older := regexp.MustCompile(`href="/rooms/lobby\?before=(\d+)"`)
	for _, path := range []string{"/rooms/lobby", "/rooms/lobby/messages"} {
		var read []string
		for next := path; next != ""; {
			a := v.get(next)
			if a.status != http.StatusOK {
				t.Fatalf("%s answers %d", next, a.status)
			}
			read = append(shows(a.body), read...)
			m := older.FindStringSubmatch(a.body)
			if next = ""; m != nil {
				next = path + "?before=" + m[1]
			}
		}
		if !slices.Equal(read, want) {
			t.Errorf("%s back to the first shows %d messages: %q", path, len(read), read)
		}
	}
	if a := v.get("/rooms/lobby?before=1"); a.status != http.StatusOK || len(shows(a.body)) != 0 {
		t.Errorf("before the first is %d with %q", a.status, shows(a.body))
	}
	if a := v.get("/rooms/lobby?before=9223372036854775807"); a.status != http.StatusOK || len(shows(a.body)) != parlour.PageSize {
		t.Errorf("before the end of time is %d with %q", a.status, shows(a.body))
	}
}

// TestPagesUnderWayAreWholeWhileTheRoomMoves reads pages while others post: each
// is one state of the room, and its cursor is that state's.
func TestPagesUnderWayAreWholeWhileTheRoomMoves(t *testing.T) {
	s := open(t, plan{})
	stop := make(chan struct{})
	var posting, reading sync.WaitGroup
	fail := make(chan error, 100)
	posting.Go(func() {
		v := s.guest()
		for i := range 200 {
			select {
			case <-stop:
				return
			default:
				v.say(fmt.Sprint("message ", i+1))
			}
		}
	})
	cursor := regexp.MustCompile(`/events\?after=(\d+)"`)
	for range 3 {
		v := s.guest()
		reading.Go(func() {
			for range 40 {
				a := v.get("/rooms/lobby")
				numbers, at := shows(a.body), cursor.FindStringSubmatch(a.body)
				if at == nil || len(numbers) > 0 && numbers[len(numbers)-1] != at[1] || len(numbers) == 0 && at[1] != "0" {
					fail <- fmt.Errorf("a page at %q ends with %q", at, numbers)
					return
				}
			}
		})
	}
	reading.Wait()
	close(stop)
	posting.Wait()
	close(fail)
	for err := range fail {
		t.Error(err)
	}
}

// What is older comes by a request of its own. What the stream tells of it in the
// meantime finds nothing on the page, so it is told once more.
func TestWhatChangesOnItsWayIsToldAgain(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	for i := range 4 {
		v.say(fmt.Sprint("message ", i+1))
	}
	v.want("an edit", v.post("/rooms/lobby/messages/1/edit", url.Values{"body": {"mended"}}), http.StatusSeeOther)
	v.want("a deletion", v.post("/rooms/lobby/messages/2/delete", nil), http.StatusSeeOther)
	v.want("an edit", v.post("/rooms/lobby/messages/4/edit", url.Values{"body": {"newer"}}), http.StatusSeeOther)
	const at = "/rooms/lobby/messages?before=4&since="
	told := v.want("asking", v.get(at+"4", "HX-Request", "true"), http.StatusOK).body
	for _, want := range []string{`hx-target="#m-1" hx-swap="outerMorph"`, "mended", `hx-target="#m-2" hx-swap="delete"`, "before=4&amp;since=7", `hx-trigger="load"`} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is missing in %s", want, told)
		}
	}
	if strings.Contains(told, "m-4") || strings.Contains(told, "m-3") {
		t.Errorf("more is told: %s", told)
	}
	if rest := v.want("asking again", v.get(at+"7", "HX-Request", "true"), http.StatusOK).body; rest != "" {
		t.Errorf("when nothing has changed it is answered %s", rest)
	}
}
