package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestGuestIsToldTimesInTheZoneChosenAtTheDoor(t *testing.T) {
	s := open(t, plan{})
	v := s.visitor()
	if door := v.get("/rooms/lobby/join").body; !strings.Contains(door, `<option value="">UTC`) || strings.Contains(door, `value="UTC"`) ||
		!strings.Contains(door, `<option value="Asia/Kolkata">`) {
		t.Errorf("the door does not offer the house's zone first, once, and then others:\n%s", door)
	}
	v.want("the door", v.post("/rooms/lobby/join", url.Values{"name": {"Asha"}, "zone": {"Asia/Kolkata"}}), http.StatusSeeOther)
	stream := v.stream("/rooms/lobby/events")
	v.say("what time is it?")
	if live := stream.until(s.last().Seq); !strings.Contains(live, ` IST"`) {
		t.Errorf("the stream is not in Indian time: %s", live)
	}
	v.document("/rooms/lobby/live", ` IST"`)
	page := v.get("/rooms/lobby").body
	if !strings.Contains(page, ` IST"`) || !strings.Contains(page, `<bdi>Asia/Kolkata</bdi>`) {
		t.Errorf("the room is not in Indian time, or does not say so:\n%s", page)
	}
	if other := s.guest().get("/rooms/lobby").body; strings.Contains(other, ` IST"`) {
		t.Error("another guest is told Indian time")
	}

	// Elsewhere it is known; it can be changed where the name can.
	if door := v.get("/rooms/lobby/join").body; !strings.Contains(door, `<option value="Asia/Kolkata" selected>`) {
		t.Errorf("the zone is forgotten:\n%s", door)
	}
	v.want("the same name without a zone", v.post("/rooms/lobby/join", url.Values{"name": {"Asha"}}), http.StatusSeeOther)
	if page := v.get("/rooms/lobby").body; !strings.Contains(page, ` IST"`) || strings.Contains(page, "is now called") {
		t.Errorf("a form without a zone changed it, or the same name is another:\n%s", page)
	}
	v.want("the house's zone", v.post("/rooms/lobby/join", url.Values{"name": {"Asha"}, "zone": {""}}), http.StatusSeeOther)
	if page := v.get("/rooms/lobby").body; !strings.Contains(page, ` UTC"`) || strings.Contains(page, ` IST"`) {
		t.Errorf("the room is not in the house's zone:\n%s", page)
	}
}

// Each zone in use makes work of every message.
func TestGuestsChooseAmongTheZonesThatAreOffered(t *testing.T) {
	s := open(t, plan{})
	for _, zone := range []string{"Europe/Vaduz", "Mars/Olympus", "Local", "../UTC", "utc"} {
		v := s.visitor()
		a := v.want(zone, v.post("/rooms/lobby/join", url.Values{"name": {"Asha"}, "zone": {zone}}), http.StatusUnprocessableEntity)
		if !strings.Contains(a.body, `id="zone-why"`) || !strings.Contains(a.body, `value="Asha"`) {
			t.Errorf("%s: the refusal is not told beside the zone, or the name is lost:\n%s", zone, a.body)
		}
		v.want("the room", v.get("/rooms/lobby"), http.StatusSeeOther)
	}
}

func TestWhoBecomesAMemberKeepsTheZone(t *testing.T) {
	s := open(t, plan{})
	v := s.visitor()
	v.want("the door", v.post("/rooms/lobby/join", url.Values{"name": {"Asha"}, "zone": {"Asia/Kolkata"}}), http.StatusSeeOther)
	v.signUp("Asha")
	if page := v.get("/account").body; !strings.Contains(page, `value="Asia/Kolkata"`) {
		t.Errorf("the account has another zone:\n%s", page)
	}
}

func TestGuestWhoIsInvitedChoosesAZoneToo(t *testing.T) {
	s := open(t, plan{})
	admin, v := s.admin("Ada"), s.visitor()
	link := admin.invites("/rooms/lobby/invitations")
	if page := v.get(link).body; !strings.Contains(page, `<option value="Asia/Kolkata">`) {
		t.Errorf("the invitation offers no zones:\n%s", page)
	}
	a := v.want("a zone that is none", v.post(link, url.Values{"name": {"Asha"}, "zone": {"Mars/Olympus"}}), http.StatusUnprocessableEntity)
	if !strings.Contains(a.body, `id="zone-why"`) || !strings.Contains(a.body, `value="Asha"`) {
		t.Errorf("the refusal is not told beside the zone, or the name is lost:\n%s", a.body)
	}
	v.want("the invitation", v.post(link, url.Values{"name": {"Asha"}, "zone": {"Asia/Kolkata"}}), http.StatusSeeOther)
	admin.want("talking", admin.post("/rooms/lobby/join", nil), http.StatusSeeOther)
	admin.say("what time is it?")
	if page := v.get("/rooms/lobby").body; !strings.Contains(page, ` IST"`) {
		t.Errorf("the room is not in Indian time:\n%s", page)
	}
}
