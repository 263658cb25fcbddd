package db

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"parlour"
)

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{}
	h.Store = openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{OnCommit: h.listen})
	return h
}

func (h *house) acts(t *testing.T, room int64) (acts []parlour.Act) {
	t.Helper()
	entries, err := h.ModerationLog(t.Context(), room, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		acts = append(acts, e.Act)
	}
	return acts
}

func TestFoundedRoomHasItsOwnerAndAllItsSettings(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	owner := h.member(t, "p-ada", "ada").ID
	want := parlour.Room{
		Slug: "cellar", Name: "Cellar", Topic: "wine", Description: "down\nthere", Rules: "no light",
		Access: parlour.Presets["private"], PasswordHash: "hash", HistoryFromJoin: true, Slow: 5 * time.Second,
		TalkAfter: time.Minute, LinkAfter: time.Hour, Locked: true, ReadOnly: true, WaitingRoom: true,
	}
	made, err := h.FoundRoom(t.Context(), want, owner, parlour.LogEntry{Act: parlour.ActCreateRoom, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	want.ID, want.CreatedAt = made.ID, made.CreatedAt
	if made != want {
		t.Errorf("founded %+v, want %+v", made, want)
	}
	_, who, err := h.Standing(t.Context(), parlour.Identity{Kind: parlour.Member, ID: owner}, "cellar", noon)
	if err != nil || who.Role != parlour.Owner {
		t.Errorf("whoever founded it is %v, %v", who.Role, err)
	}
	if acts := h.acts(t, made.ID); len(acts) != 1 || acts[0] != parlour.ActCreateRoom {
		t.Errorf("the log has %v", acts)
	}
	_, err = h.FoundRoom(t.Context(), want, owner, parlour.LogEntry{Act: parlour.ActCreateRoom})
	if parlour.KindOf(err) != parlour.Conflict {
		t.Errorf("a second room at the address: %v", err)
	}
}

func TestChangedRoomIsToldAsChanges(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.room(t, "taken")
	room, err := h.CreateRoom(t.Context(), parlour.Room{Slug: "cellar", Name: "Cellar", Access: parlour.Presets["open"]})
	if err != nil {
		t.Fatal(err)
	}
	want := parlour.Room{
		ID: room.ID, Slug: "vault", Name: "Vault", Topic: "gold", Description: "deep", Rules: "none", CreatedAt: room.CreatedAt,
		Access: parlour.Presets["members"], PasswordHash: "hash", HistoryFromJoin: true, Slow: time.Minute, TalkAfter: time.Hour,
		LinkAfter: time.Second, Locked: true, ReadOnly: true, WaitingRoom: true, ArchivedAt: noon, Head: 3,
		EditWindow: parlour.Always, Stubs: true, Discreet: true,
	}
	told := []parlour.Setting{{What: parlour.ActTopic, By: "Ada", Topic: "gold"}, {What: parlour.ActLock, By: "Ada"}}
	if _, err := h.ChangeRoom(t.Context(), want, told, parlour.LogEntry{Room: room.ID, Act: parlour.ActChangeRoom, At: noon}); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Room(t.Context(), "vault"); err != nil || got != want {
		t.Errorf("the room is %+v, %v, want %+v", got, err, want)
	}
	heard := h.heard(room.ID)
	face := parlour.Face{Name: "Vault", Topic: "gold", Rules: "none"}
	if len(heard) != 3 || !reflect.DeepEqual(*heard[2].Message.Event.Face, face) || *heard[0].Message.Event.Set != told[0] || *heard[1].Message.Event.Set != told[1] {
		t.Errorf("the room was told %+v", heard)
	}
	want.Slug = "taken"
	if _, err := h.ChangeRoom(t.Context(), want, nil, parlour.LogEntry{}); parlour.KindOf(err) != parlour.Conflict {
		t.Errorf("an address that is taken: %v", err)
	}
	if acts := h.acts(t, room.ID); len(acts) != 1 {
		t.Errorf("the log has %v", acts)
	}
}

func TestDeletedRoomLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	other := h.room(t, "other")
	h.say(t, other, "ana", "elsewhere")
	room := h.room(t, "cellar")
	for range deleteAtOnce + 10 {
		h.say(t, room, "ana", "here")
	}
	owner := h.member(t, "p-ada", "ada").ID
	if err := h.SetRole(t.Context(), room, owner, parlour.Owner, false, parlour.LogEntry{Room: room, Act: parlour.ActRole}); err != nil {
		t.Fatal(err)
	}
	err := h.AddInvitation(t.Context(), parlour.KeyOfPass("token"), parlour.Pass{
		Kind: parlour.PassInvite, Room: room, Role: parlour.Listed, UsesLeft: 1, ExpiresAt: noon.Add(time.Hour),
	}, parlour.LogEntry{Room: room, Act: parlour.ActInvite})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.DeleteRoom(t.Context(), room, parlour.LogEntry{Act: parlour.ActDeleteRoom, At: noon}); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"the room":     errOf(h.Room(t.Context(), "cellar")),
		"its standing": func() error { _, _, err := h.Standing(t.Context(), parlour.Identity{}, "cellar", noon); return err }(),
		"by its place": errOf(h.Room(t.Context(), "deleted/"+parlour.Seq(room).String())),
		"by id":        errOf(h.RoomByID(t.Context(), room)),
		"its page":     errOf(h.Page(t.Context(), room, 0, 10)),
		"a post": func() error {
			_, _, err := h.Post(t.Context(), parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("ana"), Body: "x", At: noon})
			return err
		}(),
	} {
		if !errors.Is(err, parlour.ErrRoomNotFound) {
			t.Errorf("%s of a deleted room: %v", what, err)
		}
	}
	if _, err := h.Pass(t.Context(), parlour.PassInvite, parlour.KeyOfPass("token"), noon); !errors.Is(err, parlour.ErrPassGone) {
		t.Errorf("an invitation to it: %v", err)
	}
	for _, table := range []string{"messages", "seats", "roles", "sanctions", "filters", "held", "reports", "passes"} {
		err := h.read(t.Context(), func(c conn) error {
			r, err := c.one(`SELECT count(*) FROM `+table+` WHERE room_id = $1`, room)
			if err == nil && r.int(0) != 0 {
				t.Errorf("%d rows are left in %s", r.int(0), table)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if page := h.page(t, other, 0, 10); len(page.Messages) != 1 {
		t.Errorf("the other room has %d messages", len(page.Messages))
	}
	rooms, err := h.Rooms(t.Context())
	if err != nil || len(rooms) != 2 { // the lobby and the other
		t.Errorf("there are %d rooms, %v", len(rooms), err)
	}
	if h.room(t, "cellar") == room {
		t.Error("the room's id was given out again")
	}
}

func errOf[T any](_ T, err error) error { return err }

func TestDeletionThatWasInterruptedIsCompleted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "parlour.db")
	h := &house{}
	s, err := Open(t.Context(), path, Options{OnCommit: h.listen})
	if err != nil {
		t.Fatal(err)
	}
	h.Store = s
	room := h.room(t, "cellar")
	h.say(t, room, "ana", "here")
	err = s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`UPDATE rooms SET deleted_at = $1 WHERE id = $2`, noon, room)
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, path, Options{})
	err = again.read(t.Context(), func(c conn) error {
		r, err := c.one(`SELECT count(*) FROM messages`)
		if err == nil && r.int(0) != 0 {
			t.Errorf("%d messages are left", r.int(0))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRoomKeepsItsLastOwner(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ada, ben := h.member(t, "p-ada", "ada").ID, h.member(t, "p-ben", "ben").ID
	room, err := h.FoundRoom(t.Context(), parlour.Room{Slug: "cellar", Name: "Cellar"}, ada, parlour.LogEntry{})
	if err != nil {
		t.Fatal(err)
	}
	set := func(person string, role parlour.Role, keep bool) error {
		return h.SetRole(t.Context(), room.ID, person, role, keep, parlour.LogEntry{Room: room.ID, Act: parlour.ActRole})
	}
	for _, role := range []parlour.Role{parlour.NoRole, parlour.Listed, parlour.Moderator} {
		if err := set(ada, role, true); !errors.Is(err, parlour.ErrLastOwner) {
			t.Errorf("the last owner becomes %q: %v", role, err)
		}
	}
	if err := errors.Join(set(ben, parlour.Owner, true), set(ada, parlour.NoRole, true)); err != nil {
		t.Fatal(err)
	}
	listed, err := h.Listed(t.Context(), room.ID)
	if err != nil || len(listed) != 1 || listed[0].Person != ben || listed[0].Role != parlour.Owner {
		t.Errorf("the list is %+v, %v", listed, err)
	}
	if err := set(ben, parlour.Listed, false); err != nil {
		t.Errorf("an admin takes the last owner away: %v", err)
	}
}

func TestInvitationIsUsedUpAndLowersNoRole(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ada, ben := h.member(t, "p-ada", "ada").ID, h.member(t, "p-ben", "ben").ID
	room, err := h.FoundRoom(t.Context(), parlour.Room{Slug: "cellar", Name: "Cellar"}, ada, parlour.LogEntry{})
	if err != nil {
		t.Fatal(err)
	}
	key := parlour.KeyOfPass("token")
	err = h.AddInvitation(t.Context(), key, parlour.Pass{
		Kind: parlour.PassInvite, Room: room.ID, Role: parlour.Listed, UsesLeft: 2, ExpiresAt: noon.Add(time.Hour),
	}, parlour.LogEntry{Room: room.ID, Act: parlour.ActInvite})
	if err != nil {
		t.Fatal(err)
	}
	accept := func(person string, at time.Time) error {
		return h.AcceptInvitation(t.Context(), key, parlour.LogEntry{
			Room: room.ID, Act: parlour.ActUseInvite, At: at, Target: parlour.Author{ID: person},
		})
	}
	if err := accept(ben, noon.Add(time.Hour)); !errors.Is(err, parlour.ErrPassGone) {
		t.Errorf("an invitation that has expired: %v", err)
	}
	if err := errors.Join(accept(ada, noon), accept(ben, noon)); err != nil {
		t.Fatal(err)
	}
	if err := accept(ben, noon); !errors.Is(err, parlour.ErrPassGone) {
		t.Errorf("an invitation that is used up: %v", err)
	}
	listed, err := h.Listed(t.Context(), room.ID)
	if err != nil || len(listed) != 2 || listed[0].Role != parlour.Owner || listed[1].Role != parlour.Listed {
		t.Errorf("the list is %+v, %v", listed, err)
	}
}
