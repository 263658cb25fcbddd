package e2e

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"

	"parlour"
)

// conversation is what is going on in the house that the pictures are taken of.
var conversation = []struct {
	after time.Duration // after ten o'clock
	who   string
	kind  parlour.MessageKind
	text  string
}{
	{1 * time.Minute, "Ana", parlour.KindMessage, "Good morning! Is the kettle on yet?"},
	{2 * time.Minute, "Tomás", parlour.KindMessage, "It is. Tea or coffee?"},
	{2 * time.Minute, "Ana", parlour.KindMessage, "Tea, please. I brought the programme for Saturday:\nhttps://example.org/garden-day"},
	{4 * time.Minute, "Mei", parlour.KindAction, "reads"},
	{6 * time.Minute, "Mei", parlour.KindMessage, "Lovely. I can bring the long table and two benches, if somebody has a van."},
	{7 * time.Minute, "Tomás", parlour.KindMessage, "My brother does. I will ask him tonight."},
	{9 * time.Minute, "عمر", parlour.KindMessage, "صباح الخير! سأحضر الخبز والزيتون."},
	{10 * time.Minute, "Ana", parlour.KindMessage, "Wonderful, Omar, thank you! That makes twelve of us."},
	{11 * time.Minute, "Mei", parlour.KindMessage, "Then let us meet at nine and have breakfast together first."},
	{12 * time.Minute, "Tomás", parlour.KindMessage, "Nine is good."},
}

// hueOf are the colours in which the people of the conversation are shown. A
// person's colour comes from their random number, so each comes in until the
// number is right: this way the pictures do not change by themselves.
var hueOf = map[string]string{"Ana": "8", "Tomás": "2", "Mei": "5", "عمر": "0"}

var (
	ownID    = regexp.MustCompile(`own\.css\?[^"]*id=(p[a-z0-9]{12})`)
	personIn = `<li class="[^"]*by-%s hue-(\d+)`
)

// inhabited starts a house in which the conversation is going on, and answers
// its people.
func inhabited(t *testing.T) (*program, map[string]*visitor) {
	t.Helper()
	house := start(t, "--limits", "off", "--join-grace", "1h", "--leave-grace", "1h", "--shutdown-grace", "100ms")
	people, ids := map[string]*visitor{}, map[string]string{}
	for name, hue := range hueOf {
		for try := 0; people[name] == nil; try++ {
			if try == 500 {
				t.Fatalf("%s never comes in colour %s", name, hue)
			}
			v := enters(t, house, name)
			room := v.get("/rooms/lobby").body
			id := ownID.FindStringSubmatch(room)
			if id == nil {
				t.Fatalf("the room does not tell who one is:\n%s", room)
			}
			found := regexp.MustCompile(fmt.Sprintf(personIn, id[1])).FindStringSubmatch(room)
			if found == nil {
				t.Fatalf("%s is not present in the room:\n%s", name, room)
			}
			if found[1] == hue {
				people[name], ids[name] = v, id[1]
			} else {
				v.post("/rooms/lobby/leave", nil)
			}
		}
	}
	house.Stop()
	house.inStore(func(ctx context.Context, store parlour.Store, lobby parlour.Room) {
		for _, room := range []parlour.Room{
			{Slug: "garden", Name: "Garden", Topic: "Beds, bees and what grows in them"},
			{Slug: "workshop", Name: "Workshop", Topic: "Bring what is broken"},
		} {
			if _, err := store.CreateRoom(ctx, room); err != nil {
				t.Fatal(err)
			}
		}
		ten := time.Now().UTC().Truncate(24 * time.Hour).Add(10 * time.Hour)
		for _, said := range conversation {
			m := parlour.NewMessage{
				Room: lobby.ID, Kind: said.kind, Body: said.text, At: ten.Add(said.after),
				Author: parlour.Author{ID: ids[said.who], Name: said.who},
			}
			if _, _, err := store.Post(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
	})
	house.again()
	for _, v := range people {
		v.listens("/rooms/lobby/events")
	}
	return house, people
}

// becomes gives the person's browser the cookies of a visitor.
func (p *person) becomes(v *visitor) {
	p.t.Helper()
	u, err := url.Parse(p.program.Address)
	p.do(err)
	for _, c := range v.client.Jar.Cookies(u) {
		call(p, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: p.program.Address, HTTPOnly: new(true)})
	}
}

// Nothing must make a page wider than its window, from a small telephone to a
// very large screen. On the way it takes the pictures for the documentation,
// when it is told where to put them.
func TestPagesFitTheirWindow(t *testing.T) {
	t.Parallel()
	pictures := os.Getenv("PARLOUR_SCREENSHOTS")
	house, people := inhabited(t)
	for _, width := range []int64{360, 390, 768, 1440, 3840} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) {
				height := map[bool]int64{true: 844, false: 900}[width < 700]
				newcomer := newPerson(t, house, liking(scheme), seeing(width, height))
				ana := newPerson(t, house, liking(scheme), seeing(width, height))
				ana.becomes(people["Ana"])
				looks := func(p *person, name, path string) {
					p.visit(path)
					p.waitFor("the page is loaded", `document.readyState === 'complete'`)
					if over := see[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
						t.Errorf("%s is %d px wider than its window", path, over)
					}
					if name != "" && pictures != "" && (width == 390 || width == 1440) {
						p.photograph(filepath.Join(pictures, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)))
					}
				}
				looks(newcomer, "lobby", "/")
				looks(newcomer, "door", "/rooms/lobby/join")
				looks(ana, "room", "/rooms/lobby")
				ana.hears("Nine is good.")
				looks(ana, "", "/rooms/lobby/people")
				looks(ana, "", "/rooms/lobby/compose")
				looks(ana, "", "/nowhere")
			})
		}
	}
}

// A message can be one long word, and a name too.
func TestLongWordsFitTheirWindow(t *testing.T) {
	t.Parallel()
	house := start(t)
	long := enters(t, house, "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww")
	for _, text := range []string{"x", "https://example.com/x", "/me x", "漢"} {
		last := []rune(text)[len([]rune(text))-1:]
		long.says(text + strings.Repeat(string(last), 3000))
	}
	ana := newPerson(t, house, seeing(360, 640))
	ana.enter("Iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii")
	for _, box := range []string{"document.documentElement", "document.querySelector('#scroll')"} {
		if over := see[int](ana, box+`.scrollWidth - `+box+`.clientWidth`); over > 0 {
			t.Errorf("%s is %d px wider than its window", box, over)
		}
	}
}

// photograph takes a picture of the window.
func (p *person) photograph(file string) {
	p.t.Helper()
	// The cursor in the composer would blink in some pictures only.
	see[bool](p, `(document.activeElement?.blur(), true)`)
	p.do(os.MkdirAll(filepath.Dir(file), 0o755))
	p.do(os.WriteFile(file, call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng}).Data, 0o644))
}
