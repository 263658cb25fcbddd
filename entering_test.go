package parlour_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
)

func TestGuestJoinsUnderACleanName(t *testing.T) {
	h := open(t, parlour.Rules{})
	as, room, err := h.Join(t.Context(), nobody, "lobby", "  Ana   Maria ", "")
	if err != nil {
		t.Fatal(err)
	}
	if as.Kind != parlour.Guest || as.Name != "Ana Maria" || !as.Known() || room.Slug != "lobby" {
		t.Errorf("joined as %+v in %+v", as, room)
	}
	if got := h.holds("lobby", as); got != "Ana Maria" {
		t.Errorf("sits there as %q", got)
	}
	if got := h.holds("garden", as); got != "" {
		t.Errorf("sits as %q in a room that nobody asked for", got)
	}
	if n := len(h.messages("lobby")); n != 0 {
		t.Errorf("the door told the room %d things, which is for the live side to do", n)
	}
}

func TestGuestsAreNeverTheSame(t *testing.T) {
	h := open(t, parlour.Rules{})
	seen := make(map[string]bool)
	for i := range 50 {
		as := h.join(nobody, "lobby", fmt.Sprint("guest ", i))
		if seen[as.ID] || len(as.ID) != 13 || as.ID[0] != 'p' ||
			strings.Trim(as.ID, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Fatalf("guest %d is %q", i, as.ID)
		}
		seen[as.ID] = true
	}
}

func TestJoinSaysWhyNotAndKeepsTheRoom(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	h.join(nobody, "lobby", "Ana")
	for typed, kind := range map[string]parlour.ErrKind{
		"":                       parlour.Invalid,
		"\u202eanA":              parlour.Invalid,
		strings.Repeat("x", 100): parlour.Invalid,
		"a\xff":                  parlour.Invalid,
		"ana":                    parlour.Conflict,
		" ＡＮＡ ":                  parlour.Conflict,
	} {
		as, room, err := h.Join(t.Context(), nobody, "lobby", typed, "")
		if parlour.KindOf(err) != kind || as.Known() || room.Slug != "lobby" {
			t.Errorf("Join(%q) = %+v, %q, %v; want %s at the lobby's door", typed, as, room.Slug, err, kind)
		}
	}
	_, _, err := h.Join(t.Context(), nobody, "cellar", "Bob", "")
	if !errors.Is(err, parlour.ErrRoomNotFound) {
		t.Errorf("joining no room: %v", err)
	}
}

func TestNameIsFreeInAnotherRoom(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	h.join(nobody, "lobby", "Ana")
	h.join(nobody, "garden", "Ana")
}

func TestEnteringTakesASeatAndKeepsIt(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	ana := h.join(nobody, "lobby", "Ana")
	for range 3 {
		room, who, _, err := h.Enter(t.Context(), ana, "garden")
		seat := who.Seat
		if err != nil || room.Slug != "garden" || seat.Name != "Ana" || seat.Person != ana.ID || seat.Room != room.ID {
			t.Fatalf("Enter = %+v, %+v, %v", room, seat, err)
		}
	}
	if _, _, _, err := h.Enter(t.Context(), nobody, "garden"); parlour.KindOf(err) != parlour.SignedOut {
		t.Errorf("a visitor enters: %v", err)
	}
	if _, _, _, err := h.Enter(t.Context(), ana, "cellar"); !errors.Is(err, parlour.ErrRoomNotFound) {
		t.Errorf("entering no room: %v", err)
	}
	h.join(nobody, "lobby", "Bob")
	bob := h.join(nobody, "garden", "Bob")
	room, _, _, err := h.Enter(t.Context(), bob, "lobby")
	if !errors.Is(err, parlour.ErrNameTaken) || room.Slug != "lobby" {
		t.Errorf("entering where the name is taken: %q, %v", room.Slug, err)
	}
}

func TestNameOfSomebodyLongGoneIsFree(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: 0}) // gone is long gone
	ana := h.join(nobody, "lobby", "Ana")
	waitForClock(t)
	other := h.join(nobody, "lobby", "ana")
	if other.ID == ana.ID || h.holds("lobby", ana) != "" || h.holds("lobby", other) != "ana" {
		t.Errorf("the seat was not taken over: %q, %q", h.holds("lobby", ana), h.holds("lobby", other))
	}
	// Whoever is known to be there keeps it.
	h.announce("lobby", other)
	waitForClock(t)
	if _, _, err := h.Join(t.Context(), nobody, "lobby", "Ana", ""); !errors.Is(err, parlour.ErrNameTaken) {
		t.Errorf("the name of somebody present was taken: %v", err)
	}
	// Who was gone comes back under another name, or not at all.
	if _, _, _, err := h.Enter(t.Context(), ana, "lobby"); !errors.Is(err, parlour.ErrNameTaken) {
		t.Errorf("came back under a name that somebody has: %v", err)
	}
	if as := h.join(ana, "lobby", "Ana II"); as.ID != ana.ID || h.holds("lobby", as) != "Ana II" {
		t.Errorf("came back as %+v", as)
	}
}

// waitForClock waits until the time that the store keeps is a later one.
func waitForClock(t *testing.T) {
	t.Helper()
	for now := time.Now().UnixMilli(); time.Now().UnixMilli() <= now; {
		if t.Context().Err() != nil {
			t.Fatal(t.Context().Err())
		}
	}
}

func TestRenamingReachesEveryRoom(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	ana := h.join(nobody, "lobby", "Ana")
	if _, _, _, err := h.Enter(t.Context(), ana, "garden"); err != nil {
		t.Fatal(err)
	}
	h.announce("garden", ana)
	anna := h.join(ana, "lobby", "Anna")
	if anna.ID != ana.ID || anna.Name != "Anna" {
		t.Errorf("renamed to %+v", anna)
	}
	for _, slug := range []string{"lobby", "garden"} {
		if got := h.holds(slug, anna); got != "Anna" {
			t.Errorf("in %s the name is %q", slug, got)
		}
	}
	if !h.wasTold("renamed %s Anna", ana.ID) {
		t.Error("the live side was not told")
	}
	if n := len(h.messages("lobby")); n != 0 {
		t.Errorf("a room that knows nothing of her arrival was told %d things", n)
	}
	told := h.messages("garden")
	last := told[len(told)-1]
	if last.Kind != parlour.KindSystem || last.Event == nil || last.Event.Renamed == nil ||
		*last.Event.Renamed != (parlour.Renaming{From: "Ana", To: "Anna"}) {
		t.Errorf("the room was told %+v", last)
	}
	// What was said keeps the name it was said under, and the same name is no news.
	h.join(anna, "garden", "Anna")
	if again := h.messages("garden"); len(again) != len(told) {
		t.Errorf("taking the same name was told: %+v", again[len(again)-1])
	}
	if as := h.join(anna, "garden", "ANNA"); h.holds("lobby", as) != "ANNA" {
		t.Error("one's own name cannot be spelled anew")
	}
}

func TestRenamingIsAllOrNothing(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	ana := h.join(nobody, "lobby", "Ana")
	if _, _, _, err := h.Enter(t.Context(), ana, "garden"); err != nil {
		t.Fatal(err)
	}
	h.join(nobody, "garden", "Bob")
	as, room, err := h.Join(t.Context(), ana, "lobby", "Bob", "")
	if !errors.Is(err, parlour.ErrNameTaken) || as != ana || room.Slug != "lobby" {
		t.Errorf("Join = %+v, %q, %v", as, room.Slug, err)
	}
	for _, slug := range []string{"lobby", "garden"} {
		if got := h.holds(slug, ana); got != "Ana" {
			t.Errorf("in %s the name is %q", slug, got)
		}
	}
	if h.wasTold("renamed %s Bob", ana.ID) {
		t.Error("the live side was told of a renaming that was refused")
	}
}

func TestJoiningARoomUnderATakenNameLeavesNoSeat(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	ana := h.join(nobody, "lobby", "Ana")
	h.join(nobody, "lobby", "Bob")
	if _, _, err := h.Join(t.Context(), ana, "garden", "Bob", ""); !errors.Is(err, parlour.ErrNameTaken) {
		t.Fatalf("took a name that is taken in another of her rooms: %v", err)
	}
	if got := h.holds("garden", ana); got != "" {
		t.Errorf("sits in the garden as %q", got)
	}
	h.join(nobody, "garden", "Bob") // so nothing is in the way
}

func TestOneNameGoesToOneOfMany(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	var wg sync.WaitGroup
	outcomes := make(chan error, 40)
	for range cap(outcomes) {
		wg.Go(func() {
			_, _, err := h.Join(t.Context(), nobody, "lobby", "Ana", "")
			outcomes <- err
		})
	}
	wg.Wait()
	close(outcomes)
	won := 0
	for err := range outcomes {
		if err == nil {
			won++
		} else if !errors.Is(err, parlour.ErrNameTaken) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d are called Ana", won)
	}
}

func TestLeavingFreesSeatAndName(t *testing.T) {
	h := open(t, parlour.Rules{NameHold: time.Hour})
	ana := h.join(nobody, "lobby", "Ana")
	h.announce("lobby", ana)
	for range 2 { // leaving twice is no error
		if err := h.Leave(t.Context(), ana, "lobby"); err != nil {
			t.Fatal(err)
		}
	}
	if !h.wasTold("left %d %s", h.room("lobby").ID, ana.ID) {
		t.Error("the live side was not told")
	}
	for action := range map[parlour.Action]bool{parlour.Read: true, parlour.Post: true} {
		room, _, err := h.Attending(t.Context(), ana, "lobby", action)
		if !errors.Is(err, parlour.ErrNoSeat) || room.Slug != "lobby" {
			t.Errorf("after leaving, %s in %q: %v", action, room.Slug, err)
		}
	}
	if _, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "still here"}); !errors.Is(err, parlour.ErrNoSeat) {
		t.Errorf("speaks after leaving: %v", err)
	}
	h.join(nobody, "lobby", "Ana")
	if err := h.Leave(t.Context(), nobody, "lobby"); err != nil {
		t.Errorf("a visitor leaves: %v", err)
	}
	if err := h.Leave(t.Context(), ana, "cellar"); !errors.Is(err, parlour.ErrRoomNotFound) {
		t.Errorf("leaving no room: %v", err)
	}
}

func TestWhoIsMutedTakesNoOtherName(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	guest := h.guest("Gina", "192.0.2.7")
	account := parlour.Account{ID: "pmia", Email: "mia@example.org", Name: "Mia", CreatedAt: time.Now(), SeenAt: time.Now()}
	if err := h.store.AddAccount(t.Context(), parlour.NewAccount{Account: account}, time.Now()); err != nil {
		t.Fatal(err)
	}
	mia := h.member(account.ID, account.Name, parlour.NoRole)
	rename := map[string]func(name string) error{
		guest.ID: func(name string) error {
			_, _, err := h.Join(t.Context(), guest, "lobby", name, "")
			return err
		},
		mia.ID: func(name string) error {
			_, err := h.ChangeName(t.Context(), mia, name)
			return err
		},
	}
	for person, rename := range rename {
		muted := h.sanction(h.mo, parlour.Sentence{Kind: parlour.Mute, Person: person, Reason: "rude"})
		refusal, _ := errors.AsType[*parlour.Error](rename("Something rude " + person))
		if refusal == nil || refusal.Code != "policy.muted" {
			t.Errorf("%s is answered %v", person, refusal)
		}
		if seat, err := h.store.Seat(t.Context(), h.lobby.ID, person); err != nil || strings.Contains(seat.Name, "rude") {
			t.Errorf("%s is called %q (%v)", person, seat.Name, err)
		}
		if _, err := h.Lift(t.Context(), h.mo, "lobby", muted.ID); err != nil {
			t.Fatal(err)
		}
		if err := rename("Something nice " + person); err != nil {
			t.Errorf("afterwards %s is answered %v", person, err)
		}
	}
}

// overtaking is a store in which something happens whenever a seat is about to
// be taken.
type overtaking struct {
	parlour.Store
	happen func()
}

func (o overtaking) TakeSeat(ctx context.Context, seat parlour.Seat, staleBefore time.Time) (parlour.Seat, error) {
	o.happen()
	return o.Store.TakeSeat(ctx, seat, staleBefore)
}

// TestNobodyComesInAfterALock locks the room, or bans, between the look whether
// somebody may come in and their seat.
func TestNobodyComesInAfterALock(t *testing.T) {
	for name, change := range map[string]func(h *keptHouse, room parlour.Room, guest parlour.Identity) error{
		"lock": func(h *keptHouse, room parlour.Room, _ parlour.Identity) error {
			return h.Lock(t.Context(), h.mo, room.Slug, true)
		},
		"ban": func(h *keptHouse, _ parlour.Room, guest parlour.Identity) error {
			_, err := h.store.Sanction(t.Context(), parlour.Sanction{Kind: parlour.Ban, Address: guest.Addr.String(), At: time.Now()}, parlour.LogEntry{At: time.Now()})
			return err
		},
	} {
		for how, come := range map[string]func(house *parlour.House, guest parlour.Identity, invitation string) error{
			"entering": func(house *parlour.House, guest parlour.Identity, _ string) error {
				_, _, _, err := house.Enter(t.Context(), guest, "lobby")
				return err
			},
			"joining": func(house *parlour.House, guest parlour.Identity, _ string) error {
				_, _, err := house.Join(t.Context(), guest, "lobby", "Guest", "")
				return err
			},
			"by an invitation": func(house *parlour.House, guest parlour.Identity, invitation string) error {
				_, _, err := house.AcceptAsGuest(t.Context(), guest, invitation, "Guest")
				return err
			},
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				h := keepHouse(t, parlour.Rules{})
				_, invitation, err := h.Invite(t.Context(), h.ow, "lobby", parlour.Invite{Role: parlour.Listed, Uses: 3})
				if err != nil {
					t.Fatal(err)
				}
				guest := parlour.Identity{Kind: parlour.Guest, ID: "pguest", Name: "Guest", Addr: netip.MustParseAddr("192.0.2.77")}
				var once sync.Once
				house := parlour.NewHouse(overtaking{h.store, func() {
					once.Do(func() {
						if err := change(h, h.lobby, guest); err != nil {
							t.Error(err)
						}
					})
				}}, h, parlour.Rules{})
				if err := come(house, guest, invitation); parlour.KindOf(err) != parlour.Forbidden {
					t.Errorf("coming is answered with %v", err)
				}
				if _, err := h.store.Seat(t.Context(), h.lobby.ID, guest.ID); !errors.Is(err, parlour.ErrNoSeat) {
					t.Errorf("there is a seat (%v)", err)
				}
			})
		}
	}
}
