package db

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"parlour"
)

// mention has somebody mention people at noon.
func (h *house) mention(t testing.TB, room int64, name string, people ...string) parlour.Message {
	t.Helper()
	m, _, err := h.Post(t.Context(), parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author(name), Body: "@you @all", Mentions: naming(people...), At: noon,
	})
	must(t, err)
	return m
}

func naming(people ...string) (mentions []parlour.Mention) {
	for i, person := range people {
		mentions = append(mentions, parlour.Mention{Person: person, Start: 5 * i, End: 5*i + 4})
	}
	return mentions
}

// mentions are the numbers of the messages that mention somebody in some rooms,
// from page to page.
func (h *house) mentions(t testing.TB, person string, rooms ...int64) (seqs []parlour.Seq) {
	t.Helper()
	floors := make(map[int64]parlour.Seq)
	for _, room := range rooms {
		floors[room] = 0
	}
	var older parlour.Mark
	for {
		found, more, err := h.Mentioned(t.Context(), person, floors, older, 2)
		must(t, err)
		for _, m := range found {
			seqs, older = append(seqs, m.Seq), m.Mark()
		}
		if !more {
			return seqs
		}
	}
}

func (h *house) wantMentions(t testing.TB, person string, room int64, want ...parlour.Seq) {
	t.Helper()
	if got := h.mentions(t, person, room); !slices.Equal(got, want) {
		t.Errorf("%s is mentioned in %v, want %v", person, got, want)
	}
}

func testNamed(t *testing.T, h *house) {
	room, other := h.room(t, "garden"), h.room(t, "cellar")
	take := func(room int64, person, name string, admitted bool) {
		_, err := h.TakeSeat(t.Context(), parlour.Seat{
			Room: room, Person: person, Name: name, SeenAt: noon, Guest: true, Admitted: admitted,
		}, noon)
		must(t, err)
	}
	take(room, "g1", "Ana", true)
	take(other, "g2", "Bea", true)
	take(room, "g3", "Cleo", false) // waits to be let in
	h.member(t, "m1", "Mia")
	gone := h.member(t, "m2", "Mo")
	gone.DisabledAt = noon
	must(t, h.ChangeAccount(t.Context(), gone))
	take(room, "g4", "Anabel", true)
	take(room, "g5", "Änne😀", true)
	for beginning, want := range map[string][]string{"an": {"Ana", "Anabel"}, "ana": {"Ana", "Anabel"}, "anab": {"Anabel"}, "ana ": nil, "b": nil, "c": nil, "än": {"Änne😀"}} {
		seats, err := h.SeatsFrom(t.Context(), room, beginning, 2)
		must(t, err)
		var names []string
		for _, seat := range seats {
			names = append(names, seat.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%q is the beginning of %q, want %q", beginning, names, want)
		}
	}
	h.member(t, "m3", "Mía Änne")
	must(t, h.SetRole(t.Context(), room, "m3", parlour.Listed, false, parlour.LogEntry{At: noon}))
	for _, one := range []struct {
		beginning string
		least     parlour.Role
		want      []string
	}{
		{"m", parlour.NoRole, []string{"m1", "m3"}}, {"mi", parlour.NoRole, []string{"m1"}}, {"mo", parlour.NoRole, nil},
		{"m", parlour.Listed, []string{"m3"}}, {"mí", parlour.Listed, []string{"m3"}}, {"m", parlour.Moderator, nil}, {"ana", parlour.NoRole, nil},
	} {
		members, err := h.MembersFrom(t.Context(), room, one.least, one.beginning, 2)
		must(t, err)
		var ids []string
		for _, member := range members {
			ids = append(ids, member.ID)
		}
		if !slices.Equal(ids, one.want) {
			t.Errorf("%q is the beginning of the members %q, want %q", one.beginning, ids, one.want)
		}
	}
	var keys []string
	for _, name := range []string{"Ana", "Bea", "Cleo", "Mo", "nobody"} {
		keys = append(keys, parlour.NameKey(name))
	}
	for range namesAtOnce {
		keys = append(keys, "nobody either")
	}
	keys = append(keys, "mia") // not in the first question
	people, err := h.Named(t.Context(), room, keys)
	if want := map[string]string{"ana": "g1", "mia": "m1"}; err != nil || !reflect.DeepEqual(people, want) {
		t.Errorf("there are %v, %v, want %v", people, err, want)
	}
}

func testMentions(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	first := h.mention(t, room, "Ana", "g1", "g2")
	second := h.mention(t, room, "Ana", "g1", "g1")
	h.wantMentions(t, "g1", room, second.Seq, first.Seq)
	h.wantMentions(t, "g2", room, first.Seq)
	kept, err := h.Message(ctx, room, first.Seq)
	if must(t, err); !reflect.DeepEqual(kept, first) || !reflect.DeepEqual(kept.Mentions, naming("g1", "g2")) {
		t.Errorf("kept is %+v", kept)
	}

	// An edit mentions whom the new text names; who was named before is since then.
	at := noon.Add(time.Hour)
	edited, err := h.Edit(ctx, parlour.Revision{
		Room: room, Seq: first.Seq, Kind: parlour.KindMessage, Body: "@new @all", Mentions: naming("g3", "g1"), At: at,
	}, parlour.LogEntry{})
	if must(t, err); !reflect.DeepEqual(edited.Mentions, naming("g3", "g1")) {
		t.Errorf("edited it has %+v", edited.Mentions)
	}
	h.wantMentions(t, "g1", room, second.Seq, first.Seq)
	h.wantMentions(t, "g2", room)
	found, _, err := h.Mentioned(ctx, "g3", map[int64]parlour.Seq{room: 0}, parlour.Mark{}, 9)
	if must(t, err); len(found) != 1 || !found[0].Since.Equal(at) || !found[0].At.Equal(noon) {
		t.Errorf("who was mentioned by an edit is so in %+v", found)
	}

	_, err = h.Delete(ctx, room, first.Seq, parlour.StubOfAuthor, noon)
	must(t, err)
	h.wantMentions(t, "g3", room)
	n, err := h.Remove(ctx, room, []parlour.Seq{second.Seq}, parlour.NoStub, parlour.LogEntry{Act: parlour.ActPurge, At: noon})
	if must(t, err); n != 1 {
		t.Fatalf("%d messages were purged", n)
	}
	h.wantMentions(t, "g1", room)
	h.mention(t, room, "Ana", "g1")
	must(t, h.DeleteRoom(ctx, room, parlour.LogEntry{At: noon}))
	if left := h.kept(t, `SELECT person_id FROM mentions`); left != "" {
		t.Errorf("%s are mentioned in what is deleted", left)
	}
}

func testHeldMentions(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	said := h.mention(t, room, "Ana", "g1")
	for _, edits := range []parlour.Seq{0, said.Seq} {
		_, err := h.Hold(ctx, parlour.NewMessage{
			Room: room, Kind: parlour.KindMessage, Author: author("Ana"), Body: "@new", Mentions: naming("g2"), At: noon, Edits: edits,
		}, "word")
		must(t, err)
	}
	h.wantMentions(t, "g2", room)
	held, err := h.Held(ctx, room)
	must(t, err)
	m, err := h.Approve(ctx, room, held[0].ID, parlour.LogEntry{At: noon})
	if must(t, err); !reflect.DeepEqual(m.Mentions, naming("g2")) {
		t.Errorf("approved it has %+v", m.Mentions)
	}
	h.wantMentions(t, "g2", room, m.Seq)
	_, err = h.Approve(ctx, room, held[1].ID, parlour.LogEntry{At: noon})
	must(t, err)
	h.wantMentions(t, "g2", room, m.Seq, said.Seq)
	h.wantMentions(t, "g1", room)
}

func testMentioned(t *testing.T, h *house) {
	ctx, garden, cellar := t.Context(), h.room(t, "garden"), h.room(t, "cellar")
	for range 3 {
		h.mention(t, garden, "Ana", "g1")
		h.mention(t, cellar, "Ana", "g1")
	}
	for range mentionsAtOnce + 1 { // more than is looked at in one question
		h.mention(t, cellar, "Ana", "g2")
	}
	h.mention(t, garden, "Ana", "g2")
	if got, want := h.mentions(t, "g1", garden, cellar), []parlour.Seq{3, 2, 1, 3, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("in both rooms %v, want %v", got, want)
	}
	h.wantMentions(t, "g1", garden, 3, 2, 1)
	h.wantMentions(t, "g2", garden, 4)
	if got := h.mentions(t, "g1"); got != nil {
		t.Errorf("in no room %v", got)
	}
	found, more, err := h.Mentioned(ctx, "g1", map[int64]parlour.Seq{garden: 1, cellar: 3}, parlour.Mark{}, 9)
	if err != nil || more || len(found) != 2 || found[0].Seq != 3 || found[1].Seq != 2 {
		t.Errorf("above the floors %+v, %v, %v", found, more, err)
	}
}
