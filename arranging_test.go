package parlour_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
)

// outside is a policy that refuses, or fails, where the test says.
type outside struct {
	mu    sync.Mutex
	asked []string // of whom, what and where
	says  func(who parlour.Standing, action parlour.Action, room parlour.Room) error
}

func (o *outside) May(_ context.Context, who parlour.Standing, action parlour.Action, room parlour.Room) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, who.ID+" "+string(action)+" "+room.Slug)
	return o.says(who, action, room)
}

var errOutside = parlour.Errorf(parlour.Forbidden, "policy.hook", "no")

func TestPolicyFromOutsideIsAskedAfterTheHouse(t *testing.T) {
	t.Parallel()
	refused := map[parlour.Action]error{}
	o := &outside{says: func(_ parlour.Standing, action parlour.Action, _ parlour.Room) error { return refused[action] }}
	h := keepHouse(t, parlour.Rules{Policy: o})
	guest := parlour.Identity{Kind: parlour.Guest, ID: "pguest", Name: "Gil"}
	if _, _, _, err := h.Enter(t.Context(), guest, "lobby"); err != nil {
		t.Fatal(err)
	}
	say := func() error {
		_, err := h.Say(t.Context(), guest, "lobby", parlour.Draft{Body: "hello"})
		return err
	}
	if err := say(); err != nil {
		t.Errorf("what nobody refuses: %v", err)
	}
	refused[parlour.Post] = errOutside
	if err := say(); !errors.Is(err, errOutside) {
		t.Errorf("a post that is refused outside: %v", err)
	}
	refused[parlour.Post] = errors.New("it is down")
	if err := say(); parlour.KindOf(err) != parlour.Unavailable {
		t.Errorf("a policy that fails: %v", err)
	}
	if _, err := h.Say(t.Context(), h.ad, "lobby", parlour.Draft{Body: "hello"}); err != nil {
		t.Errorf("a policy that fails keeps admins out: %v", err)
	}

	// What the house refuses is not asked about outside.
	refused[parlour.Post] = nil
	o.asked = nil
	if err := h.Lock(t.Context(), guest, "lobby", true); parlour.KindOf(err) != parlour.Forbidden {
		t.Errorf("a guest locks the room: %v", err)
	}
	if slices.Contains(o.asked, "pguest moderate lobby") {
		t.Errorf("outside was asked %v", o.asked)
	}
}

func TestRoomThatIsHiddenOutsideIsNotThere(t *testing.T) {
	t.Parallel()
	o := &outside{says: func(_ parlour.Standing, action parlour.Action, _ parlour.Room) error {
		if action == parlour.See {
			return errOutside
		}
		return nil
	}}
	h := keepHouse(t, parlour.Rules{Policy: &outside{says: func(parlour.Standing, parlour.Action, parlour.Room) error { return nil }}})
	hidden := parlour.NewHouse(h.store, h, parlour.Rules{Policy: o})
	guest := parlour.Identity{Kind: parlour.Guest, ID: "pguest", Name: "Gil"}
	_, _, door := hidden.Door(t.Context(), guest, "lobby")
	_, _, _, entered := hidden.Enter(t.Context(), guest, "lobby")
	_, said := hidden.Say(t.Context(), guest, "lobby", parlour.Draft{Body: "x"})
	_, _, _, moderated := hidden.Queue(t.Context(), guest, "lobby")
	for what, err := range map[string]error{"the door": door, "entering": entered, "saying": said, "moderating": moderated} {
		if !errors.Is(err, parlour.ErrRoomNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if rooms, err := hidden.Lobby(t.Context(), guest); err != nil || len(rooms) != 0 {
		t.Errorf("the lobby has %v, %v", rooms, err)
	}
	if rooms, err := h.House.Lobby(t.Context(), guest); err != nil || len(rooms) != 1 {
		t.Errorf("the lobby of a policy that refuses nothing has %v, %v", rooms, err)
	}
}

func TestFormOfARoomMakesTheSameRoom(t *testing.T) {
	t.Parallel()
	h := keepHouse(t, parlour.Rules{})
	form := parlour.RoomForm{
		Name: " The \u00a0 Cellar ", Topic: "wine\nand more", Description: "down\r\nthere\x07", Rules: "\u200b",
		Access: parlour.Presets["private"], Password: "open sesame", Slow: "1m 30s", TalkAfter: "2H", LinkAfter: "off",
		HistoryFromJoin: true, WaitingRoom: true, Discreet: true,
	}
	made, err := h.CreateRoom(t.Context(), h.ad, form)
	if err != nil {
		t.Fatal(err)
	}
	if made.Slug != "the-cellar" || made.Name != "The Cellar" || made.Topic != "wine and more" || made.Description != "down\nthere" ||
		made.Rules != "" || made.Slow != 90*time.Second || made.TalkAfter != 2*time.Hour || made.LinkAfter != 0 || !made.Discreet ||
		!strings.HasPrefix(made.PasswordHash, "$argon2id$") {
		t.Errorf("made %+v", made)
	}
	again, err := h.ArrangeRoom(t.Context(), h.ad, "the-cellar", parlour.FormOf(made))
	if err != nil || again != made {
		t.Errorf("saved as it was it is %+v, %v, want %+v", again, err, made)
	}
	without := parlour.FormOf(made)
	without.NoPassword = true
	if again, err = h.ArrangeRoom(t.Context(), h.ad, "the-cellar", without); err != nil || again.PasswordHash != "" {
		t.Errorf("the password stays: %v", err)
	}
	if len(h.rechecked) > 0 {
		t.Errorf("streams were asked about in %v although nobody reads less", h.rechecked)
	}
	others := parlour.FormOf(again)
	others.Access = parlour.Presets["members"]
	if _, err := h.ArrangeRoom(t.Context(), h.ad, "the-cellar", others); err != nil || !slices.Equal(h.rechecked, []int64{made.ID}) {
		t.Errorf("streams were asked about in %v, want in room %d: %v", h.rechecked, made.ID, err)
	}
}

func TestAccessThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	h := keepHouse(t, parlour.Rules{})
	for field, access := range map[string]parlour.Access{
		"see":    {See: "all", Read: parlour.Nobody, Post: parlour.Nobody, Upload: parlour.Nobody},
		"read":   {See: parlour.Members, Read: parlour.Guests, Post: parlour.Members, Upload: parlour.Members},
		"post":   {See: parlour.Guests, Read: parlour.Members, Post: parlour.Guests, Upload: parlour.Members},
		"upload": {See: parlour.Guests, Read: parlour.Guests, Post: parlour.ListedOnly, Upload: parlour.Members},
	} {
		_, err := h.CreateRoom(t.Context(), h.ad, parlour.RoomForm{Name: "Cellar", Access: access})
		if refusal, _ := errors.AsType[*parlour.Error](err); refusal == nil || refusal.Field != field {
			t.Errorf("%+v: %v, want a refusal of %s", access, err, field)
		}
	}
}

func TestWhoIsKeptOutOfTheHouseCreatesNoRooms(t *testing.T) {
	t.Parallel()
	h := keepHouse(t, parlour.Rules{})
	if err := h.ChangeSettings(t.Context(), h.ad, parlour.Settings{SignUp: parlour.SignUpOpen, CreateRooms: parlour.MembersMakeRooms}); err != nil {
		t.Fatal(err)
	}
	if err := h.MayCreateRooms(t.Context(), h.mo); err != nil {
		t.Errorf("a member: %v", err)
	}
	_, err := h.store.Sanction(t.Context(), parlour.Sanction{Kind: parlour.Ban, Person: h.mo.ID, At: time.Now()}, parlour.LogEntry{Act: parlour.ActBan})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.MayCreateRooms(t.Context(), h.mo); parlour.KindOf(err) != parlour.Forbidden {
		t.Errorf("a member who is banned: %v", err)
	}
}
