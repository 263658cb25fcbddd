package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parlour"
	"parlour/assets"
)

// walkers are who comes to each route, in the order of testdata/routes.txt. All
// of them but the visitor have a session, and all but the outsider a seat in the
// room. What is taken from those who are muted and banned, they lack in the
// whole house.
var walkers = []string{"visitor", "outsider", "guest", "muted", "banned", "member", "moderator", "owner", "admin"}

// readWays reads what each route answers: to each of the walkers, and "nowhere"
// to a guest where there is no room that they may see.
func readWays(t *testing.T) map[string]map[string]int {
	t.Helper()
	table, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	columns := append(slices.Clone(walkers), "nowhere")
	ways := make(map[string]map[string]int)
	for line := range strings.Lines(string(table)) {
		cells := strings.Fields(line)
		if len(cells) == 0 || cells[0] == "#" {
			continue
		}
		if len(cells) != len(columns)+2 {
			t.Fatalf("%q has %d cells, want %d", line, len(cells), len(columns)+2)
		}
		if cells[0] == "METHOD" {
			if !slices.Equal(cells[2:], columns) {
				t.Fatalf("the columns are %q, want %q", cells[2:], columns)
			}
			continue
		}
		way := make(map[string]int)
		for i, who := range columns {
			cell := cells[i+2]
			if who == "nowhere" && !strings.Contains(cells[1], "{room}") {
				if cell != "-" {
					t.Errorf("%q names no room", line)
				}
				continue
			}
			if way[who], err = strconv.Atoi(cell); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		ways[cells[0]+" "+cells[1]] = way
	}
	return ways
}

// walk is a house with somebody of each kind, and whatever the routes are about.
type walk struct {
	*site
	rooms  int
	tokens map[string]string // of the sessions of members
	tom    parlour.Account   // a member to whom things are done
	told   int               // messages that were made for the addresses
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	w := &walk{site: open(t, plan{}), tokens: make(map[string]string)}
	w.member("Tom")
	w.tom = w.account("Tom")
	for _, who := range []string{"member", "moderator", "owner"} {
		w.tokens[who] = w.member(who).session()
	}
	w.tokens["admin"] = w.admin("admin").session()
	if _, err := w.store.CreateRoom(t.Context(), parlour.Room{Slug: "vault", Name: "Vault", Access: parlour.Presets["private"]}); err != nil {
		t.Fatal(err)
	}
	return w
}

// room is a new room that is open to all.
func (w *walk) room() parlour.Room {
	w.t.Helper()
	w.rooms++
	slug := fmt.Sprint("walk-", w.rooms)
	room, err := w.store.CreateRoom(w.t.Context(), parlour.Room{Slug: slug, Name: slug})
	if err != nil {
		w.t.Fatal(err)
	}
	return room
}

// walker is the browser of one of the walkers, who has come to the room.
func (w *walk) walker(who string, room parlour.Room) *visitor {
	w.t.Helper()
	switch who {
	case "visitor":
		return w.visitor()
	case "outsider":
		return w.guest()
	case "member", "moderator", "owner", "admin":
		return w.insider(who, room)
	}
	v, name := w.visitor(), fmt.Sprint(who, " ", guests.Add(1))
	v.want("joining", v.post("/rooms/"+room.Slug+"/join", url.Values{"name": {name}}), http.StatusSeeOther)
	seats, err := w.store.SeatsNamed(w.t.Context(), room.ID, []string{parlour.NameKey(name)})
	if err != nil || len(seats) != 1 {
		w.t.Fatal(seats, err)
	}
	switch who {
	case "muted":
		store(w.t, w.site, parlour.Sanction{Kind: parlour.Mute, Person: seats[0].Person, Name: name})
	case "banned":
		store(w.t, w.site, parlour.Sanction{Kind: parlour.Ban, Person: seats[0].Person, Name: name})
	}
	return v
}

// insider is a member, with the role in the room that they are called after.
func (w *walk) insider(who string, room parlour.Room) *visitor {
	w.t.Helper()
	v := w.visitor()
	v.header.Set("Cookie", "parlour="+w.tokens[who])
	if !v.isSignedIn() { // what they did on the last route has ended the session
		again := w.visitor()
		again.want("signing in", again.signIn(who, password), http.StatusSeeOther)
		w.tokens[who] = again.session()
		v.header.Set("Cookie", "parlour="+w.tokens[who])
	}
	role := map[string]parlour.Role{"moderator": parlour.Moderator, "owner": parlour.Owner}[who]
	if role != parlour.NoRole {
		if err := w.store.SetRole(w.t.Context(), room.ID, w.account(who).ID, role, false, parlour.LogEntry{At: time.Now()}); err != nil {
			w.t.Fatal(err)
		}
	}
	v.want("joining", v.post("/rooms/"+room.Slug+"/join", nil), http.StatusSeeOther)
	return v
}

// form is what is sent to a route so that only who sends it can be wrong.
func (w *walk) form(method, route string) url.Values {
	if method != http.MethodPost {
		return nil
	}
	_, last, _ := strings.Cut(route, "/rooms/{room}")
	switch {
	case route == "/signup":
		return url.Values{"email": {fmt.Sprint(guests.Add(1), "@example.org")}, "password": {password}, "name": {"-"}}
	case route == "/account/password":
		return url.Values{"old": {password}, "password": {password}}
	case route == "/admin/settings":
		return url.Values{"sign_up": {"open"}, "create_rooms": {"admins"}}
	case route == "/admin/people/{person}":
		return url.Values{"do": {"enable"}}
	case route == "/rooms/new" || last == "/settings":
		return url.Values{"name": {"-"}, "slug": {fmt.Sprint("made-", guests.Add(1))}, "preset": {"open"}}
	case last == "/delete":
		return url.Values{"confirm": {fmt.Sprint("walk-", w.rooms)}}
	case last == "/messages" || last == "/compose" || last == "/messages/{seq}/edit" || last == "/preview":
		return url.Values{"body": {"hello"}}
	case last == "/messages/{seq}/reactions":
		return url.Values{"emoji": {"👍"}}
	case last == "/members":
		return url.Values{"member": {"Tom"}, "role": {"listed"}}
	case last == "/members/{person}":
		return url.Values{"role": {"moderator"}}
	case strings.HasSuffix(route, "/invitations"):
		return url.Values{"role": {"listed"}, "uses": {"1"}}
	case last == "/moderation/sanctions":
		return url.Values{"kind": {"mute"}, "person": {"ptom"}, "reach": {"person"}}
	case last == "/moderation/purge":
		return url.Values{"span": {"1h"}, "person": {"ptom"}}
	case last == "/moderation/held/{id}":
		return url.Values{"verdict": {"approve"}}
	case last == "/moderation/waiting/{person}":
		return url.Values{"verdict": {"admit"}}
	case strings.HasSuffix(route, "/moderation/reports/{id}"):
		return url.Values{"outcome": {string(parlour.OutcomeDeleted)}}
	case strings.HasSuffix(route, "/moderation/filters"):
		return url.Values{"kind": {"word"}, "pattern": {fmt.Sprint("word", guests.Add(1))}, "act": {"mask"}}
	default:
		return url.Values{"name": {"-"}}
	}
}

// address is a route's address in the room, and what it is about is there: a
// person who waits, with a message, a report, a sanction and so on.
func (w *walk) address(route string, room parlour.Room) string {
	w.t.Helper()
	ctx, now, of := w.t.Context(), time.Now(), room.ID
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatalf("%s: %v", route, err)
		}
	}
	person, seq, id, token := "ptom", parlour.Seq(0), int64(0), ""
	tom := parlour.Author{ID: person, Name: "Thomas", Guest: true}
	if strings.HasPrefix(route, "/admin") {
		of = 0
	}
	if strings.Contains(route, "{person}") || strings.Contains(route, "/sanctions") || strings.Contains(route, "/purge") {
		_, err := w.store.TakeSeat(ctx, parlour.Seat{Room: room.ID, Person: person, Name: tom.Name, Guest: true, Since: now, SeenAt: now}, now)
		must(err)
	}
	if strings.Contains(route, "{seq}") || strings.Contains(route, "/reports/") {
		m, _, err := w.store.Post(ctx, parlour.NewMessage{Room: room.ID, Kind: parlour.KindMessage, Author: tom, Body: "hello", At: now})
		must(err)
		seq = m.Seq
		w.told++
	}
	switch {
	case strings.Contains(route, "/members/{person}"), strings.HasPrefix(route, "/admin/people"):
		person = w.tom.ID
	case strings.Contains(route, "/sanctions/"):
		made, err := w.store.Sanction(ctx, parlour.Sanction{Kind: parlour.Mute, Room: of, Person: person, At: now}, parlour.LogEntry{At: now})
		must(err)
		id = made.ID
	case strings.Contains(route, "/held/"):
		_, err := w.store.Hold(ctx, parlour.NewMessage{Room: room.ID, Kind: parlour.KindMessage, Author: tom, Body: "held", At: now}, "held")
		must(err)
		held, err := w.store.Held(ctx, room.ID)
		must(err)
		id = held[0].ID
	case strings.Contains(route, "/reports/"):
		must(w.store.Report(ctx, parlour.Reported{Room: room.ID, Seq: seq, By: tom, Reason: "rude", At: now}))
		reports, err := w.store.Reports(ctx, room.ID)
		must(err)
		id = reports[0].ID
	case strings.Contains(route, "/filters/"):
		added, err := w.store.AddFilter(ctx, parlour.Filter{Room: of, Kind: parlour.WordFilter, Pattern: "never", Act: parlour.Masking, At: now}, parlour.LogEntry{At: now})
		must(err)
		id = added.ID
	case strings.Contains(route, "{token}"), strings.Contains(route, "/invitations/"):
		token = fmt.Sprint("token ", guests.Add(1))
		pass := parlour.Pass{Kind: parlour.PassInvite, Room: of, UsesLeft: 9, At: now, ExpiresAt: now.Add(time.Hour)}
		if of != 0 {
			pass.Role = parlour.Listed
		}
		must(w.store.AddInvitation(ctx, parlour.KeyOfPass(token), pass, parlour.LogEntry{At: now}))
		passes, err := w.store.Passes(ctx, parlour.PassInvite, of)
		must(err)
		id = passes[0].ID
	}
	return strings.NewReplacer(
		"{room}", room.Slug, "{person}", person, "{seq}", seq.String(), "{id}", strconv.FormatInt(id, 10),
		"{token}", url.PathEscape(token), "/assets/*", assets.Path("app.css"),
	).Replace(route)
}
