package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
)

func searchFor(query string) string { return "/search?q=" + url.QueryEscape(query) }

func TestSearchLeadsToTheMessageInItsRoom(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	v.say("the roses bloom <today>")
	a := v.want("searching", v.get(searchFor("rose")), http.StatusOK)
	for _, part := range []string{`the <mark>rose</mark>s bloom &lt;today&gt;`, `href="/rooms/lobby/messages/` + s.last().Seq.String() + `"`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %s:\n%s", part, a.body)
		}
	}
	if a := v.get(searchFor("rose in:lobby") + "&room=lobby"); !strings.Contains(a.body, "<mark>rose</mark>") {
		t.Error("the room's own search does not find it")
	}
	if a := v.get(searchFor("tulip")); strings.Contains(a.body, "<mark>") || !strings.Contains(a.body, "Nothing was found") {
		t.Error("something else was found")
	}
}

// Whatever somebody may not read now is not found, by nobody's way of asking.
func TestSearchFindsOnlyWhatMayBeReadNow(t *testing.T) {
	s := open(t, plan{})
	post := func(room int64, body string) parlour.Message {
		m, _, err := s.store.Post(t.Context(), parlour.NewMessage{
			Room: room, Kind: parlour.KindMessage, Author: parlour.Author{ID: "g1", Name: "Zoe"}, Body: body, At: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	late, err := s.store.CreateRoom(t.Context(), parlour.Room{Slug: "late", Name: "Late", HistoryFromJoin: true})
	if err != nil {
		t.Fatal(err)
	}
	vault, err := s.store.CreateRoom(t.Context(), parlour.Room{Slug: "vault", Name: "Vault", Access: parlour.Presets["private"]})
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.store.CreateRoom(t.Context(), parlour.Room{Slug: "other", Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	post(late.ID, "rose before")
	post(vault.ID, "rose vaulted")
	post(other.ID, "rose elsewhere")
	v := s.guest()
	v.want("joining", v.post("/rooms/late/join", url.Values{"name": {"Late One"}}), http.StatusSeeOther)
	post(late.ID, "rose after")
	gone := post(s.lobby().ID, "rose deleted")
	if _, err := s.store.Delete(t.Context(), gone.Room, gone.Seq, parlour.StubOfAuthor, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.Hold(t.Context(), parlour.NewMessage{Room: s.lobby().ID, Kind: parlour.KindMessage, Body: "rose held", At: time.Now()}, "held"); err != nil {
		t.Fatal(err)
	}
	post(s.lobby().ID, "rose here")
	finds := func(who *visitor, query string, want ...string) {
		t.Helper()
		body := who.get(searchFor(query)).body
		for _, said := range []string{"before", "vaulted", "elsewhere", "after", "deleted", "held", "here"} {
			is := strings.Contains(body, "</mark> "+said)
			if wanted := strings.Contains(strings.Join(want, " "), said); is != wanted {
				t.Errorf("%s: %q is found: %v", query, said, is)
			}
		}
	}
	finds(v, "rose", "after", "here")
	finds(v, "rose in:late", "after")
	finds(v, "rose in:vault")
	finds(v, "rose in:other")
	finds(s.visitor(), "rose")
	hidden, missing := v.get(searchFor("rose in:vault")), v.get(searchFor("rose in:nowhere"))
	if hidden.status != missing.status || hidden.status != http.StatusUnprocessableEntity {
		t.Errorf("a hidden room answers %d, none %d", hidden.status, missing.status)
	}
	if a := v.get(searchFor("rose") + "&room=vault"); a.status != http.StatusNotFound {
		t.Errorf("the search of a hidden room answers %d", a.status)
	}
	seats, err := s.store.SeatsNamed(t.Context(), late.ID, []string{parlour.NameKey("Late One")})
	if err != nil || len(seats) != 1 {
		t.Fatal(seats, err)
	}
	store(t, s, parlour.Sanction{Kind: parlour.Ban, Room: late.ID, Person: seats[0].Person, Name: "Late One"})
	finds(v, "rose", "here")
}

func TestRefusedQueryIsGivenBackBesideItsReason(t *testing.T) {
	s := open(t, plan{})
	v := s.guest()
	a := v.want("searching", v.get(searchFor(`"rose`)), http.StatusUnprocessableEntity)
	for _, part := range []string{`value="&#34;rose"`, `id="why"`, `aria-invalid="true"`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func TestSearchingTooOftenHasToWait(t *testing.T) {
	s := open(t, plan{rules: parlour.Rules{Limits: true}})
	v := s.guest()
	for range 100 {
		if a := v.get(searchFor("rose")); a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" || !strings.Contains(a.body, `value="rose"`) {
				t.Error("the refusal tells no time to wait, or lost the query")
			}
			return
		}
	}
	t.Error("nobody is told to wait")
}
