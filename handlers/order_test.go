package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
)

func TestGuestsAreRefusedWhatModeratorsMay(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	ana, bob := h.guest("Ana"), h.guest("Bob")
	bob.says("hello")
	for _, path := range []string{"/rooms/lobby/moderation", "/rooms/lobby/moderation/log"} {
		ana.want(ana.get(path), http.StatusForbidden)
		nobody := h.somebody()
		if got := nobody.get(path).status; got != http.StatusForbidden && got != http.StatusUnauthorized {
			t.Errorf("a visitor is answered %d at %s", got, path)
		}
		ana.want(ana.get("/rooms/cellar"+strings.TrimPrefix(path, "/rooms/lobby")), http.StatusNotFound)
	}
	for path, fields := range map[string][]string{
		"/rooms/lobby/messages/1/delete":           nil,
		"/rooms/lobby/moderation/sanctions":        {"kind", "ban", "person", bob.id()},
		"/rooms/lobby/moderation/purge":            {"span", "all", "person", bob.id()},
		"/rooms/lobby/moderation/filters":          {"kind", "word", "pattern", "x", "act", "mask"},
		"/rooms/lobby/moderation/sanctions/1/lift": nil,
		"/rooms/lobby/moderation/held/1":           {"verdict", "approve"},
		"/rooms/lobby/moderation/reports/1":        {"outcome", "acted"},
		"/rooms/lobby/moderation/waiting/p1":       {"verdict", "admit"},
		"/rooms/lobby/moderation/filters/1/remove": nil,
	} {
		ana.want(ana.post(path, fields...), http.StatusForbidden)
	}
	message := ana.get("/rooms/lobby/messages/1/menu")
	ana.want(message, http.StatusOK, "hello", "/rooms/lobby/messages/1/report")
	if strings.Contains(message.body, "/delete") || strings.Contains(message.body, "/moderation/") {
		t.Error("a guest is offered what moderators do")
	}
}

func TestModeratorKeepsOrderWithoutScript(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, troll, bob := h.moderator("Mo"), h.guest("Troll"), h.guest("Bob")
	troll.says("something rude")
	bob.says("hello")
	bob.want(bob.get("/rooms/lobby"), http.StatusOK, `href="/rooms/lobby/messages/1"`, "something rude")
	bob.want(bob.post("/rooms/lobby/messages/1/report", "reason", "rude"), http.StatusSeeOther, "/rooms/lobby/messages/1/menu?done=reported")
	mo.want(mo.get("/rooms/lobby/moderation"), http.StatusOK, "something rude", "/rooms/lobby/moderation/reports/1")

	page := mo.get("/rooms/lobby/messages/1/menu")
	mo.want(page, http.StatusOK, "/rooms/lobby/messages/1/delete", "/rooms/lobby/moderation/sanctions", troll.id())
	mo.want(mo.get("/rooms/lobby/people/"+troll.id()), http.StatusOK, "/rooms/lobby/moderation/purge")

	long := strings.Repeat("x", parlour.MaxReason+1)
	again := mo.post("/rooms/lobby/moderation/sanctions", "kind", "ban", "person", troll.id(), "reason", long)
	mo.want(again, http.StatusUnprocessableEntity, long, `aria-describedby="sanction-why"`, `id="sanction-why"`)

	id := troll.id()
	mo.want(mo.post("/rooms/lobby/moderation/sanctions", "kind", "ban", "person", id, "delete", "all", "reason", "rude"), http.StatusSeeOther, "/rooms/lobby/people/"+id)
	refused := troll.post("/rooms/lobby/messages", "body", "a long <text> that took me an hour")
	troll.want(refused, http.StatusForbidden, "a long <text> that took me an hour", "rude")
	troll.want(troll.get("/rooms/lobby"), http.StatusForbidden)
	if strings.Contains(bob.get("/rooms/lobby").body, "something rude") {
		t.Error("what was deleted with the ban is still there")
	}
	mo.want(mo.get("/rooms/lobby/moderation/log"), http.StatusOK, "banned <bdi>Troll</bdi>", "rude")
	mo.want(mo.post("/rooms/lobby/moderation/sanctions/1/lift"), http.StatusSeeOther, "done=lifted")
	troll.want(troll.get("/rooms/lobby"), http.StatusOK)
}

func TestBannedGuestTakesNoOtherName(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, troll := h.moderator("Mo"), h.guest("Troll")
	mo.want(mo.post("/rooms/lobby/moderation/sanctions", "kind", "ban", "person", troll.id(), "reach", "person"), http.StatusSeeOther)
	troll.want(troll.post("/rooms/lobby/join", "name", "Something rude"), http.StatusForbidden)
	if body := mo.get("/rooms/lobby").body; strings.Contains(body, "Something rude") {
		t.Error("the room is told of the name of somebody who is banned")
	}
}

func TestFilterThatIsNoneIsGivenBack(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo := h.moderator("Mo")
	got := mo.post("/rooms/lobby/moderation/filters", "kind", "regex", "pattern", "(((", "act", "hold")
	mo.want(got, http.StatusUnprocessableEntity, `value="((("`, `<option value="regex" selected>`, `<option value="hold" selected>`, `id="filter-why"`)
	mo.want(mo.post("/rooms/lobby/moderation/filters", "kind", "word", "pattern", "money", "act", "hold"), http.StatusSeeOther)

	ana := h.guest("Ana")
	got = ana.do(http.MethodPost, "/rooms/lobby/messages", url.Values{"body": {"easy money"}}, "HX-Request", "true")
	ana.want(got, http.StatusOK, `hx-target="#told"`, "waits for a moderator")
	ana.says("more money")
	ana.want(ana.get("/rooms/lobby"), http.StatusOK, "waits for a moderator")
	for _, who := range []*somebody{ana, mo} {
		if body := who.get("/rooms/lobby").body; strings.Contains(body, "money") || strings.Contains(body, "waits for") {
			t.Errorf("the room shows what is held, or tells of it twice:\n%s", body)
		}
	}
	mo.want(mo.get("/rooms/lobby/moderation"), http.StatusOK, "easy money")
	mo.want(mo.post("/rooms/lobby/moderation/held/1", "verdict", "approve"), http.StatusSeeOther)
	ana.want(ana.get("/rooms/lobby"), http.StatusOK, "easy money")
}

func TestAnswerToACommandIsForItsSenderAlone(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, ana := h.moderator("Mo"), h.guest("Ana")
	htmx := func(body string) page {
		return mo.do(http.MethodPost, "/rooms/lobby/messages", url.Values{"body": {body}}, "HX-Request", "true")
	}
	mo.want(htmx("/mute Ana 10m"), http.StatusOK, `hx-target="#told"`, "Ana is muted for 10 minutes.")
	mo.want(htmx("/dance"), http.StatusUnprocessableEntity, `hx-target="#cerr"`, "/dance")
	mo.want(mo.post("/rooms/lobby/messages", "body", "/dance <b>"), http.StatusUnprocessableEntity, "/dance <b></textarea>")
	mo.want(mo.post("/rooms/lobby/compose", "body", "/unmute Ana"), http.StatusSeeOther, "/rooms/lobby/compose#ta")
	mo.want(mo.get("/rooms/lobby/compose"), http.StatusOK, "Undone for Ana")
	mo.want(htmx("/help"), http.StatusOK, "/nick NAME", "/kick NAME")
	ana.want(ana.post("/rooms/lobby/compose", "body", "/nick Ana II"), http.StatusSeeOther, "/rooms/lobby/compose#ta")
	ana.want(ana.get("/rooms/lobby/compose"), http.StatusOK, "You are Ana II now.")
	ana.want(ana.get("/rooms/lobby"), http.StatusOK, "You are <bdi>Ana II</bdi>")
	mo.want(htmx("/nick Moe"), http.StatusOK, `hx-target="#known"`, "You are <bdi>Moe</bdi>", "You are Moe now.")
	ana.want(ana.post("/rooms/lobby/messages", "body", "/topic mine"), http.StatusForbidden, "/topic mine</textarea>")
	for _, who := range []*somebody{mo, ana} {
		if body := who.get("/rooms/lobby").body; strings.Contains(body, "Undone") || strings.Contains(body, "muted") || strings.Contains(body, "/unmute") {
			t.Errorf("a command or its answer is shown in the room:\n%s", body)
		}
	}
}

func TestGuestWaitsOnAPageUntilTheyAreLetIn(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo := h.moderator("Mo")
	room, err := h.store.CreateRoom(t.Context(), parlour.Room{Slug: "garden", Name: "Garden", WaitingRoom: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.SetRole(t.Context(), room.ID, mo.id(), parlour.Moderator, false, parlour.LogEntry{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	ana := h.somebody()
	ana.want(ana.post("/rooms/garden/join", "name", "Ana"), http.StatusSeeOther, "/rooms/garden")
	ana.want(ana.get("/rooms/garden"), http.StatusOK, `http-equiv="refresh"`)
	ana.want(ana.get("/rooms/garden/events"), http.StatusForbidden)
	ana.want(ana.get("/rooms/garden/live"), http.StatusForbidden)
	queue := mo.get("/rooms/garden/moderation")
	mo.want(queue, http.StatusOK, "Ana")
	door := regexp.MustCompile(`/rooms/garden/moderation/waiting/\w+`).FindString(queue.body)
	mo.want(mo.post(door, "verdict", "admit"), http.StatusSeeOther)
	got := ana.get("/rooms/garden")
	ana.want(got, http.StatusOK, `id="composer"`)
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func TestFormsOfGuestsNeedATokenWhereLimitsAreOn(t *testing.T) {
	h := openOrdered(t, parlour.Rules{Limits: true})
	old := func(form formOf, whose string) string {
		return h.tokens.issue(form, whose, time.Now().Add(-time.Minute))
	}
	ana := h.somebody()
	door := ana.get("/rooms/lobby/join")
	ana.want(door, http.StatusOK, `name="token"`)
	fresh := tokenField.FindStringSubmatch(door.body)[1]
	ana.want(ana.post("/rooms/lobby/join", "name", "Ana", "token", fresh), http.StatusSeeOther) // however quick
	eve := h.somebody()
	again := eve.post("/rooms/lobby/join", "name", "Eve <3", "token", fresh)
	eve.want(again, http.StatusUnprocessableEntity, `value="Eve <3"`, `name="token"`)
	if tokenField.FindStringSubmatch(again.body)[1] == fresh {
		t.Error("the same token is given out again")
	}
	eve.want(eve.post("/rooms/lobby/join", "name", "Eve", "token", old(doorForm, "127.0.0.1")), http.StatusSeeOther)

	anas := old(composerForm, ana.id())
	ana.want(ana.post("/rooms/lobby/messages", "body", "one", "token", anas), http.StatusSeeOther)
	ana.want(ana.post("/rooms/lobby/messages", "body", "two", "token", anas), http.StatusSeeOther)
	stolen := eve.post("/rooms/lobby/messages", "body", "a stolen <token>", "token", anas)
	eve.want(stolen, http.StatusUnprocessableEntity, "a stolen <token></textarea>", `name="token"`)
	stolen = eve.do(http.MethodPost, "/rooms/lobby/messages", url.Values{"body": {"x"}, "token": {anas}}, "HX-Request", "true")
	eve.want(stolen, http.StatusUnprocessableEntity, `hx-target="#cerr"`, `hx-target="#token"`, `name="token"`)

	// Scripts that know no tokens are taken, but not many forms of them.
	for i, taken := 0, 0; ; i++ {
		got := eve.post("/rooms/lobby/messages", "body", "line "+strings.Repeat("x", i))
		if got.status == http.StatusTooManyRequests {
			if taken < 5 {
				t.Errorf("only %d forms without a token were taken", taken)
			}
			break
		}
		if taken++; taken > 15 {
			t.Fatalf("%d forms without a token were taken", taken)
		}
	}
}

func TestBanEndsStreamsThatAreBeingOpened(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, troll, bob := h.moderator("Mo"), h.guest("Troll"), h.guest("Bob")
	id := troll.id()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stay, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/rooms/lobby/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	staying, err := bob.client.Do(stay)
	if err != nil {
		t.Fatal(err)
	}
	defer staying.Body.Close()

	// Some open streams and hold them, others open and close them all the time;
	// all go on until they are refused.
	var opening sync.WaitGroup
	opened := make(chan struct{}, 1024)
	for i := range 12 {
		path := "/rooms/lobby/events"
		if i%3 == 2 {
			path = "/rooms/lobby/live"
		}
		opening.Go(func() {
			for ctx.Err() == nil {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := troll.client.Do(r)
				if err != nil {
					if !errors.Is(err, io.EOF) { // it was ended before its head was sent
						t.Log(err)
					}
					continue
				}
				select {
				case opened <- struct{}{}:
				default:
				}
				if resp.StatusCode != http.StatusOK {
					resp.Body.Close()
					return
				}
				if i%2 == 0 {
					_, _ = io.ReadFull(resp.Body, make([]byte, 64))
				} else {
					_, _ = io.Copy(io.Discard, resp.Body) // until the house ends it
				}
				resp.Body.Close()
			}
		})
	}
	for range 30 {
		<-opened
	}
	mo.want(mo.post("/rooms/lobby/moderation/sanctions", "kind", "ban", "person", id, "reach", "person"), http.StatusSeeOther)
	opening.Wait()
	if ctx.Err() != nil {
		t.Fatal("streams of somebody who is banned stay open")
	}
	for h.hub.Streams() != 1 {
		if ctx.Err() != nil {
			t.Fatalf("%d streams are open, want the one of who may stay", h.hub.Streams())
		}
		time.Sleep(time.Millisecond)
	}
}
