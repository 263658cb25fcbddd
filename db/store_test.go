package db

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"parlour"
	"parlour/db/postgrestest"
)

// The rules that every store holds, whatever it keeps the house in.
func TestSQLite(t *testing.T) {
	testStore(t, func(t *testing.T, o Options) *Store {
		return openAt(t, filepath.Join(t.TempDir(), "parlour.db"), o)
	})
}

func TestPostgreSQL(t *testing.T) {
	testStore(t, func(t *testing.T, o Options) *Store {
		return openShared(t, postgrestest.Database(t), o)
	})
}

func openShared(t testing.TB, url string, o Options) *Store {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	s, err := OpenPostgres(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openAt(t testing.TB, path string, o Options) *Store {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

type rule struct {
	name string
	hold func(*testing.T, *house)
}

func testStore(t *testing.T, open func(*testing.T, Options) *Store) {
	testRules(t, searchRules, open)
	testRules(t, []rule{
		{"NewHouseHasOneOpenRoom", testLobby},
		{"RoomsAreFoundBySlugAndListedByName", testRooms},
		{"WhatIsNotThereIsNotFound", testNotFound},

		{"PostsFromManyTakeNumbersWithoutGaps", testNumbers},
		{"SameAuthorKeyAndBodyAreOneMessage", testOnce},
		{"DuplicatesAtTheSameTimeAreOneMessage", testOnceAtOnce},
		{"EditAndDeleteAreChanges", testEditAndDelete},
		{"WhatIsReadIsWhatWasTold", testReadAsTold},

		{"QuoteFollowsWhatItIsOf", testQuotes},
		{"QuoteTellsNothingThatSomebodyMayNotRead", testVeiledQuotes},
		{"QuotesThatFollowAreBounded", testManyReplies},
		{"HeldReplyIsAReplyWhenApproved", testHeldReply},
		{"ReactionsAreCountedAndTakenBack", testReactions},
		{"ReactionsOfOnePersonAreTakenBackSomeAtATime", testReactionsOfOne},
		{"ReactionThatIsRepeatedIsOne", testRepeatedReactions},
		{"ReactionsAreBounded", testReactionBounds},
		{"MessageStandsInItsContext", testAround},

		{"NamesAreThoseOfSeatsAndMembers", testNamed},
		{"MentionGoesWithWhatMadeIt", testMentions},
		{"HeldMessageMentionsNobodyUntilItIsApproved", testHeldMentions},
		{"MentionsAreListedWhereOneReads", testMentioned},

		{"PagesGoBackWithoutTheDeleted", testPages},
		{"CatchupTellsChangesThenPosts", testSince},
		{"CatchupOverTheLimitIsTooFar", testTooFar},
		{"CatchupFromAnywhereLeadsToNow", testCatchupLeadsToNow},

		{"NameIsHeldByOneSeatInARoom", testSeats},
		{"StaleSeatGivesItsNameUp", testStaleSeats},
		{"RenameChangesAllSeatsOrNone", testRename},
		{"RenameIsToldWhereTheArrivalWas", testRenameTold},

		{"ReadingMovesForwardOnly", testHaveRead},
		{"UnreadIsWhatOthersSaid", testUnread},
		{"UnreadIsCountedUpToABound", testUnreadBound},
		{"FirstUnreadIsTheFirstOfWhatOthersSaid", testFirstUnread},

		{"ComingsAndGoingsAreOneLine", testAttend},
		{"LineWithNothingLeftToTellGoes", testAttendNothing},
		{"AttendMarksSeats", testAttendSeats},
		{"ComingsAndGoingsAreToldOnce", testAttendOnce},
		{"DiscreetRoomIsToldOfNobody", testAttendDiscreetly},

		{"PostIsOvertakenByALossOfRights", testOvertaken},
		{"TargetIsWhatIsKnownOfSomebody", testTargets},
		{"EditsKeepWhatWasAndDeletionErasesIt", testRevisions},
		{"FaceIsOneMessageThatChanges", testFace},
		{"SettledReportKeepsNothingOfTheText", testSettledReport},
		{"ModerationLogIsOnlyAddedTo", testModerationLog},
		{"SecretsAreMadeOnceAndKept", testSecrets},

		{"SessionsAreKeptUntilTheyExpire", testSessions},
		{"DraftIsTheLastThatWasTypedAndNeverWhatWasSent", testDrafts},
		{"DraftsAreBounded", testDraftBounds},
		{"DraftsGoWithTheirRoomAccountOrSession", testDraftsGo},
		{"DraftsOfAGuestAreTakenAlong", testDraftsTakenAlong},
		{"RefusalSpoilsNothing", testRefusals},

		{"AccountsAreFoundByPersonAndEmail", testAccounts},
		{"AccountsAreListedByName", testAccountsListed},
		{"OneOfManyIsTheFirstAdmin", testFirstAdmin},
		{"MembersNamesAreReservedEverywhere", testMembersNames},
		{"GuestBecomesMember", testGuestBecomesMember},
		{"NamesThatLookAlikeAreMarked", testLookalikes},
		{"LoginsEndWithTheirSessions", testLogins},
		{"LoginByAnOldPasswordIsRefused", testLoginByAnOldPassword},
		{"LoginWhileThePasswordChangesIsEnded", testLoginWhileThePasswordChanges},
		{"PassesAreUsedAsOftenAsTheySay", testPasses},
		{"InvitationGivesItsRoleWithTheAccount", testInvitedMember},
		{"ResetLinkWorksOnceAndEndsTheSessions", testReset},
		{"AccountElsewhereIsOneMembers", testFederations},
		{"SettingsAreKeptAndLogged", testSettings},

		{"WhateverEndsStreamsIsAControl", testControls},
		{"ControlsAreKeptForDays", testOldControls},
		{"ControlsAreNumberedInTheOrderOfCommits", testControlNumbers},
		{"HeadsOfManyRoomsAreOneQuestion", testHeads},
	}, open)
}

func testRules(t *testing.T, rules []rule, open func(*testing.T, Options) *Store) {
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			h := &house{}
			h.Store = open(t, Options{OnCommit: h.listen, OnControl: h.listenToControls})
			rule.hold(t, h)
		})
	}
}

// house is a store that remembers what it told its live side.
type house struct {
	*Store
	mu   sync.Mutex
	told map[int64][]parlour.Change

	controls []parlour.Control
}

func (h *house) listenToControls(controls []parlour.Control) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.controls = append(h.controls, controls...)
}

func (h *house) listen(changes []parlour.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.told == nil {
		h.told = make(map[int64][]parlour.Change)
	}
	for _, c := range changes {
		h.told[c.Message.Room] = append(h.told[c.Message.Room], c)
	}
}

// heard is what was told of a room so far.
func (h *house) heard(room int64) []parlour.Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]parlour.Change(nil), h.told[room]...)
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func author(name string) parlour.Author { return parlour.Author{ID: "g-" + name, Name: name} }

func (h *house) room(t testing.TB, slug string) int64 {
	t.Helper()
	room, err := h.CreateRoom(t.Context(), parlour.Room{Slug: slug, Name: slug})
	if err != nil {
		t.Fatal(err)
	}
	return room.ID
}

func (h *house) say(t testing.TB, room int64, name, body string) parlour.Message {
	t.Helper()
	m, fresh, err := h.Post(t.Context(), parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author(name), Body: body, At: noon,
	})
	if err != nil || !fresh {
		t.Errorf("saying %q: fresh %v, %v", body, fresh, err) // not fatal: some say it from another goroutine
	}
	return m
}

func (h *house) page(t testing.TB, room int64, before parlour.Seq, limit int) parlour.Page {
	t.Helper()
	page, err := h.Page(t.Context(), room, before, limit)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func bodies(ms []parlour.Message) (s string) {
	for i, m := range ms {
		if i > 0 {
			s += " "
		}
		s += m.Body
	}
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func wantKind(t testing.TB, err error, want parlour.ErrKind) {
	t.Helper()
	if parlour.KindOf(err) != want {
		t.Errorf("error is %v, want one that is %v", err, want)
	}
}

func testLobby(t *testing.T, h *house) {
	rooms, err := h.Rooms(t.Context())
	must(t, err)
	if len(rooms) != 1 || rooms[0].Slug != "lobby" || rooms[0].Name != "Lobby" || rooms[0].Head != 0 {
		t.Errorf("a new house has %+v", rooms)
	}
	if age := time.Since(rooms[0].CreatedAt); age < 0 || age > time.Hour {
		t.Errorf("the lobby was made at %v", rooms[0].CreatedAt)
	}
}

func testRooms(t *testing.T, h *house) {
	made, err := h.CreateRoom(t.Context(), parlour.Room{Slug: "garden", Name: "a Garden", Topic: "roses & thorns"})
	must(t, err)
	if made.ID == 0 || made.Slug != "garden" || made.Name != "a Garden" || made.Topic != "roses & thorns" {
		t.Errorf("made %+v", made)
	}
	_, err = h.CreateRoom(t.Context(), parlour.Room{Slug: "garden", Name: "Other"})
	wantKind(t, err, parlour.Conflict)
	h.room(t, "zoo")

	found, err := h.Room(t.Context(), "garden")
	must(t, err)
	if found != made {
		t.Errorf("found %+v, made %+v", found, made)
	}
	rooms, err := h.Rooms(t.Context())
	must(t, err)
	var names []string
	for _, r := range rooms {
		names = append(names, r.Name)
	}
	if len(names) != 3 || names[0] != "a Garden" || names[1] != "Lobby" || names[2] != "zoo" {
		t.Errorf("listed %q", names)
	}
	h.say(t, made.ID, "Ana", "hello")
	found, err = h.Room(t.Context(), "garden")
	must(t, err)
	if found.Head != 1 {
		t.Errorf("head is %d after one message", found.Head)
	}
}

func testNotFound(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	const nowhere = 4711
	_, err := h.Room(ctx, "nowhere")
	wantErr(t, err, parlour.ErrRoomNotFound)
	_, err = h.Page(ctx, nowhere, 0, 10)
	wantErr(t, err, parlour.ErrRoomNotFound)
	_, err = h.Since(ctx, nowhere, 0, 10)
	wantErr(t, err, parlour.ErrRoomNotFound)
	_, _, err = h.Post(ctx, parlour.NewMessage{Room: nowhere, Kind: parlour.KindMessage, Body: "a", At: noon})
	wantErr(t, err, parlour.ErrRoomNotFound)
	_, err = h.TakeSeat(ctx, parlour.Seat{Room: nowhere, Person: "g1", Name: "Ana", SeenAt: noon}, noon)
	wantErr(t, err, parlour.ErrRoomNotFound)
	wantErr(t, h.Attend(ctx, nowhere, []parlour.Author{author("Ana")}, nil, noon), parlour.ErrRoomNotFound)
	_, err = h.Seat(ctx, room, "g1")
	wantErr(t, err, parlour.ErrNoSeat)
	for _, seq := range []parlour.Seq{-1, 0, 1, 1 << 40, 1<<63 - 1} {
		_, err = h.Edit(ctx, parlour.Revision{Room: room, Seq: seq, Kind: parlour.KindMessage, Body: "b", At: noon}, parlour.LogEntry{})
		wantKind(t, err, parlour.NotFound)
		_, err = h.Delete(ctx, room, seq, parlour.NoStub, noon)
		wantKind(t, err, parlour.NotFound)
	}
}

func testSessions(t *testing.T, h *house) {
	s, ctx := h.Sessions(), t.Context()
	want := func(token, data string, found bool) {
		t.Helper()
		got, ok, err := s.FindCtx(ctx, token)
		if err != nil || ok != found || string(got) != data {
			t.Errorf("session %q is %q, %v, %v; want %q, %v", token, got, ok, err, data, found)
		}
	}
	later := time.Now().Add(time.Hour)
	want("a", "", false)
	must(t, s.CommitCtx(ctx, "a", []byte("one"), later))
	must(t, s.CommitCtx(ctx, "b", nil, later))
	want("a", "one", true)
	want("b", "", true)
	must(t, s.Commit("a", []byte("two"), later))
	want("a", "two", true)
	must(t, s.Delete("a"))
	must(t, s.DeleteCtx(ctx, "a"))
	want("a", "", false)

	must(t, s.Commit("old", []byte("gone"), time.Now().Add(-time.Second)))
	want("old", "", false)
	for i := range 2*purgeAtOnce + 1 {
		must(t, h.write(ctx, func(tx *tx) error {
			_, err := tx.exec(`INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, $3)`,
				"old"+strconv.Itoa(i), []byte{}, int64(i))
			return err
		}))
	}
	n, err := s.purge(ctx, time.Now())
	must(t, err)
	if n != 2*purgeAtOnce+2 {
		t.Errorf("%d expired sessions were purged, want %d", n, 2*purgeAtOnce+2)
	}
	want("b", "", true)
}

func testRefusals(t *testing.T, h *house) {
	room := h.room(t, "garden")
	const each = 50
	var wg sync.WaitGroup
	for range each {
		wg.Go(func() { h.say(t, room, "Ana", "hello") })
		wg.Go(func() {
			_, err := h.Edit(context.Background(), parlour.Revision{Room: room, Seq: 1 << 30, Kind: parlour.KindMessage, Body: "b", At: noon}, parlour.LogEntry{})
			wantKind(t, err, parlour.NotFound)
		})
		wg.Go(func() {
			_, err := h.CreateRoom(context.Background(), parlour.Room{Slug: "lobby"})
			wantKind(t, err, parlour.Conflict)
		})
	}
	wg.Wait()
	if page := h.page(t, room, 0, 2*each); len(page.Messages) != each || page.Head != each {
		t.Errorf("%d messages up to %d, want %d", len(page.Messages), page.Head, each)
	}
}
