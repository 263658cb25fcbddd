package handlers_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
)

const unreadMark = `<p id="new" class="mark">`

// marked is what stands before the mark and after it; there must be one at most.
func marked(t *testing.T, page string) (before, after []string, ok bool) {
	t.Helper()
	if n := strings.Count(page, unreadMark); n > 1 {
		t.Fatalf("the page has %d marks", n)
	}
	above, below, ok := strings.Cut(page, unreadMark)
	return shows(above), shows(below), ok
}

func TestRoomMarksWhatIsNewOnceInAVisit(t *testing.T) {
	s := open(t, plan{})
	ana, bea := s.guest(), s.guest()
	bea.say("Bea's own")
	bea.get("/rooms/lobby")
	ana.say("one")
	ana.say("two")
	page := bea.get("/rooms/lobby").body
	before, after, ok := marked(t, page)
	if !ok || strings.Join(before, " ") != "1" || strings.Join(after, " ") != "2 3" {
		t.Fatalf("the mark (%v) stands between %v and %v, want 1 and 2 3", ok, before, after)
	}
	if !strings.Contains(page, `<a id="to-new" href="#new">`) {
		t.Error("no link leads to the mark")
	}
	// The store may not know yet that this was read.
	if _, _, ok := marked(t, bea.get("/rooms/lobby").body); ok {
		t.Error("what was shown is new again when the page is loaded again")
	}
	if _, _, ok := marked(t, ana.get("/rooms/lobby").body); ok {
		t.Error("one's own messages are new")
	}
}

// The page around the frame has noted already that all is read.
func TestFrameMarksWhatThePageAroundItFoundUnread(t *testing.T) {
	s := open(t, plan{})
	ana, bea := s.guest(), s.guest()
	bea.say("Bea's own")
	ana.say("one")
	if page := bea.get("/rooms/lobby").body; !strings.Contains(page, `src="/rooms/lobby/live?read=1"`) {
		t.Fatalf("the frame is not told what was read:\n%s", page)
	}
	for _, again := range []string{"at first", "loaded again"} {
		if before, after, ok := marked(t, bea.document("/rooms/lobby/live?read=1", `id="m-2"`)); !ok || len(before) != 1 || len(after) != 1 {
			t.Errorf("%s the mark (%v) stands between %v and %v", again, ok, before, after)
		}
	}
	if _, _, ok := marked(t, bea.document("/rooms/lobby/live", `id="m-2"`)); ok {
		t.Error("a frame that is not told what was read has a mark")
	}
	if a := bea.get("/rooms/lobby/live?read=x"); a.status != 400 {
		t.Errorf("a number that is none answers %d", a.status)
	}
}

// document reads a page that never ends until it has a text.
func (v *visitor) document(path, until string) string {
	v.t.Helper()
	var page strings.Builder
	lines := v.stream(path).lines
	for !strings.Contains(page.String(), until) {
		line, err := lines.ReadString('>')
		if err != nil {
			v.t.Fatalf("the page ends: %v\n%s", err, page.String())
		}
		page.WriteString(line)
	}
	return page.String()
}

func TestWhatIsNewFurtherUpIsShownInItsContext(t *testing.T) {
	s := open(t, plan{})
	bea := s.guest()
	bea.say("Bea's own")
	for i := range parlour.PageSize + 5 {
		_, _, err := s.store.Post(t.Context(), parlour.NewMessage{
			Room: s.lobby().ID, Kind: parlour.KindMessage, Author: parlour.Author{ID: "g0", Name: "Zoë"}, Body: fmt.Sprint("no ", i), At: s.messages()[0].At,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	page := bea.get("/rooms/lobby").body
	if _, _, ok := marked(t, page); ok {
		t.Error("the mark stands before a message that is not the first new one")
	}
	if !strings.Contains(page, `<a id="to-new" href="/rooms/lobby/messages/2#m-2">`) {
		t.Error("no link leads to the first new message")
	}
	if a := bea.get("/rooms/lobby/messages/2"); a.status != 200 {
		t.Errorf("that answers %d", a.status)
	}
}

func TestSendingTakesTheMarkAway(t *testing.T) {
	s := open(t, plan{})
	a := s.guest().post("/rooms/lobby/messages", url.Values{"body": {"x"}}, "HX-Request", "true")
	for _, id := range []string{"new", "to-new"} {
		if !strings.Contains(a.body, `<hx-partial hx-target="#`+id+`" hx-swap="delete">`) {
			t.Errorf("#%s stays: %s", id, a.body)
		}
	}
}

func TestHiddenPageCountsWhatOthersSayMeanwhile(t *testing.T) {
	s := open(t, plan{})
	ana, bea := s.guest(), s.guest()
	bea.say("Bea's own")
	page := bea.get("/rooms/lobby").body
	if !strings.Contains(page, `<input id="seen" type="hidden" name="after" value="1">`) {
		t.Errorf("the page does not note what it was made with:\n%s", page)
	}
	wants := func(query, title, seen string) {
		t.Helper()
		a := bea.get("/rooms/lobby/unread"+query, "HX-Request", "true")
		if want := "<title>" + title + "Lobby · Parlour</title>"; a.status != 200 || !strings.Contains(a.body, want) || !strings.Contains(a.body, `value="`+seen+`"`) {
			t.Errorf("%q answers %d: %s, want %s and %s", query, a.status, a.body, want, seen)
		}
	}
	wants("?after=1", "", "1")
	ana.say("one")
	ana.say("two")
	ana.post("/rooms/lobby/messages/3/delete", nil)
	wants("?after=1", "(1) ", "1")
	ana.say("three")
	wants("?after=1", "(2) ", "1")
	wants("", "", "5") // the page is shown again
	wants("?after=5", "", "5")
	bea.say("from elsewhere") // who talks has read
	wants("?after=1", "", "1")
	for _, query := range []string{"?after=x", "?after=-1"} {
		if a := bea.get("/rooms/lobby/unread" + query); a.status != 400 {
			t.Errorf("%s answers %d", query, a.status)
		}
	}
}

func TestHiddenPageCountsNoMoreThanANumberThatIsRead(t *testing.T) {
	s := open(t, plan{})
	bea := s.guest()
	for i := range parlour.UnreadMost + 5 {
		_, _, err := s.store.Post(t.Context(), parlour.NewMessage{
			Room: s.lobby().ID, Kind: parlour.KindMessage, Author: parlour.Author{ID: "g0", Name: "Zoë"}, Body: fmt.Sprint("no ", i), At: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if a := bea.get("/rooms/lobby/unread?after=0"); !strings.Contains(a.body, "<title>(99+) Lobby") {
		t.Errorf("it answers %d: %s", a.status, a.body)
	}
}
