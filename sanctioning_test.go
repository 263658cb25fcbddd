package parlour_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parlour"
	"parlour/db"
)

// keptHouse is a house over a real store in which somebody keeps order: mo
// moderates the lobby, ow owns it, ad runs the house.
type keptHouse struct {
	*parlour.House
	t          *testing.T
	store      *db.Store
	lobby      parlour.Room
	mo, ow, ad parlour.Identity

	mu        sync.Mutex
	left      []string
	rechecked []int64
}

func keepHouse(t *testing.T, rules parlour.Rules) *keptHouse {
	t.Helper()
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "parlour.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &keptHouse{t: t, store: store}
	h.House = parlour.NewHouse(store, h, rules)
	if h.lobby, err = store.Room(t.Context(), "lobby"); err != nil {
		t.Fatal(err)
	}
	h.mo = h.member("pmo", "Mo", parlour.Moderator)
	h.ow = h.member("pow", "Owen", parlour.Owner)
	h.ad = h.member("pad", "Ada", parlour.NoRole)
	h.ad.Admin = true
	return h
}

func (h *keptHouse) Left(_ int64, person string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left = append(h.left, person)
}

func (h *keptHouse) RecheckWhom(room int64, _ parlour.Whom) { h.Recheck(room) }

func (h *keptHouse) Recheck(room int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rechecked = append(h.rechecked, room)
}

func (h *keptHouse) SessionEnded(string) {}

func (h *keptHouse) member(id, name string, role parlour.Role) parlour.Identity {
	h.t.Helper()
	by := parlour.Identity{Kind: parlour.Member, ID: id, Name: name, Session: "s-" + id, Addr: netip.MustParseAddr("192.0.2.1")}
	if role != parlour.NoRole {
		if err := h.store.SetRole(h.t.Context(), h.lobby.ID, id, role, false, parlour.LogEntry{At: time.Now()}); err != nil {
			h.t.Fatal(err)
		}
	}
	h.enter(by)
	return by
}

// guest joins the lobby as a new guest from an address.
func (h *keptHouse) guest(name, addr string) parlour.Identity {
	h.t.Helper()
	by := parlour.Identity{Session: "s-" + name, Addr: netip.MustParseAddr(addr)}
	as, _, err := h.Join(h.t.Context(), by, "lobby", name, "")
	if err != nil {
		h.t.Fatalf("%s joins: %v", name, err)
	}
	return as
}

func (h *keptHouse) enter(by parlour.Identity) {
	h.t.Helper()
	if _, _, _, err := h.Enter(h.t.Context(), by, "lobby"); err != nil {
		h.t.Fatalf("%s enters: %v", by.Name, err)
	}
}

func (h *keptHouse) says(by parlour.Identity, body string) parlour.Message {
	h.t.Helper()
	m, err := h.Say(h.t.Context(), by, "lobby", parlour.Draft{Body: body})
	if err != nil {
		h.t.Fatalf("%s says %q: %v", by.Name, body, err)
	}
	return m
}

func (h *keptHouse) sanction(by parlour.Identity, s parlour.Sentence) parlour.Sanction {
	h.t.Helper()
	made, err := h.Sanction(h.t.Context(), by, "lobby", s)
	if err != nil {
		h.t.Fatalf("%+v: %v", s, err)
	}
	return made
}

// mayRead is the code of why somebody may not read, or empty.
func (h *keptHouse) mayRead(by parlour.Identity) string {
	h.t.Helper()
	_, _, err := h.Attending(h.t.Context(), by, "lobby", parlour.Read)
	return code(err)
}

// bodies are what the room shows, without the lines of the house.
func (h *keptHouse) bodies() (said []string) {
	h.t.Helper()
	page, err := h.store.Page(h.t.Context(), h.lobby.ID, 0, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range page.Messages {
		if m.Body != "" {
			said = append(said, m.Body)
		}
	}
	return said
}

// acts are what the log of the lobby tells, oldest first.
func (h *keptHouse) acts() (acts []string) {
	h.t.Helper()
	_, entries, err := h.ModerationLog(h.t.Context(), h.ad, "lobby", 0)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range slices.Backward(entries) {
		acts = append(acts, strings.TrimSpace(e.By.Name+" "+string(e.Act)+" "+e.Target.Name+" "+e.Detail+" "+e.Reason))
	}
	return acts
}

func code(err error) string {
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*parlour.Error](err)
	if !ok {
		return err.Error()
	}
	return e.Code
}

func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("%s: refused with %q, want %q", what, got, want)
	}
}

func TestNobodySanctionsTheirEqualsOrBetters(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, mia := h.guest("Ana", "192.0.2.7"), h.member("pmia", "Mia", parlour.Moderator)
	for _, c := range []struct {
		by     parlour.Identity
		whom   string
		house  bool
		refuse string
	}{
		{ana, h.mo.ID, false, "policy.moderators_only"},
		{h.mo, mia.ID, false, "sanction.outranked"},
		{h.mo, h.mo.ID, false, "sanction.outranked"},
		{h.mo, h.ow.ID, false, "sanction.outranked"},
		{h.ow, mia.ID, false, ""},
		{h.mo, ana.ID, false, ""},
		{h.mo, ana.ID, true, "policy.admins_only"},
		{h.ow, ana.ID, true, "policy.admins_only"},
		{h.ad, ana.ID, true, ""},
		{h.ad, h.ow.ID, true, ""},
		{h.ad, h.ad.ID, true, "sanction.outranked"},
		{h.mo, "pnobody", false, "person.not_found"},
	} {
		_, err := h.Sanction(t.Context(), c.by, "lobby", parlour.Sentence{Kind: parlour.Mute, Person: c.whom, House: c.house})
		wantCode(t, c.by.Name+" mutes "+c.whom, err, c.refuse)
	}
}

func TestBanMeetsWhatItIsToMeet(t *testing.T) {
	for _, c := range []struct {
		name                              string
		reach                             parlour.Reach
		person, session, address, another string // refusals of each
	}{
		{"usual", parlour.Reach{}, "policy.barred", "policy.barred", "policy.barred", ""},
		{"person", parlour.Reach{Person: true}, "policy.barred", "seat.none", "seat.none", ""},
		{"session", parlour.Reach{Session: true}, "policy.barred", "policy.barred", "seat.none", ""},
		{"address", parlour.Reach{Address: true}, "policy.barred", "seat.none", "policy.barred", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := keepHouse(t, parlour.Rules{})
			ana, bob := h.guest("Ana", "2001:db8:1:2::1"), h.guest("Bob", "2001:db8:1:3::1")
			h.sanction(h.mo, parlour.Sentence{Kind: parlour.Ban, Person: ana.ID, Reach: c.reach, Reason: "spam"})
			sameSession := parlour.Identity{Kind: parlour.Guest, ID: "pother", Session: ana.Session, Addr: bob.Addr}
			sameNetwork := parlour.Identity{Kind: parlour.Guest, ID: "pother", Session: "new", Addr: netip.MustParseAddr("2001:db8:1:2:ffff::9")}
			for _, who := range []struct {
				by   parlour.Identity
				want string
			}{{ana, c.person}, {sameSession, c.session}, {sameNetwork, c.address}, {bob, c.another}} {
				if got := h.mayRead(who.by); got != who.want {
					t.Errorf("%+v is answered %q, want %q", who.by, got, who.want)
				}
			}
		})
	}
}

func TestModeratorIsNotMetByAnothersAddress(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	troll := h.guest("Troll", h.mo.Addr.String())
	h.sanction(h.mo, parlour.Sentence{Kind: parlour.Ban, Person: troll.ID})
	if got := h.mayRead(h.mo); got != "" {
		t.Errorf("banning somebody at the same address keeps the moderator out: %s", got)
	}
	if got := h.mayRead(troll); got != "policy.barred" {
		t.Errorf("the banned one is answered %q", got)
	}
}

func TestSanctionEndsByItselfOrWhenItIsLifted(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	h.sanction(h.mo, parlour.Sentence{Kind: parlour.Kick, Person: ana.ID, For: time.Millisecond})
	for deadline := time.Now().Add(10 * time.Second); h.mayRead(ana) != ""; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a kick for a millisecond does not end")
		}
	}
	made := h.sanction(h.mo, parlour.Sentence{Kind: parlour.Kick, Person: bob.ID})
	if got := made.Until.Sub(made.At); got != parlour.KickTime {
		t.Errorf("a kick lasts %v", got)
	}
	if _, err := h.Lift(t.Context(), bob, "lobby", made.ID); code(err) != "policy.barred" {
		t.Errorf("who is kicked lifts it: %v", err)
	}
	if _, err := h.Lift(t.Context(), h.mo, "lobby", made.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.mayRead(bob); got != "" {
		t.Errorf("after the undo: %q", got)
	}
	_, err := h.Lift(t.Context(), h.mo, "lobby", made.ID)
	wantCode(t, "lifting twice", err, "sanction.not_found")
	want := []string{"Mo kick Ana 0s", "Mo kick Bob 10m", "Mo lift Bob kick"}
	if got := h.acts(); !slices.Equal(got[len(got)-3:], want) {
		t.Errorf("the log tells %q, want %q", got, want)
	}
}

func TestRoomCannotLiftWhatTheHouseHasSet(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	made := h.sanction(h.ad, parlour.Sentence{Kind: parlour.Ban, Person: ana.ID, House: true})
	_, err := h.Lift(t.Context(), h.ow, "lobby", made.ID)
	wantCode(t, "the room's owner lifts it", err, "sanction.not_found")
	_, err = h.Lift(t.Context(), h.ow, "", made.ID)
	wantCode(t, "the room's owner lifts it in the house", err, "policy.admins_only")
	if _, err := h.Lift(t.Context(), h.ad, "", made.ID); err != nil {
		t.Error(err)
	}
}

func TestBanEndsStreamsAndKickOfOthersDoesNot(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	h.sanction(h.mo, parlour.Sentence{Kind: parlour.Mute, Person: ana.ID})
	// Who is muted may be shown as typing, so that is looked after.
	if !slices.Equal(h.rechecked, []int64{h.lobby.ID}) || len(h.left) != 0 {
		t.Errorf("after a mute: rechecked %v, left %v", h.rechecked, h.left)
	}
	if got := h.mayRead(ana); got != "" {
		t.Errorf("the muted may not read: %s", got)
	}
	_, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "hi"})
	wantCode(t, "the muted says something", err, "policy.muted")
	h.sanction(h.mo, parlour.Sentence{Kind: parlour.Kick, Person: ana.ID})
	if !slices.Equal(h.rechecked, []int64{h.lobby.ID, h.lobby.ID}) || !slices.Equal(h.left, []string{ana.ID}) {
		t.Errorf("after a kick: rechecked %v, left %v", h.rechecked, h.left)
	}
}

func TestNothingIsSaidAfterABan(t *testing.T) {
	// People talk as fast as they can while one of them is banned and what they
	// said is deleted: nothing of it may be there afterwards.
	h := keepHouse(t, parlour.Rules{})
	troll, bob := h.guest("Troll", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	var talking sync.WaitGroup
	begun := make(chan struct{}, 1)
	for i := range 8 {
		talking.Go(func() {
			for n := 0; ; n++ {
				_, err := h.Say(context.Background(), troll, "lobby", parlour.Draft{Body: "spam " + strconv.Itoa(i*1_000_000+n)})
				if err != nil {
					if code(err) != "policy.barred" {
						t.Errorf("refused with %v", err)
					}
					return
				}
				if n == 20 {
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	<-begun
	h.says(bob, "hello")
	h.sanction(h.mo, parlour.Sentence{Kind: parlour.Ban, Person: troll.ID, Delete: parlour.AllTime})
	talking.Wait()
	if got := h.bodies(); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("%d messages are left, the last %q", len(got), got[len(got)-1])
	}
}
