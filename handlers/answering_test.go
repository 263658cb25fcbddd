package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"parlour"
)

// last is the newest message of the lobby.
func (s *site) last() parlour.Message {
	s.t.Helper()
	all := s.messages()
	return all[len(all)-1]
}

// until is what the stream says under a number.
func (s *stream) until(seq parlour.Seq) string {
	s.t.Helper()
	for {
		e := s.next()
		if e.ended {
			s.t.Fatal("the stream ended")
		}
		if e.id == seq.String() && e.data != "" {
			return e.data
		}
	}
}

func TestReplyIsChosenAndSaid(t *testing.T) {
	s := open(t, plan{})
	ana, bob := s.guest(), s.guest()
	ana.say("shall we <go>?")
	of := s.last()
	seq := of.Seq.String()

	// Without JavaScript: the room's page, its frame, and the composer itself.
	for _, path := range []string{"/rooms/lobby?reply=" + seq, "/rooms/lobby/compose?reply=" + seq} {
		page := bob.get(path)
		bob.want(path, page, http.StatusOK)
		if !strings.Contains(page.body, `name="reply" value="`+seq+`"`) || !strings.Contains(page.body, "shall we &lt;go&gt;?</q>") {
			t.Errorf("%s does not say what is answered", path)
		}
	}
	if page := bob.get("/rooms/lobby?reply=" + seq); !strings.Contains(page.body, `src="/rooms/lobby/compose?reply=`+seq+`"`) {
		t.Error("the frame of the composer does not know what is answered")
	}
	chosen := bob.get("/rooms/lobby?reply="+seq, "HX-Request", "true")
	if !strings.Contains(chosen.body, `hx-target="#reply"`) || !strings.Contains(chosen.body, `id="reply-`+seq+`"`) || strings.Contains(chosen.body, "<html") {
		t.Errorf("htmx is answered %s", chosen.body)
	}
	if none := bob.get("/rooms/lobby?reply=0", "HX-Request", "true"); strings.Contains(none.body, `name="reply"`) || none.status != http.StatusOK {
		t.Errorf("to answer nothing is answered %s", none.body)
	}

	for name, way := range says {
		a := bob.post(way.path, url.Values{"body": {"yes, by " + name}, "reply": {seq}}, way.fields...)
		if a.status != way.thanks {
			t.Errorf("%s is answered %d", name, a.status)
		}
		if m := s.last(); m.Quote == nil || *m.Quote != of.Quoted() || m.Body != "yes, by "+name {
			t.Errorf("%s said %+v", name, m)
		}
		if !way.isForm && !strings.Contains(a.body, `hx-target="#reply-`+seq+`" hx-swap="delete"`) {
			t.Errorf("%s is left with what it answered", name)
		}
	}
	preview := bob.post("/rooms/lobby/preview", url.Values{"body": {"well"}, "reply": {seq}})
	if preview.status != http.StatusOK || !strings.Contains(preview.body, `name="reply" value="`+seq+`"`) {
		t.Errorf("a preview of a reply is answered %d, and is none", preview.status)
	}
	if page := ana.get("/rooms/lobby").body; !strings.Contains(page, `<p class="quote"><a href="/rooms/lobby/messages/`+seq+`"`) {
		t.Error("the room does not show what is answered")
	}
}

func TestReplyToNothingIsRefusedAndTheTextKept(t *testing.T) {
	s := open(t, plan{})
	ana, bob := s.guest(), s.guest()
	ana.say("a")
	gone := s.last().Seq
	if _, err := s.store.Delete(t.Context(), s.lobby().ID, gone, parlour.NoStub, time.Now()); err != nil {
		t.Fatal(err)
	}
	before := len(s.messages())
	for _, reply := range []string{gone.String(), "99", "0", "-1", "x", "<b>"} {
		for name, way := range says {
			a := bob.post(way.path, url.Values{"body": {"a long answer"}, "reply": {reply}}, way.fields...)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "not there any more") {
				t.Errorf("%s: a reply to %q is answered %d", name, reply, a.status)
			}
			if way.isForm && kept(textarea, a.body) != "a long answer" {
				t.Errorf("%s: a reply to %q loses its text", name, reply)
			}
			// What cannot be answered is not answered the next time either.
			if strings.Contains(a.body, `name="reply"`) || !way.isForm && !strings.Contains(a.body, `hx-target="#reply" hx-swap="innerHTML"></hx-partial>`) {
				t.Errorf("%s: a reply to %q is still one", name, reply)
			}
		}
	}
	if len(s.messages()) != before {
		t.Error("something was said")
	}
	if a := bob.get("/rooms/lobby?reply=99"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "not there any more") {
		t.Errorf("choosing what is not there is answered %d", a.status)
	}
	if a := bob.get("/rooms/lobby?reply=99", "HX-Request", "true"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "#cerr") {
		t.Errorf("choosing what is not there is answered %d: %s", a.status, a.body)
	}
	// A text that is refused for another reason stays a reply.
	ana.say("b")
	seq := s.last().Seq.String()
	a := bob.post("/rooms/lobby/messages", url.Values{"body": {" "}, "reply": {seq}})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `name="reply" value="`+seq+`"`) {
		t.Errorf("an empty reply is answered %d", a.status)
	}
}

func TestReactionIsGivenAndTakenBack(t *testing.T) {
	s := open(t, plan{})
	ana, bob := s.guest(), s.guest()
	ana.say("hello")
	m := s.last()
	path := "/rooms/lobby/messages/" + m.Seq.String() + "/reactions"
	react := func(emoji string, fields ...string) answer {
		t.Helper()
		return bob.post(path, url.Values{"emoji": {emoji}}, fields...)
	}
	if a := react("👍"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/rooms/lobby/messages/1#m-1" {
		t.Errorf("a form is answered %d, %s", a.status, a.header.Get("Location"))
	}
	if r := s.last().Reactions; len(r) != 1 || r[0].Emoji != "👍" || r[0].Count != 1 {
		t.Errorf("there are %+v", r)
	}
	page := ana.get("/rooms/lobby").body
	if !strings.Contains(page, `action="`+path+`"><input type="hidden" name="seen" value="2"><button name="emoji" value="👍" title="`) || !strings.Contains(page, `👍 <b>1</b>`) {
		t.Error("the room does not show it")
	}
	ana.want("who reacted", ana.get(path), http.StatusOK)
	if below := ana.get(path, "HX-Request", "true"); !strings.Contains(below.body, `<dialog id="open"`) || strings.Contains(below.body, "<html") {
		t.Errorf("htmx is answered %s", below.body)
	}
	ana.post(path, url.Values{"emoji": {"👍"}})
	if a := react("👍", "HX-Request", "true"); a.status != http.StatusOK || !strings.Contains(a.body, `hx-target="#told" hx-swap="textContent">You took 👍 back.`) {
		t.Errorf("where another one stays, htmx is answered %d, %s", a.status, a.body)
	}
	react("👍")
	ana.post(path, url.Values{"emoji": {"👍"}})
	if a := react("👍", "HX-Request", "true"); a.status != http.StatusOK || !strings.Contains(a.body, `<p id="open" tabindex="-1" autofocus aria-live="off">You took 👍 back.`) {
		t.Errorf("htmx is answered %d, %s", a.status, a.body)
	}
	if r := s.last().Reactions; r != nil {
		t.Errorf("it was taken back, and there are %+v", r)
	}
	for _, emoji := range []string{"", "yes", "👍👍", "<b>"} {
		if a := react(emoji); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "not a single emoji") {
			t.Errorf("%q is answered %d", emoji, a.status)
		}
		if a := react(emoji, "HX-Request", "true"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "#cerr") {
			t.Errorf("%q by htmx is answered %d", emoji, a.status)
		}
	}
	if a := bob.post("/rooms/lobby/messages/99/reactions", url.Values{"emoji": {"👍"}}); a.status != http.StatusNotFound {
		t.Errorf("a reaction to nothing is answered %d", a.status)
	}
}

// TestReactionThatTheBrowserRepeatsIsOne presses what the page shows, and has
// each press arrive twice.
func TestReactionThatTheBrowserRepeatsIsOne(t *testing.T) {
	s := open(t, plan{})
	ana, bob := s.guest(), s.guest()
	ana.say("hello")
	path := "/rooms/lobby/messages/" + s.last().Seq.String() + "/reactions"
	seenIn := regexp.MustCompile(`name="seen" value="([0-9]+)"`)
	for _, isGiven := range []bool{true, false, true} {
		page := bob.get("/rooms/lobby").body
		if !strings.Contains(page, path+`"><input type="hidden" name="seen"`) { // nobody has reacted yet
			page = bob.get(path).body
		}
		seen := kept(seenIn, page)
		for range 2 {
			a := bob.post(path, url.Values{"emoji": {"👍"}, "seen": {seen}}, "HX-Request", "true")
			told := map[bool]string{true: "You reacted", false: "You took"}[isGiven]
			if a.status != http.StatusOK || !strings.Contains(a.body, told) {
				t.Errorf("after %s: %d, %s", seen, a.status, a.body)
			}
			if got := len(s.last().Reactions) == 1; got != isGiven {
				t.Errorf("after %s the reaction is there: %v", seen, got)
			}
		}
	}
	bob.want("nonsense", bob.post(path, url.Values{"emoji": {"👍"}, "seen": {"x"}}), http.StatusSeeOther)
}

func TestReactionIsOneSmallChangeForEverybody(t *testing.T) {
	s := open(t, plan{})
	ana, bob := s.guest(), s.guest()
	ana.say("hello")
	seq := s.last().Seq
	live := ana.stream("/rooms/lobby/events?after=" + seq.String())
	bob.post("/rooms/lobby/messages/1/reactions", url.Values{"emoji": {"🎉"}})
	changed := s.last()
	frame := live.until(changed.Changed)
	if !strings.Contains(frame, `<hx-partial hx-target="#m-1" hx-swap="outerMorph">`) || !strings.Contains(frame, `🎉 <b>1</b>`) {
		t.Errorf("the stream tells %s", frame)
	}
}

func TestMessageOpensInItsContext(t *testing.T) {
	s := open(t, plan{})
	ana := s.guest()
	for i := range 80 {
		ana.say("message " + string(rune('A'+i%26)))
	}
	page := ana.get("/rooms/lobby/messages/40")
	ana.want("a permalink", page, http.StatusOK)
	for _, part := range []string{
		`" tabindex="-1" autofocus aria-current="true"><article id="m-40"`, `id="m-15"`, `id="m-65"`,
		`href="/rooms/lobby?before=15"`, `href="/rooms/lobby/messages/65"`, `href="/rooms/lobby">`,
	} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if strings.Contains(page.body, `id="m-14"`) || strings.Contains(page.body, `id="m-66"`) || strings.Contains(page.body, "<script") {
		t.Error("the page has more than it should")
	}
	if page := ana.get("/rooms/lobby/messages/79").body; strings.Contains(page, `class="newer"`) {
		t.Error("there is nothing newer to go to")
	}
	if page := ana.get("/rooms/lobby").body; !strings.Contains(page, `<a class="at" href="/rooms/lobby/messages/80"`) {
		t.Error("the time is not the link")
	}
	// Who has no place in the room yet is led to where they get one.
	if a := s.visitor().get("/rooms/lobby/messages/40"); a.header.Get("Location") != "/rooms/lobby?at=40" {
		t.Errorf("a visitor is answered %d, %s", a.status, a.header.Get("Location"))
	}
}

func TestMessagesThatAreNotForSomebodyAreNotThere(t *testing.T) {
	s := open(t, plan{})
	ana := s.guest()
	ana.say("early")
	room := s.lobby()
	room.HistoryFromJoin = true
	if _, err := s.store.ChangeRoom(t.Context(), room, nil, parlour.LogEntry{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	bob := s.guest()
	live := bob.stream("/rooms/lobby/events?after=1")
	ana.post("/rooms/lobby/messages", url.Values{"body": {"well"}, "reply": {"1"}})
	frame := live.until(s.last().Seq)
	pages := []string{frame, bob.get("/rooms/lobby").body, bob.get("/rooms/lobby/messages/" + s.last().Seq.String()).body}
	for _, page := range pages {
		if !strings.Contains(page, ">well<") || strings.Contains(page, ">early<") || !strings.Contains(page, "In reply to an earlier message") {
			t.Errorf("Bob is shown %s", page)
		}
	}
	for _, path := range []string{"/rooms/lobby/messages/1", "/rooms/lobby/messages/1/reactions", "/rooms/lobby/messages/99", "/rooms/nowhere/messages/1"} {
		bob.want(path, bob.get(path), http.StatusNotFound)
	}
}
