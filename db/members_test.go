package db

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parlour"
)

func (h *house) member(t testing.TB, id, name string) parlour.Account {
	t.Helper()
	a := account(id, name)
	must(t, h.AddAccount(t.Context(), parlour.NewAccount{Account: a}, noon.Add(-time.Hour)))
	return a
}

func account(id, name string) parlour.Account {
	return parlour.Account{
		ID: id, Name: name, Email: strings.ReplaceAll(name, " ", ".") + "@Example.org", PasswordHash: "hash of " + name,
		CreatedAt: noon, SeenAt: noon,
	}
}

func testAccounts(t *testing.T, h *house) {
	ctx, long := t.Context(), noon.Add(-time.Hour)
	ana := h.member(t, "m1", "Ana")
	got, err := h.AccountByEmail(ctx, " ANA@example.ORG")
	if err != nil || got != ana {
		t.Errorf("account is %+v, %v; want %+v", got, err, ana)
	}
	_, err = h.Account(ctx, "m2")
	wantErr(t, err, parlour.ErrNoAccount)

	again := account("m2", "Bea")
	again.Email = "ana@EXAMPLE.org"
	wantErr(t, h.AddAccount(ctx, parlour.NewAccount{Account: again}, long), parlour.ErrEmailTaken)
	again = account("m2", "ＡＮＡ")
	again.Email = "other@example.org"
	wantErr(t, h.AddAccount(ctx, parlour.NewAccount{Account: again}, long), parlour.ErrNameReserved)
	_, err = h.Account(ctx, "m2")
	wantErr(t, err, parlour.ErrNoAccount)

	ana.Lang, ana.Zone, ana.Admin, ana.DisabledAt = "de", "Europe/Berlin", true, noon
	must(t, h.ChangeAccount(ctx, ana))
	ana.Lang, ana.Zone = "tr", ""
	must(t, h.ChangePreferences(ctx, "m1", "tr", "")) // and nothing else
	wantErr(t, h.ChangePreferences(ctx, "m2", "tr", ""), parlour.ErrNoAccount)
	if got, err := h.Account(ctx, "m1"); err != nil || got != ana {
		t.Errorf("account is %+v, %v; want %+v", got, err, ana)
	}
	if n, err := h.CountAdmins(ctx); err != nil || n != 0 {
		t.Errorf("%d admins who can sign in, %v; the only one is disabled", n, err)
	}
}

func testAccountsListed(t *testing.T, h *house) {
	h.member(t, "m1", "Cleo")
	h.member(t, "m2", "ana")
	h.member(t, "m3", "Bea Ana")
	for _, c := range []struct{ search, after, want string }{
		{"", "", "ana Bea Ana Cleo"}, {"", "Bea ana", "Cleo"}, {"ANA", "", "ana Bea Ana"},
		{"bea.ana@", "", "Bea Ana"}, {"%", "", ""}, {"Dora", "", ""},
	} {
		found, err := h.Accounts(t.Context(), c.search, c.after, 10)
		must(t, err)
		names := make([]string, len(found))
		for i, a := range found {
			names[i] = a.Name
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("search %q after %q finds %q, want %q", c.search, c.after, got, c.want)
		}
	}
	if found, err := h.Accounts(t.Context(), "", "", 2); err != nil || len(found) != 2 {
		t.Errorf("a page of two has %d, %v", len(found), err)
	}
}

func testFirstAdmin(t *testing.T, h *house) {
	ctx := t.Context()
	var made atomic.Int32
	var all sync.WaitGroup
	for _, name := range []string{"Ana", "Bea", "Cleo", "Dora"} {
		all.Go(func() {
			a := account("m-"+name, name)
			a.Admin = true
			switch err := h.AddAccount(ctx, parlour.NewAccount{Account: a, FirstAdmin: true}, noon); parlour.KindOf(err) {
			case parlour.Gone:
			default:
				if err != nil {
					t.Error(err)
				}
				made.Add(1)
			}
		})
	}
	all.Wait()
	if n, err := h.CountAdmins(ctx); made.Load() != 1 || n != 1 || err != nil {
		t.Errorf("%d were made, %d are there, %v", made.Load(), n, err)
	}
}

func testMembersNames(t *testing.T, h *house) {
	ctx, room, other, long := t.Context(), h.room(t, "garden"), h.room(t, "other"), noon.Add(-time.Hour)
	h.sit(t, room, "g1", "Ana")
	wantErr(t, h.AddAccount(ctx, parlour.NewAccount{Account: account("m1", "ana")}, long), parlour.ErrNameTaken)
	must(t, h.AddAccount(ctx, parlour.NewAccount{Account: account("m1", "ana")}, noon.Add(time.Second)))
	_, err := h.Seat(ctx, room, "g1") // long gone, so the member has the name
	wantErr(t, err, parlour.ErrNoSeat)
	_, err = h.TakeSeat(ctx, parlour.Seat{Room: other, Person: "g1", Name: "ANA", SeenAt: noon, Guest: true}, long)
	wantErr(t, err, parlour.ErrNameReserved)
	h.sit(t, other, "g1", "Bea")
	wantErr(t, h.Rename(ctx, "g1", "Ana", noon, long), parlour.ErrNameReserved)
	wantErr(t, h.Rename(ctx, "m1", "bea", noon, long), parlour.ErrNameTaken)
	if a, err := h.Account(ctx, "m1"); err != nil || a.Name != "ana" {
		t.Errorf("the member is %+v, %v", a, err)
	}
	must(t, h.Rename(ctx, "m1", "Cleo", noon, long))
	_, err = h.TakeSeat(ctx, parlour.Seat{Room: room, Person: "g2", Name: "Ana", SeenAt: noon, Guest: true}, long)
	must(t, err)
	_, err = h.TakeSeat(ctx, parlour.Seat{Room: room, Person: "g3", Name: "cleo", SeenAt: noon, Guest: true}, long)
	wantErr(t, err, parlour.ErrNameReserved)
}

func testGuestBecomesMember(t *testing.T, h *house) {
	ctx, room, long := t.Context(), h.room(t, "garden"), noon.Add(-time.Hour)
	_, err := h.TakeSeat(ctx, parlour.Seat{Room: room, Person: "p1", Name: "Ana", SeenAt: noon, Since: noon, Guest: true}, long)
	must(t, err)
	must(t, h.Attend(ctx, room, []parlour.Author{{ID: "p1", Name: "Ana"}}, nil, noon))
	h.member(t, "p1", "Anna")
	seat, err := h.Seat(ctx, room, "p1")
	if err != nil || seat.Name != "Anna" || seat.Guest || !seat.Announced || !seat.Admitted {
		t.Errorf("the seat is %+v, %v", seat, err)
	}
	page := h.page(t, room, 0, 10)
	if e := page.Messages[len(page.Messages)-1].Event; e == nil || e.Renamed == nil || e.Renamed.To != "Anna" {
		t.Errorf("the room was not told of the new name: %+v", page.Messages)
	}
}

func testLookalikes(t *testing.T, h *house) {
	ctx, room, other, long := t.Context(), h.room(t, "garden"), h.room(t, "other"), noon.Add(-time.Hour)
	h.member(t, "m1", "Boris")
	seat := func(room int64, person, name string) parlour.Seat {
		t.Helper()
		s, err := h.TakeSeat(ctx, parlour.Seat{Room: room, Person: person, Name: name, SeenAt: noon, Guest: true}, long)
		must(t, err)
		return s
	}
	if s := seat(room, "g1", "Вoris"); !s.Lookalike { // Cyrillic Ve
		t.Error("a name like a member's is not marked")
	}
	if s := seat(room, "g2", "paypal"); s.Lookalike {
		t.Error("a name like nobody's is marked")
	}
	if s := seat(room, "g3", "pаypаl"); !s.Lookalike { // Cyrillic a
		t.Error("a name like that of somebody in the room is not marked")
	}
	if s := seat(other, "g4", "pаypаl"); s.Lookalike {
		t.Error("a name like that of somebody in another room is marked")
	}
	if s := seat(room, "g3", "Dora"); s.Lookalike {
		t.Error("the mark stays with another name")
	}
	m, _, err := h.Post(ctx, parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: seat(room, "g1", "Вoris").Author(), Body: "trust me", At: noon,
	})
	must(t, err)
	page := h.page(t, room, 0, 1)
	if a := page.Messages[0].Author; a != m.Author || !a.Guest || !a.Lookalike {
		t.Errorf("the message is by %+v", a)
	}
	seat(room, "g5", "Cleо") // Cyrillic o, and no member yet
	shown(t, h)              // so far
	h.member(t, "m2", "Cleo")
	if s, err := h.Seat(ctx, room, "g5"); err != nil || !s.Lookalike {
		t.Errorf("a guest whose name looks like a new member's is %+v, %v", s, err)
	}
	if got := shown(t, h); got != "g5 as Cleо (marked) in garden; m2 as Cleo" {
		t.Errorf("with a new member these are shown anew: %s", got)
	}
	seat(other, "g3", "Dora")
	must(t, h.Rename(ctx, "g3", "pаypal", noon, long))
	if got := shown(t, h); got != "g3 as pаypal; g3 as pаypal (marked) in garden; g3 as pаypal (marked) in other" {
		t.Errorf("with a name like that of others they are shown: %s", got)
	}
	must(t, h.Rename(ctx, "g3", "Dora", noon, long))
	if got := shown(t, h); got != "g3 as Dora" {
		t.Errorf("with a name like nobody's they are shown: %s", got)
	}
}

// shown is how the nodes were told to show people since it was asked last.
func shown(t *testing.T, h *house) string {
	t.Helper()
	rooms, err := h.Rooms(t.Context())
	must(t, err)
	slugs := make(map[int64]string)
	for _, r := range rooms {
		slugs[r.ID] = r.Slug
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var said []string
	for _, c := range h.controls {
		if c.Kind != parlour.ControlRenamed {
			continue
		}
		how := c.Person.ID + " as " + c.Person.Name
		if c.Person.Lookalike {
			how += " (marked)"
		}
		if c.Room != 0 {
			how += " in " + slugs[c.Room]
		}
		said = append(said, how)
	}
	h.controls = nil
	return strings.Join(said, "; ")
}

func testPasses(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	add := func(token string, p parlour.Pass) parlour.Pass {
		t.Helper()
		p.At, p.ExpiresAt = noon, noon.Add(time.Hour)
		p, err := h.AddPass(ctx, parlour.KeyOfPass(token), p, nil)
		must(t, err)
		return p
	}
	key := parlour.KeyOfPass
	thrice := add("thrice", parlour.Pass{Kind: parlour.PassInvite, Room: room, Role: parlour.Listed, UsesLeft: 3, Note: "for the club"})
	for _, c := range []struct {
		what  string
		kind  parlour.PassKind
		token string
		at    time.Time
	}{
		{"another kind", parlour.PassReset, "thrice", noon}, {"a guess", parlour.PassInvite, "guess", noon},
		{"too late", parlour.PassInvite, "thrice", noon.Add(time.Hour)},
	} {
		_, err := h.UsePass(ctx, c.kind, key(c.token), parlour.LogEntry{Room: room, At: c.at, Act: parlour.ActUseInvite})
		if parlour.KindOf(err) != parlour.Gone {
			t.Errorf("%s: error is %v", c.what, err)
		}
	}
	var used atomic.Int32
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := h.UsePass(ctx, parlour.PassInvite, key("thrice"), parlour.LogEntry{Room: room, At: noon, Act: parlour.ActUseInvite}); err == nil {
				used.Add(1)
			}
		})
	}
	all.Wait()
	if used.Load() != 3 {
		t.Errorf("a pass for three was used %d times", used.Load())
	}
	if log, err := h.ModerationLog(ctx, room, 0, 20); err != nil || len(log) != 3 {
		t.Errorf("the log has %+v, %v; want three uses", log, err)
	}
	once := add("once", parlour.Pass{Kind: parlour.PassInvite, Room: room, UsesLeft: 1})
	must(t, h.RevokeInvitation(ctx, room, once.ID, parlour.LogEntry{Room: room, At: noon, Act: "invite.revoke"}))
	_, err := h.Pass(ctx, parlour.PassInvite, key("once"), noon)
	wantErr(t, err, parlour.ErrPassGone)
	listed, err := h.Passes(ctx, parlour.PassInvite, room)
	if err != nil || len(listed) != 2 || listed[0].ID != once.ID || listed[1].ID != thrice.ID || listed[1].UsesLeft != 0 {
		t.Errorf("listed are %+v, %v", listed, err)
	}
}

func testInvitedMember(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	_, err := h.AddPass(ctx, parlour.KeyOfPass("x"), parlour.Pass{
		Kind: parlour.PassInvite, Room: room, Role: parlour.Moderator, UsesLeft: 1, At: noon, ExpiresAt: noon.Add(time.Hour),
	}, nil)
	must(t, err)
	use := []parlour.PassUse{{Kind: parlour.PassInvite, Key: parlour.KeyOfPass("x")}}
	must(t, h.AddAccount(ctx, parlour.NewAccount{Account: account("m1", "Ana"), Passes: use}, noon))
	_, who, err := h.Standing(ctx, parlour.Identity{Kind: parlour.Member, ID: "m1"}, "garden", noon)
	if err != nil || who.Role != parlour.Moderator {
		t.Errorf("the invited member is %+v, %v", who, err)
	}
	wantErr(t, h.AddAccount(ctx, parlour.NewAccount{Account: account("m2", "Bea"), Passes: use}, noon), parlour.ErrPassGone)
	_, err = h.Account(ctx, "m2") // no pass, no account
	wantErr(t, err, parlour.ErrNoAccount)
	log, err := h.ModerationLog(ctx, room, 0, 10)
	if err != nil || len(log) != 1 || log[0].Act != parlour.ActUseInvite || log[0].Target.ID != "m1" || log[0].Detail != "moderator" {
		t.Errorf("the log has %+v, %v; want one use of the invitation", log, err)
	}
}

func testReset(t *testing.T, h *house) {
	ctx := t.Context()
	ana := h.member(t, "m1", "Ana")
	must(t, h.BeginLogin(ctx, parlour.Login{Session: "s1", Person: "m1", At: noon, SeenAt: noon, Proof: ana.Proof()}, ""))
	_, err := h.AddPass(ctx, parlour.KeyOfPass("x"), parlour.Pass{
		Kind: parlour.PassReset, Person: "m1", UsesLeft: 1, At: noon, ExpiresAt: noon.Add(time.Hour),
	}, nil)
	must(t, err)
	a, ended, err := h.ResetPassword(ctx, parlour.KeyOfPass("x"), "new hash", noon)
	if err != nil || a.ID != "m1" || a.EmailVerified || len(ended) != 1 || ended[0] != "s1" {
		t.Errorf("reset %+v, ended %q, %v", a, ended, err)
	}
	if a, err := h.Account(ctx, "m1"); err != nil || a.PasswordHash != "new hash" {
		t.Errorf("account is %+v, %v", a, err)
	}
	_, _, err = h.ResetPassword(ctx, parlour.KeyOfPass("x"), "newer hash", noon)
	wantErr(t, err, parlour.ErrPassGone)
}

func testFederations(t *testing.T, h *house) {
	ctx := t.Context()
	f := parlour.Federation{Issuer: "https://id.example", Subject: "1"}
	_, err := h.AccountByFederation(ctx, f)
	wantErr(t, err, parlour.ErrNoAccount)
	must(t, h.AddAccount(ctx, parlour.NewAccount{Account: account("m1", "Ana"), Federation: f}, noon))
	h.member(t, "m2", "Bea")
	must(t, h.Federate(ctx, "m1", f)) // again
	wantErr(t, h.Federate(ctx, "m2", f), parlour.ErrFederated)
	if a, err := h.AccountByFederation(ctx, f); err != nil || a.ID != "m1" {
		t.Errorf("account is %+v, %v", a, err)
	}
	f.Issuer = "https://other.example"
	_, err = h.AccountByFederation(ctx, f)
	wantErr(t, err, parlour.ErrNoAccount)
}

func testSettings(t *testing.T, h *house) {
	ctx := t.Context()
	act := parlour.LogEntry{Act: parlour.ActSettings, At: noon, By: author("Ana"), Detail: "sign_up=closed"}
	must(t, h.ChangeSettings(ctx, map[string]string{"sign_up": "open", "create_rooms": "admins"}, act))
	must(t, h.ChangeSettings(ctx, map[string]string{"sign_up": "closed"}, act))
	set, err := h.Settings(ctx)
	if err != nil || set["sign_up"] != "closed" || set["create_rooms"] != "admins" {
		t.Errorf("settings are %v, %v", set, err)
	}
	entries, err := h.ModerationLog(ctx, 0, 0, 10)
	if err != nil || len(entries) != 2 || entries[0].Act != parlour.ActSettings || entries[0].By.Name != "Ana" {
		t.Errorf("the log has %+v, %v", entries, err)
	}
}
