package handlers_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestRemovingFromTheListEndsStreams(t *testing.T) {
	s := open(t, plan{})
	admin, member := s.admin("Ada"), s.member("Mia")
	admin.create("cellar")
	member.want("before", member.get("/rooms/cellar"), http.StatusNotFound)
	nobody := admin.want("nobody", admin.post("/rooms/cellar/members", url.Values{"member": {"Nobody"}, "role": {"listed"}}), http.StatusUnprocessableEntity)
	if !strings.Contains(nobody.body, `value="Nobody"`) || !strings.Contains(nobody.body, `id="member-why"`) {
		t.Error("who was typed is not given back with what is wrong")
	}
	admin.want("listing by name", admin.post("/rooms/cellar/members", url.Values{"member": {"mia"}, "role": {"listed"}}), http.StatusSeeOther)
	member.want("the room", member.get("/rooms/cellar"), http.StatusOK)
	told := member.streamOf("/rooms/cellar/events")
	path := "/rooms/cellar/members/" + s.account("Mia").ID
	admin.want("removing", admin.post(path, url.Values{"role": {""}}), http.StatusSeeOther)
	wantEnded(t, "the stream of who was removed", ended(told))
	member.want("after", member.get("/rooms/cellar"), http.StatusNotFound)
	room, _ := s.store.Room(t.Context(), "cellar")
	if _, err := s.store.Seat(t.Context(), room.ID, s.account("Mia").ID); err == nil {
		t.Error("who was removed still has a seat")
	}

	admin.want("listing by mail", admin.post("/rooms/cellar/members", url.Values{"member": {"Mia@EXAMPLE.org"}, "role": {"owner"}}), http.StatusSeeOther)
	member.want("an owner's settings", member.get("/rooms/cellar/settings"), http.StatusOK)
	admin.want("the other owner", admin.post("/rooms/cellar/members/"+s.account("Ada").ID, url.Values{"role": {"moderator"}}), http.StatusSeeOther)
	member.want("the last owner", member.post(path, url.Values{"role": {""}}), http.StatusConflict)
}

// Whoever is removed has no stream left, neither one that was open nor one that
// was being opened at that moment.
func TestRemovingFromTheListEndsStreamsThatAreBeingOpened(t *testing.T) {
	s := open(t, plan{})
	admin, member := s.admin("Ada"), s.member("Mia")
	admin.create("cellar")
	path := "/rooms/cellar/members/" + s.account("Mia").ID
	for range 5 {
		admin.want("listing", admin.post("/rooms/cellar/members", url.Values{"member": {"Mia"}, "role": {"listed"}}), http.StatusSeeOther)
		member.want("entering", member.get("/rooms/cellar"), http.StatusOK)
		var opening sync.WaitGroup
		first := make(chan struct{}, 8)
		ctx, cancel := context.WithCancel(t.Context())
		for range 8 {
			opening.Go(func() {
				for refused := false; !refused && ctx.Err() == nil; {
					response, err := member.Do(member.request(ctx, http.MethodGet, "/rooms/cellar/events", nil))
					if err != nil {
						return
					}
					refused = response.StatusCode != http.StatusOK
					select {
					case first <- struct{}{}:
					default:
					}
					_, _ = io.Copy(io.Discard, response.Body) // until it ends
					response.Body.Close()
				}
			})
		}
		<-first
		admin.want("removing", admin.post(path, url.Values{"role": {""}}), http.StatusSeeOther)
		done := make(chan struct{})
		go func() { opening.Wait(); close(done) }()
		wantEnded(t, "a stream of somebody who was removed", done)
		cancel()
		<-done
		if n := s.hub.Streams(); n != 0 {
			t.Fatalf("%d streams are open", n)
		}
	}
}
