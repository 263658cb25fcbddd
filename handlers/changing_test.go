package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
)

// asHTMX are the fields by which htmx is known.
var asHTMX = []string{"HX-Request", "true"}

func TestMenuOffersWhatItsReaderMayDo(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, ana, bob := h.moderator("Mo"), h.guest("Ana"), h.guest("Bob")
	ana.says("hello")
	for _, c := range []struct {
		who          *somebody
		offers, lack string
	}{
		{ana, "/edit /delete", "/report /pin /revisions"},
		{bob, "/report", "/edit /delete /pin /revisions"},
		{mo, "/edit /delete /report /pin", "/revisions /unpin"},
	} {
		menu := c.who.get("/rooms/lobby/messages/1/menu", asHTMX...)
		c.who.want(menu, http.StatusOK, `hx-target="#m-1" hx-swap="afterend"`)
		page := c.who.get("/rooms/lobby/messages/1/menu")
		c.who.want(page, http.StatusOK, "<h1>")
		for below := range strings.FieldsSeq(c.offers) {
			c.who.want(menu, http.StatusOK, "messages/1"+below+`"`)
			c.who.want(page, http.StatusOK, "messages/1"+below+`"`)
		}
		for below := range strings.FieldsSeq(c.lack) {
			if strings.Contains(menu.body+page.body, "messages/1"+below+`"`) {
				t.Errorf("somebody is offered %s", below)
			}
		}
	}
	gone := bob.get("/rooms/lobby/messages/99/menu", asHTMX...)
	bob.want(gone, http.StatusNotFound, `hx-target="#cerr"`)
	bob.want(bob.get("/rooms/lobby/messages/1/edit", asHTMX...), http.StatusForbidden, `hx-target="#cerr"`)
}

func TestEditIsTakenOrGivenBackWithItsText(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, ana := h.moderator("Mo"), h.guest("Ana")
	mo.want(mo.post("/rooms/lobby/moderation/filters", "kind", "word", "pattern", "spam", "act", "refuse"), http.StatusSeeOther)
	mo.want(mo.post("/rooms/lobby/moderation/filters", "kind", "word", "pattern", "knife", "act", "hold"), http.StatusSeeOther)
	ana.says("/me waves")
	const at = "/rooms/lobby/messages/1/edit"
	ana.want(ana.get(at), http.StatusOK, ">/me waves</textarea>", `action="`+at+`"`)
	form := ana.get(at, asHTMX...)
	ana.want(form, http.StatusOK, ">/me waves</textarea>", `hx-post="`+at+`"`)
	if strings.Contains(form.body, "<html") {
		t.Error("htmx is given a whole page")
	}
	ana.want(ana.post(at, "body", "buy <spam>"), http.StatusUnprocessableEntity, "buy <spam></textarea>", `id="edit-why"`)
	ana.want(ana.do(http.MethodPost, at, url.Values{"body": {"spam"}}, asHTMX...), http.StatusUnprocessableEntity, `hx-target="#edit-why"`)
	ana.want(ana.do(http.MethodPost, at, url.Values{"body": {"hello"}}, asHTMX...), http.StatusOK, `hx-target="#open" hx-swap="outerHTML"`, "Saved.")
	ana.want(ana.get("/rooms/lobby"), http.StatusOK, ">hello</div>", `class="edited"`)
	ana.want(ana.post(at, "body", "a knife"), http.StatusSeeOther, "/rooms/lobby#end")
	ana.want(ana.get("/rooms/lobby/compose"), http.StatusOK, "waits for a moderator")
	mo.want(mo.get("/rooms/lobby/moderation"), http.StatusOK, "a knife", "/rooms/lobby/messages/1/menu")
	mo.want(mo.post(at, "body", "hello to you"), http.StatusSeeOther)
	mo.want(mo.get("/rooms/lobby/messages/1/revisions"), http.StatusOK, "/me waves", ">hello<", "hello to you", "edited by <bdi>Mo</bdi>")
}

func TestDeletingByHTMXAnswersInPlace(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	ana := h.guest("Ana")
	ana.says("one")
	ana.says("two")
	ana.want(ana.do(http.MethodPost, "/rooms/lobby/messages/1/delete", nil, asHTMX...), http.StatusOK, `hx-target="#open"`, "is deleted")
	ana.want(ana.do(http.MethodPost, "/rooms/lobby/messages/1/delete", nil, asHTMX...), http.StatusNotFound, `hx-target="#cerr"`)
	ana.want(ana.post("/rooms/lobby/messages/2/delete"), http.StatusSeeOther, "/rooms/lobby#end")
	if page := ana.get("/rooms/lobby"); strings.Contains(page.body, "one</div>") || strings.Contains(page.body, "two</div>") {
		t.Errorf("what was deleted is shown:\n%s", page.body)
	}
}

// The page shows what its stream goes on from, pins and topic with it, also when
// its messages are kept from before.
func TestPageShowsWhatStandsAboveTheMessages(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, ana := h.moderator("Mo"), h.guest("Ana")
	ana.says("tea is at <four>")
	for range 2 {
		ana.want(ana.get("/rooms/lobby"), http.StatusOK, `<div id="notes"></div>`)
	}
	mo.want(mo.post("/rooms/lobby/messages/1/pin"), http.StatusSeeOther)
	mo.want(mo.post("/rooms/lobby/messages", "body", "/topic Tea"), http.StatusSeeOther)
	for range 2 {
		page := ana.get("/rooms/lobby")
		ana.want(page, http.StatusOK, "1 pinned message", `<a href="/rooms/lobby/messages/1">`, "tea is at <four>", `title="Tea">Tea</p>`, "pinned")
		ana.want(ana.get("/rooms/lobby?before=2"), http.StatusOK, "1 pinned message")
	}
	mo.want(mo.post("/rooms/lobby/messages/1/unpin"), http.StatusSeeOther)
	ana.want(ana.get("/rooms/lobby"), http.StatusOK, `<div id="notes"></div>`)
}

func TestStubsAreShownOnPagesAndAfterwards(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, ana := h.moderator("Mo"), h.guest("Ana")
	if err := h.store.SetRole(t.Context(), h.lobby().ID, mo.id(), parlour.Owner, false, parlour.LogEntry{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	mo.want(mo.post("/rooms/lobby/settings", "name", "Lobby", "slug", "lobby", "preset", "open", "edit_window", "5m", "stubs", "1"), http.StatusSeeOther)
	mo.want(mo.get("/rooms/lobby/settings"), http.StatusOK, `<option value="5m" selected>`)
	ana.says("own")
	ana.says("taken")
	said, err := h.store.Page(t.Context(), h.lobby().ID, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	own, taken := said.Messages[0].Seq.String(), said.Messages[1].Seq.String()
	ana.want(ana.post("/rooms/lobby/messages/"+own+"/delete"), http.StatusSeeOther)
	mo.want(mo.post("/rooms/lobby/messages/"+taken+"/delete"), http.StatusSeeOther)
	page := ana.get("/rooms/lobby")
	ana.want(page, http.StatusOK, `<article id="m-`+own+`" class="quiet gone `, `</b> <bdi>Ana</bdi> deleted this message`,
		`<article id="m-`+taken+`" class="quiet gone `, `</b> A moderator deleted this message`)
	if strings.Contains(page.body, "own</div>") || strings.Contains(page.body, "taken</div>") {
		t.Error("the texts are shown still")
	}
	mo.want(mo.post("/rooms/lobby/settings", "name", "Lobby", "slug", "lobby", "preset", "open", "edit_window", "2 weeks"), http.StatusUnprocessableEntity, "edit_window")
}

func TestReportShowsWhatWasSaidThen(t *testing.T) {
	h := openOrdered(t, parlour.Rules{})
	mo, ana, bob := h.moderator("Mo"), h.guest("Ana"), h.guest("Bob")
	ana.says("something <rude>")
	bob.want(bob.post("/rooms/lobby/messages/1/report", "reason", "rude"), http.StatusSeeOther)
	if page := mo.get("/rooms/lobby/moderation"); strings.Contains(page.body, "What it said") {
		t.Errorf("a message that is as it was is told twice:\n%s", page.body)
	}
	ana.want(ana.post("/rooms/lobby/messages/1/edit", "body", "something polite"), http.StatusSeeOther)
	mo.want(mo.get("/rooms/lobby/moderation"), http.StatusOK, "something polite", "What it said", "something <rude>")
	ana.want(ana.post("/rooms/lobby/messages/1/delete"), http.StatusSeeOther)
	mo.want(mo.get("/rooms/lobby/moderation"), http.StatusOK, "has been deleted", "What it said", "something <rude>")
}
