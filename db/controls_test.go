package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
	"parlour/db/postgrestest"
)

// ordered is the controls that something brought about, as the store has them and
// as it told them.
func (h *house) ordered(t testing.TB, after int64) (said []string, head int64) {
	t.Helper()
	controls, head, err := h.Controls(t.Context(), after, 1000)
	must(t, err)
	h.mu.Lock()
	defer h.mu.Unlock()
	told := h.controls
	h.controls = nil
	if fmt.Sprint(controls) != fmt.Sprint(told) {
		t.Errorf("the store has %v and told %v", controls, told)
	}
	for i, c := range controls {
		if c.Number != after+int64(i)+1 {
			t.Errorf("control %d follows %d", c.Number, after+int64(i))
		}
		said = append(said, strings.TrimSpace(fmt.Sprintf("%s %d %s%s", c.Kind, c.Room, c.Person.ID, c.Session)))
	}
	return said, head
}

func testControls(t *testing.T, h *house) {
	ctx := t.Context()
	room := h.room(t, "den")
	ana := h.member(t, "m-ana", "Ana")
	begin := func(session, after string) error {
		return h.BeginLogin(ctx, parlour.Login{Session: session, Person: ana.ID, At: noon, SeenAt: noon, Proof: ana.Proof()}, after)
	}
	sit := func(person, name string) {
		_, err := h.TakeSeat(ctx, parlour.Seat{Room: room, Person: person, Name: name, SeenAt: noon, Admitted: true}, noon)
		must(t, err)
	}
	ban := func(kind parlour.SanctionKind, where int64) error {
		sit("g-bob", "Bob")
		_, err := h.Sanction(ctx, parlour.Sanction{Kind: kind, Room: where, Person: "g-bob", Name: "Bob", At: noon},
			parlour.LogEntry{Room: where, At: noon, Act: parlour.Act(kind), Target: parlour.Author{ID: "g-bob", Name: "Bob"}})
		return err
	}
	change := func(how func(*parlour.Room)) error {
		all, err := h.Rooms(ctx)
		must(t, err)
		is := all[slices.IndexFunc(all, func(r parlour.Room) bool { return r.ID == room })]
		how(&is)
		_, err = h.ChangeRoom(ctx, is, nil, parlour.LogEntry{Room: room, At: noon})
		return err
	}
	locked := true
	r := strconv.FormatInt(room, 10)
	var filter parlour.Filter
	_, head := h.ordered(t, 0)
	for _, is := range []struct {
		what string
		do   func() error
		want string
	}{
		{"a post", func() error { h.say(t, room, "bob", "hello"); return nil }, ""},
		{"a seat", func() error { sit("g-eve", "Eve"); return nil }, ""},
		{"leaving", func() error { return h.GiveUpSeat(ctx, room, "g-eve") }, "left " + r + " g-eve"},
		{"a ban from the room", func() error { return ban(parlour.Ban, room) }, "recheck " + r + " g-bob, left " + r + " g-bob"},
		{"a ban from the house", func() error { return ban(parlour.Ban, 0) }, "recheck 0 g-bob, left " + r + " g-bob"},
		{"a mute", func() error { return ban(parlour.Mute, room) }, ""},
		{"leaving all rooms", func() error { _, err := h.GiveUpSeats(ctx, "g-bob"); return err }, "left " + r + " g-bob"},
		{"a role", func() error {
			return h.SetRole(ctx, room, ana.ID, parlour.Listed, false, parlour.LogEntry{Room: room, At: noon})
		}, "recheck " + r + " m-ana"},
		{"a lock", func() error {
			return h.Adjust(ctx, room, parlour.Adjustment{Locked: &locked}, parlour.Setting{What: parlour.ActLock}, parlour.LogEntry{Room: room, At: noon})
		}, "recheck " + r},
		{"read-only", func() error {
			return h.Adjust(ctx, room, parlour.Adjustment{ReadOnly: &locked}, parlour.Setting{What: parlour.ActReadOnly}, parlour.LogEntry{Room: room, At: noon})
		}, ""},
		{"a topic", func() error {
			return h.Adjust(ctx, room, parlour.Adjustment{Topic: new("new")}, parlour.Setting{What: parlour.ActTopic}, parlour.LogEntry{Room: room, At: noon})
		}, ""},
		{"another audience", func() error { return change(func(r *parlour.Room) { r.Access.Read = parlour.Members }) }, "recheck " + r},
		{"a waiting room", func() error { return change(func(r *parlour.Room) { r.WaitingRoom = true }) }, "recheck " + r},
		{"another address", func() error { return change(func(r *parlour.Room) { r.Slug = "lair" }) }, "recheck " + r},
		{"other rules", func() error { return change(func(r *parlour.Room) { r.Rules, r.Slow = "none", time.Second }) }, ""},
		{"another name", func() error { return h.Rename(ctx, ana.ID, "Anna", noon, noon) }, "renamed 0 m-ana"},
		{"a name that is taken", func() error {
			wantErr(t, h.Rename(ctx, "g-zoe", "Anna", noon, noon), parlour.ErrNameReserved)
			return nil
		}, ""},
		{"a new member", func() error { h.member(t, "m-new", "New"); return nil }, "renamed 0 m-new"},
		{"a first session", func() error { return begin("one", "") }, ""},
		{"a session after another", func() error { return begin("two", "one") }, "session 0 one"},
		{"signing out", func() error { return h.EndLogin(ctx, ana.ID, "two") }, "session 0 two"},
		{"signing out again", func() error { return h.EndLogin(ctx, ana.ID, "two") }, ""},
		{"ending all sessions", func() error {
			must(t, errors.Join(begin("three", ""), begin("four", "")))
			_, err := h.EndLogins(ctx, ana.ID, "four")
			return err
		}, "session 0 three"},
		{"disabling", func() error { return h.ChangeMember(ctx, ana, parlour.LogEntry{At: noon}) }, "recheck 0 m-ana"},
		{"a filter", func() (err error) {
			filter, err = h.AddFilter(ctx, parlour.Filter{Room: room, Kind: parlour.WordFilter, Pattern: "x", Act: parlour.Refusing, At: noon}, parlour.LogEntry{At: noon})
			return err
		}, "filters " + r},
		{"a filter less", func() error { return h.RemoveFilter(ctx, room, filter.ID, parlour.LogEntry{At: noon}) }, "filters " + r},
		{"the end of a room", func() error { return h.DeleteRoom(ctx, room, parlour.LogEntry{At: noon}) }, "recheck " + r},
	} {
		must(t, is.do())
		var said []string
		said, head = h.ordered(t, head)
		if got := strings.Join(said, ", "); got != is.want {
			t.Errorf("%s: %q, want %q", is.what, got, is.want)
		}
	}
}

func testOldControls(t *testing.T, h *house) {
	leave := func(n int) { must(t, h.GiveUpSeat(t.Context(), 1, "g-"+strconv.Itoa(n))) }
	for n := range 5 {
		leave(n + 1)
	}
	must(t, h.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`UPDATE controls SET at = $1 WHERE number <= 3`, time.Now().Add(-controlsKept-time.Hour))
		return err
	}))
	for n := 5; n < oldControlsAfter+5; n++ {
		leave(n + 1)
	}
	const last = oldControlsAfter + 5
	controls, head, err := h.Controls(t.Context(), 0, 1000)
	must(t, err)
	if head != last || len(controls) != last-3 || controls[0].Number != 4 {
		t.Errorf("%v are kept, the last number is %d", controls, head)
	}
	if controls, head, err = h.Controls(t.Context(), last, 10); err != nil || head != last || len(controls) > 0 {
		t.Errorf("after the last: %v, %d, %v", controls, head, err)
	}
	if controls, _, err = h.Controls(t.Context(), 7, 1); err != nil || len(controls) != 1 || controls[0].Person.ID != "g-8" {
		t.Errorf("one after the seventh: %v, %v", controls, err)
	}
}

// testControlNumbers has many write at once, some of whom are refused.
func testControlNumbers(t *testing.T, h *house) {
	var writing sync.WaitGroup
	for n := range 50 {
		writing.Go(func() {
			_ = h.write(context.WithoutCancel(t.Context()), func(tx *tx) error {
				if err := tx.leave(1, strconv.Itoa(n)); err != nil {
					return err
				}
				if _, err := tx.exec(`UPDATE settings SET value = '' WHERE name = 'none'`); err != nil {
					return err
				}
				if n%10 == 0 {
					tx.written++ // as if something had been, so that all of it is undone
					return errors.New("spoilt")
				}
				return nil
			})
		})
	}
	writing.Wait()
	said, head := h.ordered(t, 0)
	if len(said) != 45 || head != 45 {
		t.Errorf("%d controls, up to %d", len(said), head)
	}
}

func testHeads(t *testing.T, h *house) {
	var rooms []int64
	want := make(map[int64]parlour.Seq)
	for n := range 2*headsAtOnce + 5 {
		room := h.room(t, "r"+strconv.Itoa(n))
		rooms = append(rooms, room)
		for range n % 3 {
			want[room] = h.say(t, room, "ana", "x").Seq
		}
	}
	heads, err := h.Heads(t.Context(), append(rooms, 1<<40))
	must(t, err)
	if len(heads) != len(rooms) {
		t.Errorf("%d heads of %d rooms", len(heads), len(rooms))
	}
	for _, room := range rooms {
		if heads[room] != want[room] {
			t.Errorf("room %d is at %d, want %d", room, heads[room], want[room])
		}
	}
	if heads, err := h.Heads(t.Context(), nil); err != nil || len(heads) > 0 {
		t.Errorf("of no rooms: %v, %v", heads, err)
	}
}

// TestRightsAreLostThroughAnotherProcessToo: a post that was allowed is looked at
// again when another program has stored a ban since.
func TestRightsAreLostThroughAnotherProcessToo(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "parlour.db")
		losesRights(t, openAt(t, path, Options{}), openAt(t, path, Options{}))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := postgrestest.Database(t)
		losesRights(t, openShared(t, url, Options{}), openShared(t, url, Options{}))
	})
}

func losesRights(t *testing.T, here, there *Store) {
	post := func(asked time.Time) error {
		_, _, err := here.Post(t.Context(), parlour.NewMessage{
			Room: 1, Kind: parlour.KindMessage, Author: author("ana"), Body: "x", At: noon, Asked: asked,
		})
		return err
	}
	must(t, post(time.Now()))
	asked := time.Now()
	_, err := there.Sanction(t.Context(), parlour.Sanction{Kind: parlour.Ban, Room: 1, Person: "g-ana", Name: "ana", At: noon},
		parlour.LogEntry{Room: 1, At: noon, Act: parlour.ActBan})
	must(t, err)
	wantErr(t, post(asked), parlour.ErrOvertaken)
	must(t, post(time.Now()))
	// Nor may a post overtake what ends no streams.
	for _, takes := range []func() error{
		func() error {
			_, err := there.Sanction(t.Context(), parlour.Sanction{Kind: parlour.Mute, Room: 1, Person: "g-ana", Name: "ana", At: noon},
				parlour.LogEntry{Room: 1, At: noon, Act: parlour.ActMute})
			return err
		},
		func() error {
			return there.Adjust(t.Context(), 1, parlour.Adjustment{ReadOnly: new(true)}, parlour.Setting{What: parlour.ActReadOnly},
				parlour.LogEntry{Room: 1, At: noon})
		},
		func() error {
			room, err := there.Room(t.Context(), "lobby")
			must(t, err)
			room.Access.Post = parlour.Members
			_, err = there.ChangeRoom(t.Context(), room, nil, parlour.LogEntry{Room: 1, At: noon})
			return err
		},
	} {
		must(t, post(time.Now()))
		asked := time.Now()
		must(t, takes())
		wantErr(t, post(asked), parlour.ErrOvertaken)
	}
	// What takes no right away is no reason to look again.
	must(t, post(time.Now()))
	asked = time.Now()
	must(t, there.GiveUpSeat(t.Context(), 1, "g-bob"))
	must(t, there.Adjust(t.Context(), 1, parlour.Adjustment{Topic: new("new")}, parlour.Setting{What: parlour.ActTopic}, parlour.LogEntry{Room: 1, At: noon}))
	must(t, post(asked))
}
