package handlers_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var inviteAddress = regexp.MustCompile(`/invite/[A-Z2-7]+`)

// invites makes an invitation and answers its path.
func (v *visitor) invites(path string, fields ...string) string {
	v.t.Helper()
	form := url.Values{"role": {"listed"}, "uses": {"1"}, "for": {"1h"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	made := inviteAddress.FindString(v.want("inviting", v.post(path, form), http.StatusCreated).body)
	if made == "" {
		v.t.Fatal("the invitation is not shown")
	}
	return made
}

func TestInvitationGivesItsRoleAsOftenAsItSays(t *testing.T) {
	s := open(t, plan{})
	admin, mia, max := s.admin("Ada"), s.member("Mia"), s.member("Max")
	admin.create("cellar")
	link := admin.invites("/rooms/cellar/invitations", "role", "moderator")
	if strings.Contains(admin.get("/rooms/cellar/invitations").body, link) {
		t.Error("the link is shown again")
	}
	for range 3 { // looking uses nothing up
		mia.want("the invitation", mia.get(link), http.StatusOK)
	}
	mia.want("accepting", mia.post(link, nil), http.StatusSeeOther)
	mia.want("the room", mia.get("/rooms/cellar/moderation"), http.StatusOK)
	max.want("accepting what is used up", max.post(link, nil), http.StatusGone)
	max.want("the room", max.get("/rooms/cellar"), http.StatusNotFound)

	link = admin.invites("/rooms/cellar/invitations", "uses", "5")
	id := regexp.MustCompile(`/rooms/cellar/invitations/\d+/revoke`).FindString(admin.get("/rooms/cellar/invitations").body)
	admin.want("revoking", admin.post(id, nil), http.StatusSeeOther)
	max.want("what was revoked", max.get(link), http.StatusGone)
	max.want("what was revoked", max.post(link, nil), http.StatusGone)
	admin.want("revoking twice", admin.post(id, nil), http.StatusGone)
	mia.want("inviting as no owner", mia.post("/rooms/cellar/invitations", url.Values{"role": {"listed"}, "uses": {"1"}}), http.StatusForbidden)
	for field, bad := range map[string]string{"uses": "0", "for": "soon", "role": "owner"} {
		form := url.Values{"role": {"listed"}, "uses": {"1"}, "for": {"1h"}}
		form.Set(field, bad)
		a := admin.want("a bad "+field, admin.post("/rooms/cellar/invitations", form), http.StatusUnprocessableEntity)
		if !strings.Contains(a.body, `id="`+field+`-why"`) {
			t.Errorf("a bad %s is not said to be wrong beside it", field)
		}
	}
}

// TestEveryWayToSignUpFromAnInvitationTakesItAlong follows each link to signing
// up that the invitation's page has, the one in its header too.
func TestEveryWayToSignUpFromAnInvitationTakesItAlong(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	admin.create("cellar")
	link := admin.invites("/rooms/cellar/invitations", "uses", "5")
	page := s.visitor().get(link).body
	ways := regexp.MustCompile(`href="(/signup[^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(ways) != 2 {
		t.Fatalf("the page has %d ways to sign up", len(ways))
	}
	for i, way := range ways {
		v := s.visitor()
		form := v.want("the form", v.get(html.UnescapeString(way[1])), http.StatusOK).body
		fields := url.Values{"email": {fmt.Sprint("i", i, "@example.org")}, "password": {password}, "name": {fmt.Sprint("Invited ", i)}}
		for _, hidden := range regexp.MustCompile(`type="hidden" name="(invite|next)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
			fields.Set(hidden[1], html.UnescapeString(hidden[2]))
		}
		a := v.want("signing up", v.post("/signup", fields), http.StatusSeeOther)
		if to := a.header.Get("Location"); to != "/rooms/cellar" {
			t.Errorf("signing up leads to %q", to)
		}
		v.want("the room", v.get("/rooms/cellar"), http.StatusOK)
	}
}

func TestInvitationLetsGuestsPastTheDoor(t *testing.T) {
	s := open(t, plan{})
	admin := s.admin("Ada")
	admin.create("cellar", "preset", "open", "password", "open sesame", "waiting_room", "1")
	link := admin.invites("/rooms/cellar/invitations")
	v, other := s.visitor(), s.visitor()
	v.want("a bad name", v.post(link, url.Values{"name": {""}}), http.StatusUnprocessableEntity)
	v.want("accepting", v.post(link, url.Values{"name": {"Nora"}}), http.StatusSeeOther)
	v.want("the room", v.get("/rooms/cellar/compose"), http.StatusOK)
	other.want("a second time", other.post(link, url.Values{"name": {"Otto"}}), http.StatusGone)
	log := admin.want("the log", admin.get("/rooms/cellar/moderation/log"), http.StatusOK).body
	if !strings.Contains(log, "<bdi>Nora</bdi> accepted an invitation") || strings.Contains(log, "Otto") {
		t.Errorf("the log does not tell of the one guest who came by the invitation:\n%s", log)
	}

	admin.create("vault")
	link = admin.invites("/rooms/vault/invitations")
	page := v.want("an invitation to a private room", v.get(link), http.StatusOK).body
	if !strings.Contains(page, "/signup?invite=") || !strings.Contains(page, "/login?next=/invite/") {
		t.Error("a guest is not led to where they become a member")
	}
	v.want("a guest", v.post(link, url.Values{"name": {"Nora"}}), http.StatusUnauthorized)
	token := strings.TrimPrefix(link, "/invite/")
	v.want("signing up by it", v.post("/signup", url.Values{
		"email": {"nora@example.org"}, "password": {password}, "name": {"Nora"}, "invite": {token},
	}), http.StatusSeeOther)
	v.want("the private room", v.get("/rooms/vault"), http.StatusOK)
}
