package views

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"parlour"
)

const nonce = "MCSB2XJ5H6S7JYNENBA3CTIZRL"

func pageIn(lang string) Page {
	return Page{
		Locale: Locale{Lang: lang}, Nonce: nonce, URL: "/rooms/lobby?before=3&x=1", Now: posted, RequestID: "req-7",
		Asset: func(name string) string { return "/assets/" + name },
		Me:    parlour.Identity{Kind: parlour.Guest, ID: ana.ID, Name: ana.Name},
	}
}

func roomNow() Room {
	return Room{
		Room: lobby, Seat: parlour.Seat{Name: "Ana <3"}, Cursor: 121, Older: 71, Face: faceNow,
		History:  []byte(`<article id="m-71">made before</article>`),
		Presence: Presence{People: []Present{{Author: parlour.Author{ID: "ga", Name: "Ana"}}, {Author: parlour.Author{ID: "gb", Name: "Bob"}, Away: true}}, More: 3},
		Composer: Composer{Slug: "lobby", Key: "KEY"},
	}
}

// aboutNow is a message with which its reader may do everything.
func aboutNow() AboutMessage {
	return AboutMessage{
		Room: lobby, Message: numbered(said["edited"]), Sanctions: true,
		Menu: parlour.Menu{Edits: true, Deletes: true, Reports: true, Pins: true, Pinned: true, Moderates: true, Earlier: true},
	}
}

var earlier = []parlour.Revision{
	{Kind: parlour.KindAction, Body: "<waves>", By: ana, At: posted}, {Kind: parlour.KindMessage, Body: "two\nlines", By: ana, At: edited},
}

func fieldRefused(field string) error {
	err := parlour.Errorf(parlour.Invalid, "search.quote", "a quotation mark is missing")
	err.Field = field
	return err
}

// pages is every page in every state, for a reader in a language.
func pages(lang string) map[string]templ.Component {
	p, visitor := pageIn(lang), pageIn(lang)
	visitor.Me = parlour.Identity{}
	refused := roomNow()
	refused.Older, refused.Background = 0, true
	refused.Composer.Body, refused.Composer.Err = "<draft>", parlour.ErrNoSeat
	past := roomNow()
	past.Before = 71
	around := roomNow()
	around.Around, around.Newer = 90, 99
	replying, replies := roomNow(), answered["replied and reacted"].Quoted()
	replying.Composer.Reply = &replies
	reactions := Reactions{
		Room: lobby, Message: numbered(answered["replied and reacted"]), Reacts: true,
		All: []parlour.Reactor{{Emoji: "👍", Author: parlour.Author{ID: "gb", Name: "<Bob>"}}},
	}
	mistyped := reactions
	mistyped.Typed, mistyped.Err = `">`, parlour.ErrTooManyReactions
	start := past
	start.Older = 0
	flooded := parlour.Errorf(parlour.TooMany, "flood", "too fast")
	flooded.RetryAfter = 5e9
	return map[string]templ.Component{
		"lobby": Lobby(visitor, []LobbyRoom{
			{LobbyRoom: parlour.LobbyRoom{Room: lobby, Unread: 3}, Present: 12},
			{LobbyRoom: parlour.LobbyRoom{Room: parlour.Room{Slug: "b", Name: "<B>"}, Unread: parlour.UnreadMost}},
		}, false),
		"search":          SearchPage(p, Search{Room: lobby}),
		"search, refused": SearchPage(p, Search{Typed: `"><b>`, Err: fieldRefused("q")}),
		"search, found": SearchPage(p, Search{Typed: "<rose>", Room: lobby, Asked: true, Findings: parlour.Findings{
			All: []parlour.Finding{{
				Message: numbered(said["edited"]), Room: lobby,
				Excerpt: []parlour.Fragment{{Text: "a <"}, {Text: "rose", Marked: true}, {Text: ">"}},
			}},
			Older: "1.2.lobby", Partial: true,
		}}),
		"mentions": MentionsPage(p, parlour.Findings{
			All:   []parlour.Finding{{Message: numbered(said["mention"]), Room: lobby, Excerpt: []parlour.Fragment{{Text: "hello "}, {Text: "@<Ana>", Marked: true}}}},
			Older: "1.2.lobby",
		}),
		"mentions, none":  MentionsPage(visitor, parlour.Findings{}),
		"search, nothing": SearchPage(visitor, Search{Typed: "rose", Asked: true}),
		"empty lobby":     Lobby(p, nil, true),
		"door":            Door(visitor, AtDoor{Room: lobby}),
		"door, refused":   Door(visitor, AtDoor{Room: lobby, Name: `"><b>`, Err: parlour.ErrNameTaken}),
		"renaming":        Door(p, AtDoor{Room: parlour.Room{Slug: "b", Name: "B"}, Name: "Ana"}),
		"room":            RoomPage(p, roomNow()),
		"room, refused":   RoomPage(p, refused),
		"past":            RoomPage(p, past),
		"start":           RoomPage(p, start),
		"compose":         Compose(p, Composer{Slug: "lobby", Key: "KEY"}),
		"around":          RoomPage(p, around),
		"replying":        RoomPage(p, replying),
		"reactions":       ReactionsPage(p, reactions),
		"no reactions":    ReactionsPage(p, Reactions{Room: lobby, Message: numbered(said["notice"])}),
		"mistyped":        ReactionsPage(p, mistyped),
		"compose, reply":  Compose(p, Composer{Slug: "lobby", Key: "KEY", Reply: &replies}),
		"compose, again":  Compose(p, Composer{Slug: "lobby", Key: "KEY", Body: "</textarea><b>", Err: flooded}),
		"preview":         PreviewPage(p, lobby, numbered(said["action"]), Composer{Slug: "lobby", Key: "KEY", Body: "||a||"}),
		"no preview":      PreviewPage(p, lobby, parlour.Message{}, Composer{Slug: "lobby", Key: "KEY", Body: "<b>", Err: flooded}),
		"people":          People(p, lobby, roomNow().Presence),
		"nobody":          People(p, lobby, Presence{}),
		"live":            LiveHead(p, lobby, 3),
		"message":         MessagePage(p, aboutNow()),
		"editing":         EditPage(p, Editing{Room: lobby, Message: aboutNow().Message, Body: "</textarea><b>", Err: flooded}),
		"revisions":       Revisions(p, lobby, aboutNow().Message, earlier),
		"never edited":    Revisions(p, lobby, aboutNow().Message, nil),
		"not found":       Problem(visitor, 404, parlour.ErrRoomNotFound),
		"broken":          Problem(p, 500, errors.New("secret")),
		"typed in vain":   Problem(p, 503, errors.New("secret"), "a <text>", "another"),
	}
}

// parsed is a page as a browser sees it.
func parsed(t *testing.T, page templ.Component) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(shownAs(t, page)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func shownAs(t *testing.T, page templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	if err := page.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

// everyPage runs a check on each element of each page in each language.
func everyPage(t *testing.T, check func(t *testing.T, n *html.Node)) {
	for _, l := range Languages() {
		for name, page := range pages(l.Code) {
			t.Run(l.Code+"/"+name, func(t *testing.T) {
				for n := range parsed(t, page).Descendants() {
					if n.Type == html.ElementNode {
						check(t, n)
					}
				}
			})
		}
	}
}

func TestPagesRunNothingOfTheirOwn(t *testing.T) {
	everyPage(t, func(t *testing.T, n *html.Node) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has %s", n.Data, a.Key)
			}
			if a.Key == "nonce" && (n.Data != "script" || a.Val != nonce) {
				t.Errorf("<%s> has the nonce %q", n.Data, a.Val)
			}
			isAddress := a.Key == "href" || a.Key == "src" || a.Key == "action"
			if isAddress && a.Val != "" && a.Val[0] != '/' && a.Val[0] != '#' {
				t.Errorf("<%s> leads to %q", n.Data, a.Val)
			}
		}
		if n.Data == "style" || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("there is a <%s> with content", n.Data)
		}
	})
}

// The list is where what people write stands: htmx obeys nothing in it but the
// sentinel of older messages, which carries its own nonce.
func TestGateOfHTMXIsOpenInTheDockAlone(t *testing.T) {
	everyPage(t, func(t *testing.T, n *html.Node) {
		class, _ := attribute(n, "class")
		if id, _ := attribute(n, "id"); id == "dock" {
			return
		}
		for _, a := range n.Attr {
			if a.Key == "hx-nonce:inherited" || a.Key == "hx-nonce" && class != "older" {
				t.Errorf("<%s class=%q> has %s", n.Data, class, a.Key)
			}
		}
	})
}

func TestEachPageHasOneHeadingItsLanguageAndALandmark(t *testing.T) {
	for _, l := range Languages() {
		for name, page := range pages(l.Code) {
			headings, mains, titles := 0, 0, 0
			for n := range parsed(t, page).Descendants() {
				if n.Type != html.ElementNode {
					continue
				}
				switch n.Data {
				case "html":
					lang, _ := attribute(n, "lang")
					dir, _ := attribute(n, "dir")
					if lang != l.Code || dir != l.Dir {
						t.Errorf("%s in %s says lang %q, dir %q", name, l.Code, lang, dir)
					}
				case "h1":
					headings++
				case "main":
					mains++
				case "title":
					titles++
				}
			}
			if headings != 1 || mains != 1 || titles != 1 {
				t.Errorf("%s in %s has %d h1, %d main, %d title", name, l.Code, headings, mains, titles)
			}
		}
	}
}

func TestNamesOfPartsLeadSomewhere(t *testing.T) {
	for name, page := range pages("en") {
		ids, wanted := map[string]int{}, map[string]string{}
		for n := range parsed(t, page).Descendants() {
			for _, a := range n.Attr {
				switch a.Key {
				case "id":
					ids[a.Val]++
				case "for", "aria-labelledby", "aria-describedby", "popovertarget":
					for part := range strings.FieldsSeq(a.Val) {
						wanted[part] = a.Key
					}
				case "href":
					if part, ok := strings.CutPrefix(a.Val, "#"); ok {
						wanted[part] = a.Key
					}
				}
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s has %d parts called %q", name, n, id)
			}
		}
		for id, by := range wanted {
			if ids[id] == 0 {
				t.Errorf("%s has no part %q for %s", name, id, by)
			}
		}
	}
}

func TestNoWordIsEmpty(t *testing.T) {
	spoken := []string{"aria-label", "placeholder", "title", "data-refused", "data-offline"}
	named := []string{"a", "button", "label", "title", "h1", "h2"}
	everyPage(t, func(t *testing.T, n *html.Node) {
		for _, a := range n.Attr {
			if slices.Contains(spoken, a.Key) && strings.TrimSpace(a.Val) == "" {
				t.Errorf("<%s> has an empty %s", n.Data, a.Key)
			}
		}
		if slices.Contains(named, n.Data) && strings.TrimSpace(textOf(n)) == "" {
			t.Errorf("there is a <%s> without text", n.Data)
		}
	})
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return text.String()
}

func TestProblemsOfOursTellTheirNumberAndNothingElse(t *testing.T) {
	broken, missing := shownAs(t, pages("en")["broken"]), shownAs(t, pages("en")["not found"])
	if !strings.Contains(broken, `<code dir="ltr">req-7</code>`) || strings.Contains(broken, "secret") {
		t.Error(broken)
	}
	if strings.Contains(missing, "req-7") || !strings.Contains(missing, "There is no such room") {
		t.Error(missing)
	}
}
