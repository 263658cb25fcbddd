package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestHouseIsAdministeredByAdminsAlone(t *testing.T) {
	s := open(t, plan{})
	admin, member := s.admin("Ada"), s.member("Mia")
	pages := []string{
		"/admin", "/admin/rooms", "/admin/people", "/admin/invitations", "/admin/settings",
		"/admin/moderation", "/admin/moderation/log",
	}
	for _, path := range pages {
		admin.want(path, admin.get(path), http.StatusOK)
		nothing := member.get("/nothing/here")
		a := member.want(path, member.get(path), http.StatusNotFound)
		if strings.ReplaceAll(same(a), path, "") != strings.ReplaceAll(same(nothing), "/nothing/here", "") {
			t.Errorf("%s tells a member that it is there", path)
		}
		s.visitor().want(path, s.visitor().get(path), http.StatusNotFound)
	}
	for _, path := range []string{
		"/admin/people/" + s.account("Mia").ID, "/admin/invitations", "/admin/invitations/1/revoke", "/admin/settings",
		"/admin/moderation/filters", "/admin/moderation/sanctions/1/lift", "/admin/moderation/reports/1", "/admin/moderation/filters/1/remove",
	} {
		form := url.Values{"do": {"admin"}, "sign_up": {"closed"}, "create_rooms": {"members"}, "uses": {"1"}}
		member.want("POST "+path, member.post(path, form), http.StatusNotFound)
	}
	if s.account("Mia").Admin {
		t.Error("a member made themselves an admin")
	}

	path := "/admin/people/" + s.account("Mia").ID
	admin.want("making an admin", admin.post(path, url.Values{"do": {"admin"}}), http.StatusSeeOther)
	member.want("signing in with other rights", member.signIn("Mia", password), http.StatusSeeOther)
	member.want("a new admin", member.get("/admin"), http.StatusOK)
	admin.want("the reverse", admin.post(path, url.Values{"do": {"unadmin"}}), http.StatusSeeOther)
	member.want("one no longer", member.get("/admin"), http.StatusNotFound)
	member.want("signing in", member.signIn("Mia", password), http.StatusSeeOther)
	a := admin.want("a reset link", admin.post(path, url.Values{"do": {"reset"}}), http.StatusCreated)
	if !strings.Contains(a.body, s.URL+"/reset?token=") {
		t.Error("the link is not shown")
	}
	member.want("entering", member.get("/rooms/lobby"), http.StatusOK)
	told := member.streamOf("/rooms/lobby/events")
	admin.want("disabling", admin.post(path, url.Values{"do": {"disable"}}), http.StatusSeeOther)
	wantEnded(t, "the stream of a disabled member", ended(told))
	if member.isSignedIn() {
		t.Error("a disabled member is signed in")
	}
	found := admin.get("/admin/people?search=mia").body
	if !strings.Contains(found, "Mia@example.org") || strings.Contains(found, "Ada@example.org") {
		t.Error("the search does not find who is looked for alone")
	}
	link := admin.invites("/admin/invitations")
	s.visitor().want("an invitation to the house", s.visitor().get(link), http.StatusOK)
	log := admin.get("/admin/moderation/log").body
	for _, name := range []string{"Mia", "Ada"} {
		if !strings.Contains(log, name) {
			t.Errorf("the log does not name %s", name)
		}
	}
	admin.want("a filter of the house", admin.post("/admin/moderation/filters", url.Values{"kind": {"word"}, "pattern": {"spam"}, "act": {"mask"}}), http.StatusSeeOther)
	guest := s.guest()
	guest.say("buy spam")
	if got := s.messages(); strings.Contains(got[len(got)-1].Body, "spam") {
		t.Error("the filter of the house does nothing")
	}
}
