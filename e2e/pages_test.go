package e2e

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
)

// pages are the pages that there are, for the tests that look at all of them.
var pages = []struct {
	name, path string
	// status is how the page is answered to somebody who is in the room.
	status int
	// isOutside says that one must not be in the room to see it.
	isOutside bool
}{
	{name: "lobby", path: "/", status: 200},
	{name: "door", path: "/rooms/lobby/join", status: 200, isOutside: true},
	{name: "renaming", path: "/rooms/lobby/join", status: 200},
	{name: "room", path: "/rooms/lobby", status: 200},
	{name: "older messages", path: "/rooms/lobby?before=6", status: 200},
	{name: "message in its context", path: "/rooms/lobby/messages/2", status: 200},
	{name: "reactions", path: "/rooms/lobby/messages/2/reactions", status: 200},
	{name: "room with a reply", path: "/rooms/lobby?reply=2", status: 200},
	{name: "people", path: "/rooms/lobby/people", status: 200},
	{name: "composer", path: "/rooms/lobby/compose", status: 200},
	{name: "not found", path: "/rooms/nowhere", status: 404},
	{name: "not found", path: "/nowhere", status: 404},
}

// furnished starts a house with one message of each kind in its lobby.
func furnished(t *testing.T, options ...string) *program {
	t.Helper()
	house := start(t, append([]string{"--limits", "off", "--join-grace", "50ms", "--leave-grace", "50ms", "--shutdown-grace", "100ms"}, options...)...)
	house.Stop()
	house.inStore(func(ctx context.Context, store parlour.Store, lobby parlour.Room) {
		ana, bob := parlour.Author{ID: "gaaaaaaaaaaaa", Name: "Ana"}, parlour.Author{ID: "gbbbbbbbbbbbb", Name: "بوب"}
		at := time.Now().Add(-26 * time.Hour).UTC().Truncate(time.Millisecond)
		next := func() time.Time { at = at.Add(time.Minute); return at }
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		post := func(m parlour.NewMessage) parlour.Message {
			m.Room, m.At = lobby.ID, next()
			posted, _, err := store.Post(ctx, m)
			must(err)
			return posted
		}
		must(store.Attend(ctx, lobby.ID, []parlour.Author{ana, bob}, nil, next()))
		post(parlour.NewMessage{Kind: parlour.KindMessage, Author: ana, Body: "Hello!\nTwo lines and a link: https://example.com/?a=b&c=<d>"})
		post(parlour.NewMessage{Kind: parlour.KindMessage, Author: bob, Body: "مرحبا بكم <b>جميعا</b>"})
		post(parlour.NewMessage{Kind: parlour.KindMessage, Author: ana, Body: strings.Join(marked[:4], "\n\n")})
		post(parlour.NewMessage{Kind: parlour.KindAction, Author: bob, Body: "waves"})
		post(parlour.NewMessage{Kind: parlour.KindNotice, Author: parlour.Author{Name: "House"}, Body: "The kettle is on."})
		post(parlour.NewMessage{Kind: parlour.KindSystem, Event: &parlour.Event{Renamed: &parlour.Renaming{From: "Ana", To: "Anna"}}})
		m := post(parlour.NewMessage{Kind: parlour.KindMessage, Author: ana, Body: "A tyop"})
		_, err := store.Edit(ctx, parlour.Revision{Room: lobby.ID, Seq: m.Seq, Kind: parlour.KindMessage, Body: "A typo", At: next()}, parlour.LogEntry{})
		must(err)
		m = post(parlour.NewMessage{Kind: parlour.KindMessage, Author: ana, Body: "Never mind"})
		_, err = store.Delete(ctx, lobby.ID, m.Seq, parlour.NoStub, next())
		must(err)
		m = post(parlour.NewMessage{Kind: parlour.KindMessage, Author: bob, Body: "So it seems", Reply: 2})
		post(parlour.NewMessage{Kind: parlour.KindAction, Author: ana, Body: "nods", Reply: m.Seq})
		for _, by := range []parlour.Author{ana, bob} {
			_, _, err = store.React(ctx, parlour.Reacting{Room: lobby.ID, Seq: 2, Emoji: "👍", By: by, At: next()})
			must(err)
		}
		must(store.Attend(ctx, lobby.ID, nil, []parlour.Author{bob}, next()))
	})
	house.again()
	return house
}

// refusedAtDoor is the door's page for a name that is taken.
func refusedAtDoor(t *testing.T, house *program) answer {
	t.Helper()
	enters(t, house, "Taken")
	return newVisitor(t, house).post("/rooms/lobby/join", url.Values{"name": {"Taken"}})
}
