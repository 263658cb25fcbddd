package cluster

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parlour"
	"parlour/db"
)

// TestRightsThatAreTakenAtOneNodeEndAtOthers: a room is for fewer people, somebody
// is taken off its list, changes their password, or is shut out of the house; and
// who reads at another node reads no more, if they are meant.
func TestRightsThatAreTakenAtOneNodeEndAtOthers(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	at := h.nodes[0]
	h.admin = h.setsUp("lobby")
	guest, member, listed := h.enters("Guest", "garden"), h.signsUp("Member", "garden"), h.signsUp("Listed", "garden")
	reading := func(p *person) *reader { return h.listensOnlyAt(p, at) }
	asGuest, asMember, asListed := reading(guest), reading(member), reading(listed)

	h.admin.arranges("garden", at, url.Values{"preset": {"members"}})
	h.end([]*reader{asGuest}, "no member")
	h.admin.doesElsewhere("lists a member", at, "/rooms/garden/members", url.Values{"member": {"listed@example.org"}, "role": {"listed"}})
	h.admin.arranges("garden", at, url.Values{"preset": {"private"}})
	h.end([]*reader{asMember}, "not listed")
	h.admin.arranges("garden", at, url.Values{"preset": {"private"}, "topic": {"just us"}, "slow": {"10s"}})
	h.admin.doesElsewhere("takes a member off the list", at, "/rooms/garden/members/"+h.idOf("Listed"), url.Values{"role": {""}})
	h.end([]*reader{asListed}, "no longer listed")

	changing, disabled, bystander := h.signsUp("Changing", "lobby"), h.signsUp("Disabled", "lobby"), h.signsUp("Bystander", "lobby")
	asChanging, asDisabled, asBystander := reading(changing), reading(disabled), reading(bystander)
	changing.signsInAgain().doesElsewhere("changes their password", at, "/account/password",
		url.Values{"old": {password}, "password": {password + "!"}})
	h.end([]*reader{asChanging}, "signed out by another password")
	h.admin.doesElsewhere("shuts a member out", at, "/admin/people/"+h.idOf("Disabled"), url.Values{"do": {"disable"}})
	h.end([]*reader{asDisabled}, "shut out")

	gone := []*reader{asGuest, asMember, asListed, asChanging, asDisabled}
	h.areGone(gone...)
	for _, r := range append(gone, asBystander) {
		r.mu.Lock()
		if r.streams != 1 || r.isOpen != (r == asBystander) {
			t.Errorf("%s has opened %d streams, one is open: %v", r.name, r.streams, r.isOpen)
		}
		r.mu.Unlock()
	}
}

// arranges sets a room up at another node than one.
func (p *person) arranges(room string, than *node, settings url.Values) {
	p.house.t.Helper()
	form := url.Values{"name": {room}, "slug": {room}}
	maps.Copy(form, settings)
	p.doesElsewhere("arranges "+room, than, "/rooms/"+room+"/settings", form)
}

// idOf is by what the house knows a member.
func (h *house) idOf(name string) (id string) {
	h.t.Helper()
	h.inStore(func(ctx context.Context, store *db.Store) error {
		account, err := store.MemberNamed(ctx, parlour.NameKey(name))
		id = account.ID
		return err
	})
	return id
}

// signsInAgain is the same member elsewhere, in a session of its own.
func (p *person) signsInAgain() *person {
	p.house.t.Helper()
	again := p.house.stranger(p.name, strings.TrimPrefix(p.room, "/rooms/"))
	got := again.posts(p.house.next(), "/login",
		url.Values{"email": {strings.ToLower(p.name) + "@example.org"}, "password": {password}})
	if got.status != http.StatusSeeOther {
		p.house.t.Fatalf("signing in again was answered with %d:\n%s", got.status, got.body)
	}
	return again
}
