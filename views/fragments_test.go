package views

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"parlour"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	ana     = parlour.Author{ID: "gk3j4h5l6m7n8", Name: "Ana"}
	posted  = time.Date(2025, 11, 21, 15, 4, 5, 0, time.UTC)
	edited  = time.Date(2025, 11, 22, 0, 30, 0, 0, time.UTC)
	lobby   = parlour.Room{ID: 1, Slug: "lobby", Name: "Lobby", Topic: "Talk about anything"}
	berlin  = mustLoad("Europe/Berlin")
	english = Locale{Lang: "en"}
	faceNow = parlour.Face{Name: "Tea <3", Topic: "<b>Tea</b>", Rules: "Be kind.\nBe <brief>.", Pins: []parlour.Pin{
		{Seq: 12, Author: "<Ana>", Excerpt: "tea is at <four>"}, {Seq: 40, Author: "محمد", Excerpt: "اليوم"}, {Seq: 41},
	}}
)

func mustLoad(zone string) *time.Location {
	z, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return z
}

// said is one message of each sort.
var said = map[string]parlour.Message{
	"message": {Kind: parlour.KindMessage, Author: ana, Body: "Hello <b>everybody</b> & \"all\"\n  see https://example.org/?a=1&b=\"2\" 'now'"},
	"edited":  {Kind: parlour.KindMessage, Author: ana, Body: "Hello again", Edited: edited, Changed: 140},
	"action":  {Kind: parlour.KindAction, Author: parlour.Author{ID: "gb", Name: "<Bob>"}, Body: "waves"},
	"join": {Kind: parlour.KindJoin, Event: &parlour.Event{
		Joined: []string{"Ana", "<Bob>", "{names}"}, MoreJoined: 3, Left: []string{"محمد"},
	}},
	"leave":   {Kind: parlour.KindLeave, Event: &parlour.Event{Left: []string{"Ana"}}},
	"renamed": {Kind: parlour.KindSystem, Event: &parlour.Event{Renamed: &parlour.Renaming{From: "{to}", To: "<Anna>"}}},
	"system":  {Kind: parlour.KindSystem, Body: "The room is <open> now"},
	"stub":    {Kind: parlour.KindMessage, Author: ana, Deleted: edited, Stub: parlour.StubOfAuthor, Changed: 140},
	"taken":   {Kind: parlour.KindMessage, Author: ana, Deleted: edited, Stub: parlour.StubOfModerator, Changed: 140},
	"mended":  {Kind: parlour.KindMessage, Author: ana, Body: "Hello", Edited: edited, EditedBy: "<Mo>", Changed: 140},
	"pinned":  {Kind: parlour.KindSystem, Event: &parlour.Event{Set: &parlour.Setting{What: parlour.ActPin, By: "<Mo>", Seq: 12}}},
	"mention": {Kind: parlour.KindMessage, Author: ana, Body: "hello @<Bob> *and* @ana", Mentions: []parlour.Mention{
		{Person: "gb", Start: 6, End: 12}, {Person: ana.ID, Start: 19, End: 23},
	}},
	"notice": {Kind: parlour.KindNotice, Author: parlour.Author{ID: "gbot", Name: "Weather"}, Body: "Rain\nat six"},
}

func numbered(m parlour.Message) parlour.Message {
	m.Room, m.Seq, m.At = 1, 121, posted
	if m.Changed == 0 {
		m.Changed = m.Seq
	}
	return m
}

func written(t testing.TB, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// golden compares with a file in testdata; go test -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

func TestMessagesLookAsAgreed(t *testing.T) {
	for name, m := range said {
		m := numbered(m)
		golden(t, name, written(t, func(w io.Writer) error { return WriteMessage(w, english, m) }))
		golden(t, name+".ar", written(t, func(w io.Writer) error {
			return WriteMessage(w, Locale{Lang: "ar", Zone: berlin}, m)
		}))
	}
	for _, name := range []string{"message", "action", "stub", "pinned"} {
		golden(t, name+".in-room", written(t, func(w io.Writer) error {
			return WriteMessage(w, english.In("lobby"), numbered(said[name]))
		}))
	}
}

func TestChangesLookAsAgreed(t *testing.T) {
	removed := numbered(parlour.Message{Author: ana, Deleted: edited, Changed: 141})
	for name, c := range map[string]parlour.Change{
		"posted":  numbered(said["leave"]).Change(),
		"changed": numbered(said["edited"]).Change(),
		"removed": removed.Change(),
		"stub":    numbered(said["stub"]).Change(),
		"face":    numbered(parlour.Message{Kind: parlour.KindFace, Event: &parlour.Event{Face: &faceNow}, Deleted: edited}).Change(),
	} {
		golden(t, "change-"+name, written(t, func(w io.Writer) error { return WriteChange(w, english, c) }))
		golden(t, "live-"+name, written(t, func(w io.Writer) error { return WriteLiveChange(w, english, c) }))
	}
}

func TestStreamsPartsLookAsAgreed(t *testing.T) {
	people := Presence{People: []Present{{Author: parlour.Author{ID: "ga", Name: "<Ana>"}}, {Author: parlour.Author{ID: "gb", Name: "Bob"}, Away: true}}, More: 3}
	golden(t, "presence", written(t, func(w io.Writer) error { return WritePresence(w, english, people) }))
	golden(t, "presence-nobody", written(t, func(w io.Writer) error { return WritePresence(w, english, Presence{}) }))
	for name, unread := range map[string]int{"seen": 0, "unread": 3, "many": parlour.UnreadMost} {
		golden(t, "away-"+name, written(t, func(w io.Writer) error { return Away(english, lobby, unread, 121).Render(t.Context(), w) }))
	}
	typists := []parlour.Author{{ID: "ga", Name: "<Ana>"}, {ID: "gb", Name: "Bob"}, {ID: "gc", Name: "Cleo"}, {ID: "gd", Name: "Dan"}}
	for name, of := range map[string]Typing{
		"one": {People: typists[:1]}, "two": {People: typists[:2]}, "four": {People: typists}, "nobody": {}, "several": {Several: true},
	} {
		golden(t, "typing-"+name, written(t, func(w io.Writer) error { return WriteTyping(w, english, of) }))
	}
	golden(t, "mark", written(t, func(w io.Writer) error { return WriteMark(w, english) }))
	golden(t, "reset", written(t, func(w io.Writer) error {
		return WriteReset(w, english, lobby, parlour.Page{Messages: []parlour.Message{numbered(said["leave"])}, Face: faceNow}, 121)
	}))
	for _, reason := range []string{EndedLeft, EndedSession, EndedMoved, "of another sort"} {
		golden(t, "ended-"+strings.ReplaceAll(reason, " ", "-"), written(t, func(w io.Writer) error {
			return WriteEnded(w, english, Ended{Reason: reason, Room: lobby})
		}))
	}
}

// A broadcast fragment reaches pages whose gate on htmx is open for nobody but
// the page's own parts, and streams whose framing counts lines.
func TestFragmentsHoldNothingForHTMXAndNoLineEnds(t *testing.T) {
	may := map[string]bool{"hx-ignore": true}
	for name, m := range said {
		fragment := written(t, func(w io.Writer) error { return WriteMessage(w, english, numbered(m)) })
		if strings.ContainsAny(fragment, "\r\n") {
			t.Errorf("%s has line ends", name)
		}
		for _, element := range elements(t, fragment) {
			for _, attr := range element.Attr {
				if strings.HasPrefix(attr.Key, "hx-") && !may[attr.Key] || strings.HasPrefix(attr.Key, "on") {
					t.Errorf("%s has %s", name, attr.Key)
				}
			}
		}
	}
}

func TestWritersWithoutABufferGetTheSame(t *testing.T) {
	m := numbered(said["message"])
	var plain strings.Builder
	if err := WriteMessage(&plain, english, m); err != nil {
		t.Fatal(err)
	}
	if buffered := written(t, func(w io.Writer) error { return WriteMessage(w, english, m) }); plain.String() != buffered {
		t.Errorf("%s\nand\n%s", plain.String(), buffered)
	}
}

func TestTimesAreToldInTheReadersZone(t *testing.T) {
	m := numbered(said["message"])
	m.At = time.Date(2025, 11, 21, 23, 30, 0, 0, time.UTC)
	got := written(t, func(w io.Writer) error { return WriteMessage(w, Locale{Lang: "de", Zone: berlin}, m) })
	for _, want := range []string{
		`datetime="2025-11-21T23:30:00.000Z"`, `title="Samstag, 22. November 2025, 00:30 CET"`,
		`>22.11.2025 00:30<`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
}

func TestOnlyWebAddressesBecomeLinks(t *testing.T) {
	const open, shut = `<a href="`, `" target="_blank" rel="nofollow noopener noreferrer ugc">`
	link := func(address string) string { return open + address + shut + address + `</a>` }
	for text, want := range map[string]string{
		"plain":                                   "plain",
		"see https://example.org/a.":              "see " + link("https://example.org/a") + ".",
		"(http://example.org/a_(b))":              "(" + link("http://example.org/a_(b)") + ")",
		"HTTPS://EXAMPLE.ORG":                     link("HTTPS://EXAMPLE.ORG"),
		"http://a.example/?x=1&y=<2>":             link("http://a.example/?x=1&amp;y=") + "&lt;2&gt;",
		"javascript://example.org/%0aalert(1)":    "javascript://example.org/%0aalert(1)",
		"ftp://example.org data:text/html,x":      "ftp://example.org data:text/html,x",
		"https://":                                "https://",
		"://":                                     "://",
		"two https://a.example\nhttp://b.example": "two " + link("https://a.example") + "<br>" + link("http://b.example"),
	} {
		if got := string(appendProse(nil, text)); got != want {
			t.Errorf("%q is\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestFacesShowWholeCharacters(t *testing.T) {
	for name, want := range map[string]string{
		"Ana": "A", "E\u0301mile": "E\u0301", "👩‍🚀 Ada": "👩‍🚀", "🇩🇪": "🇩🇪", "محمد": "م", "": "",
	} {
		if got := initial(name); got != want {
			t.Errorf("initial(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestHuesAreSpreadAndStay(t *testing.T) {
	seen := make(map[string]int)
	for i := range 1200 {
		seen[hue("g"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String())]++
	}
	if len(seen) != len(hueClasses) {
		t.Errorf("%d of %d hues come up", len(seen), len(hueClasses))
	}
	if got := hue("gk3j4h5l6m7n8"); got != "hue-9" {
		t.Errorf("a person who was always hue-9 is %s now", got)
	}
}

// elements are all elements of a fragment, as browsers see them.
func elements(t testing.TB, fragment string) []*html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader("<!DOCTYPE html><body>" + fragment))
	if err != nil {
		t.Fatal(err)
	}
	var found []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data != "html" && n.Data != "head" && n.Data != "body" {
			found = append(found, n)
		}
	}
	return found
}
