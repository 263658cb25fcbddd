package parlour_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"parlour"
	"parlour/db"
)

// livingHouse is a house over a real store, with rooms lobby and garden, that
// keeps what its live side is told.
type livingHouse struct {
	*parlour.House
	t     *testing.T
	store *db.Store

	mu   sync.Mutex
	told []string
}

func open(t *testing.T, rules parlour.Rules) *livingHouse {
	t.Helper()
	h := &livingHouse{t: t}
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "parlour.db"), db.Options{OnControl: h.obey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := store.CreateRoom(t.Context(), parlour.Room{Slug: "garden", Name: "Garden"}); err != nil {
		t.Fatal(err)
	}
	h.store = store
	h.House = parlour.NewHouse(store, h, rules)
	return h
}

func (h *livingHouse) Left(room int64, person string) { h.tell("left %d %s", room, person) }

func (h *livingHouse) Recheck(room int64) { h.tell("recheck %d", room) }
func (h *livingHouse) RecheckWhom(room int64, whom parlour.Whom) {
	h.tell("recheck %d %s", room, whom.Person)
}

func (h *livingHouse) SessionEnded(session string) { h.tell("ended %s", session) }

// obey does what the live side does of itself once it is stored.
func (h *livingHouse) obey(controls []parlour.Control) {
	for _, c := range controls {
		if c.Kind == parlour.ControlRenamed {
			h.tell("renamed %s %s", c.Person.ID, c.Person.Name)
		}
	}
}

func (h *livingHouse) tell(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, fmt.Sprintf(format, args...))
}

func (h *livingHouse) wasTold(format string, args ...any) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.told, fmt.Sprintf(format, args...))
}

// join lets somebody in who must get in.
func (h *livingHouse) join(by parlour.Identity, slug, name string) parlour.Identity {
	h.t.Helper()
	as, _, err := h.Join(h.t.Context(), by, slug, name, "")
	if err != nil {
		h.t.Fatalf("%s joins %s: %v", name, slug, err)
	}
	return as
}

func (h *livingHouse) room(slug string) parlour.Room {
	h.t.Helper()
	room, err := h.store.Room(h.t.Context(), slug)
	if err != nil {
		h.t.Fatal(err)
	}
	return room
}

func (h *livingHouse) messages(slug string) []parlour.Message {
	h.t.Helper()
	page, err := h.store.Page(h.t.Context(), h.room(slug).ID, 0, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Messages
}

// announce lets a room be told of somebody's arrival, as the live side does.
func (h *livingHouse) announce(slug string, who parlour.Identity) {
	h.t.Helper()
	author := parlour.Author{ID: who.ID, Name: who.Name}
	if err := h.store.Attend(h.t.Context(), h.room(slug).ID, []parlour.Author{author}, nil, time.Now()); err != nil {
		h.t.Fatal(err)
	}
}

// holds is the name of the person's seat in a room, empty when they have none.
func (h *livingHouse) holds(slug string, who parlour.Identity) string {
	h.t.Helper()
	seat, err := h.store.Seat(h.t.Context(), h.room(slug).ID, who.ID)
	if err != nil && !errors.Is(err, parlour.ErrNoSeat) {
		h.t.Fatal(err)
	}
	return seat.Name
}

var nobody parlour.Identity

func TestLobbyListsTheRooms(t *testing.T) {
	h := open(t, parlour.Rules{})
	rooms, err := h.Lobby(t.Context(), nobody)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, room := range rooms {
		names = append(names, room.Name)
	}
	if !slices.Equal(names, []string{"Garden", "Lobby"}) {
		t.Errorf("the lobby lists %q", names)
	}
}

func TestPageIsForThoseWhoMayRead(t *testing.T) {
	h := open(t, parlour.Rules{})
	ana := h.join(nobody, "lobby", "Ana")
	for i := range parlour.PageSize + 3 {
		if _, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: fmt.Sprint(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	room := h.room("lobby")
	_, who, err := h.Attending(t.Context(), ana, "lobby", parlour.Read)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Page(t.Context(), parlour.Standing{}, room, 0); parlour.KindOf(err) != parlour.SignedOut {
		t.Errorf("a visitor reads: %v", err)
	}
	newest, err := h.Page(t.Context(), who, room, 0)
	if err != nil || len(newest.Messages) != parlour.PageSize || !newest.More || newest.Head != parlour.PageSize+3 {
		t.Fatalf("Page = %d messages, %+v, %v", len(newest.Messages), newest.More, err)
	}
	older, err := h.Page(t.Context(), who, room, newest.Messages[0].Seq)
	if err != nil || len(older.Messages) != 3 || older.More || older.Messages[0].Body != "1" {
		t.Errorf("older: %+v, %v", older, err)
	}
}

func TestHouseIsInTroubleWhenItsStoreIs(t *testing.T) {
	h := open(t, parlour.Rules{})
	ana := h.join(nobody, "lobby", "Ana")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Say(ctx, ana, "lobby", parlour.Draft{Body: "hello"}); !errors.Is(err, context.Canceled) {
		t.Errorf("said by somebody who is gone: %v", err)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "hello"}); parlour.KindOf(err) != parlour.Unavailable {
		t.Errorf("said to a closed house: %v", err)
	}
	if _, _, err := h.Join(t.Context(), nobody, "lobby", "Bob", ""); parlour.KindOf(err) != parlour.Unavailable {
		t.Errorf("joined a closed house: %v", err)
	}
	if _, err := h.Lobby(t.Context(), nobody); parlour.KindOf(err) != parlour.Unavailable {
		t.Errorf("looked into a closed house: %v", err)
	}
}
