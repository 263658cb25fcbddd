package parlour_test

import (
	"testing"

	"parlour"
)

// unread is what somebody's lobby tells of a room; -1 when it is not there.
func (h *livingHouse) unread(by parlour.Identity, slug string) int {
	h.t.Helper()
	rooms, err := h.Lobby(h.t.Context(), by)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, room := range rooms {
		if room.Slug == slug {
			return room.Unread
		}
	}
	return -1
}

func (h *livingHouse) wantUnread(who string, by parlour.Identity, slug string, want int) {
	h.t.Helper()
	if got := h.unread(by, slug); got != want {
		h.t.Errorf("%s has %d unread in %s, want %d", who, got, slug, want)
	}
}

func (h *livingHouse) says(by parlour.Identity, slug, body string) parlour.Message {
	h.t.Helper()
	m, err := h.Say(h.t.Context(), by, slug, parlour.Draft{Body: body})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func TestLobbyCountsWhatSomebodyWithASeatHasNotRead(t *testing.T) {
	h := open(t, parlour.Rules{})
	ana := h.join(nobody, "lobby", "Ana")
	h.says(ana, "lobby", "before Bea came")
	bea := h.join(nobody, "lobby", "Bea")
	h.wantUnread("who has just come", bea, "lobby", 0)
	h.says(ana, "lobby", "one")
	two := h.says(ana, "lobby", "two")
	h.says(bea, "lobby", "one's own")
	h.wantUnread("Bea", bea, "lobby", 2)
	h.wantUnread("Bea", bea, "garden", 0) // no seat there
	h.wantUnread("a visitor", nobody, "lobby", 0)
	err := h.store.HaveRead(t.Context(), two.Room, map[string]parlour.Seq{bea.ID: two.Seq})
	if err != nil {
		t.Fatal(err)
	}
	h.wantUnread("Bea, who has read it", bea, "lobby", 0)
}

func TestUnreadIsForThoseWhoMayRead(t *testing.T) {
	h := open(t, parlour.Rules{})
	refused := map[parlour.Action]error{}
	o := &outside{says: func(_ parlour.Standing, action parlour.Action, _ parlour.Room) error { return refused[action] }}
	guarded := parlour.NewHouse(h.store, h, parlour.Rules{Policy: o})
	ana, bea := h.join(nobody, "lobby", "Ana"), h.join(nobody, "lobby", "Bea")
	h.says(ana, "lobby", "hello")
	inner := h.House
	h.House = guarded
	h.wantUnread("who may read", bea, "lobby", 1)
	refused[parlour.Read] = parlour.ErrNoSeat
	h.wantUnread("who may not read", bea, "lobby", 0)
	h.House = inner
	h.wantUnread("who may read", bea, "lobby", 1)
}

// TestUnreadBeginsWithOnesHistory: however little somebody has read, what was
// before their history is not for them.
func TestUnreadBeginsWithOnesHistory(t *testing.T) {
	h := open(t, parlour.Rules{})
	ana := h.join(nobody, "lobby", "Ana")
	for range 3 {
		h.says(ana, "lobby", "before")
	}
	room := h.room("lobby")
	bea := parlour.Identity{Kind: parlour.Guest, ID: "bea", Name: "Bea"}
	_, err := h.store.TakeSeat(t.Context(), parlour.Seat{
		Room: room.ID, Person: bea.ID, Name: bea.Name, Admitted: true, Guest: true, After: room.Head,
	}, room.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	h.says(ana, "lobby", "after")
	h.wantUnread("Bea", bea, "lobby", 4)
	room.HistoryFromJoin = true
	if _, err := h.store.ChangeRoom(t.Context(), room, nil, parlour.LogEntry{}); err != nil {
		t.Fatal(err)
	}
	h.wantUnread("Bea, whose history begins later", bea, "lobby", 1)
}
