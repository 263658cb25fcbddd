package handlers_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/alexedwards/scs/v2"

	"parlour"
	"parlour/handlers"
)

// longForms are all forms in which people write at length: where they are sent,
// the field, and what else they need. Message 1 of the room is Tom's.
var longForms = []struct {
	path, field string
	more        url.Values
}{
	{"/rooms/cellar/messages", "body", nil},
	{"/rooms/cellar/compose", "body", nil},
	{"/rooms/new", "description", url.Values{"name": {"New"}, "slug": {"new"}, "preset": {"open"}}},
	{"/rooms/new", "rules", url.Values{"name": {"New"}, "slug": {"new"}, "preset": {"open"}}},
	{"/rooms/new", "topic", url.Values{"name": {"New"}, "slug": {"new"}, "preset": {"open"}}},
	{"/rooms/cellar/settings", "description", url.Values{"name": {"Cellar"}, "slug": {"cellar"}, "preset": {"open"}}},
	{"/rooms/cellar/settings", "rules", url.Values{"name": {"Cellar"}, "slug": {"cellar"}, "preset": {"open"}}},
	{"/rooms/cellar/settings", "topic", url.Values{"name": {"Cellar"}, "slug": {"cellar"}, "preset": {"open"}}},
	{"/rooms/cellar/messages/%d/report", "reason", nil},
	{"/rooms/cellar/messages/%d/delete", "reason", nil},
	{"/rooms/cellar/moderation/sanctions", "reason", url.Values{"kind": {"mute"}}},
	{"/rooms/cellar/moderation/purge", "reason", url.Values{"span": {"all"}}},
	{"/rooms/cellar/moderation/filters", "pattern", url.Values{"kind": {"word"}, "act": {"mask"}}},
	{"/admin/moderation/filters", "pattern", url.Values{"kind": {"word"}, "act": {"mask"}}},
	{"/rooms/cellar/invitations", "note", url.Values{"role": {"listed"}, "uses": {"1"}}},
	{"/admin/invitations", "note", url.Values{"role": {""}, "uses": {"1"}}},
}

// busySessions is a session store that is busy, as long as it is told to be.
type busySessions struct {
	scs.CtxStore
	busy atomic.Bool
}

func (b *busySessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if b.busy.Load() {
		return nil, false, parlour.Errorf(parlour.Unavailable, "store.unavailable", "busy")
	}
	return b.CtxStore.FindCtx(ctx, token)
}

// TestLongTextIsNeverLost sends each form that takes long text in each of the
// ways in which it is refused; the text stands on the answer.
func TestLongTextIsNeverLost(t *testing.T) {
	sessions := &busySessions{}
	s := open(t, plan{troubled: true, options: func(o *handlers.Options) {
		sessions.CtxStore = o.Sessions.(scs.CtxStore)
		o.Sessions = sessions
	}})
	admin, tom, banned := s.admin("Ada"), s.guest(), s.member("Bert")
	admin.create("cellar", "preset", "open")
	admin.get("/rooms/cellar")
	tom.want("entering", tom.get("/rooms/cellar"), http.StatusOK)
	tom.want("saying", tom.post("/rooms/cellar/messages", url.Values{"body": {"hello"}}), http.StatusSeeOther)
	banned.get("/rooms/cellar")
	store(t, s, parlour.Sanction{Kind: parlour.Ban, Person: s.account("Bert").ID})
	room, err := s.store.Room(t.Context(), "cellar")
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.store.Page(t.Context(), room.ID, 0, 10)
	if err != nil || len(page.Messages) == 0 {
		t.Fatal(page, err)
	}
	said := page.Messages[len(page.Messages)-1]
	huge := strings.Repeat("<b>a \"long\" poem</b>\n& more of it; ", 200<<10/34)

	for _, c := range longForms {
		path := c.path
		if strings.Contains(path, "%d") {
			path = fmt.Sprintf(path, said.Seq)
		}
		send := func(v *visitor, text string) answer {
			form := url.Values{c.field: {text}, "person": {said.Author.ID}}
			for field, values := range c.more {
				form[field] = values
			}
			return v.post(path, form)
		}
		has := func(a answer, text string) bool {
			return strings.Contains(html.UnescapeString(a.body), text)
		}
		t.Run(path+" "+c.field, func(t *testing.T) {
			if a := send(admin, huge); a.status != http.StatusUnprocessableEntity || !has(a, huge) {
				t.Errorf("too long a text is answered %d, given back: %t", a.status, has(a, huge))
			}
			if a := send(admin, strings.Repeat("x", 2<<20)); a.status != http.StatusRequestEntityTooLarge || !has(a, "go back in your browser") {
				t.Errorf("an immense text is answered %d: %.300s", a.status, a.body)
			}
			const text = "a <short> text\n\"that\" took an hour"
			for name, who := range map[string]*visitor{"nobody": s.visitor(), "banned": banned} {
				a := send(who, text)
				if a.status < 400 || a.status >= 500 || !has(a, text) {
					t.Errorf("%s is answered %d, given back: %t", name, a.status, has(a, text))
				}
			}
			sessions.busy.Store(true)
			defer sessions.busy.Store(false)
			if a := send(admin, text); a.status != http.StatusServiceUnavailable || !has(a, text) {
				t.Errorf("a store that is busy answers %d, given back: %t", a.status, has(a, text))
			}
		})
	}
}
