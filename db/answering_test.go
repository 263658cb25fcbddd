package db

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parlour"
)

// reply posts an answer that must be taken.
func (h *house) reply(t *testing.T, room int64, to parlour.Seq, name, body string, veils bool) parlour.Message {
	t.Helper()
	m, _, err := h.Post(t.Context(), parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author(name), Body: body, Reply: to, Veils: veils, At: noon,
	})
	must(t, err)
	return m
}

// react must be allowed, and is kept as it was told.
func (h *house) react(t *testing.T, room int64, seq parlour.Seq, name, emoji string) parlour.Message {
	t.Helper()
	m, given, err := h.React(t.Context(), parlour.Reacting{Room: room, Seq: seq, Emoji: emoji, By: author(name), At: noon})
	must(t, err)
	heard := h.heard(room)
	kept, err := h.Message(t.Context(), room, seq)
	must(t, err)
	reactors, err := h.Reactors(t.Context(), room, seq)
	must(t, err)
	isThere := slices.ContainsFunc(reactors, func(r parlour.Reactor) bool { return r.Emoji == emoji && r.Name == name })
	if isThere != given {
		t.Errorf("%s's reaction is given: %v, and there: %v", name, given, isThere)
	}
	if told := heard[len(heard)-1].Message; !reflect.DeepEqual(told, m) || !reflect.DeepEqual(kept, m) {
		t.Errorf("%s reacted: answered %+v, told %+v, kept %+v", name, m, told, kept)
	}
	return m
}

func (h *house) wantQuote(t *testing.T, room int64, seq parlour.Seq, want parlour.Quote) {
	t.Helper()
	m, err := h.Message(t.Context(), room, seq)
	must(t, err)
	if m.Quote == nil || *m.Quote != want {
		t.Errorf("message %d quotes %+v, want %+v", seq, m.Quote, want)
	}
}

func testQuotes(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	first := h.say(t, room, "Ana", "hello   there\n||secret||")
	reply := h.reply(t, room, first.Seq, "Bea", "hello yourself", false)
	of := parlour.Quote{Seq: first.Seq, Person: first.Author.ID, Name: "Ana", Excerpt: "hello there …"}
	h.wantQuote(t, room, reply.Seq, of)
	second := h.reply(t, room, reply.Seq, "Ana", "well", false)

	_, err := h.Edit(ctx, parlour.Revision{Room: room, Seq: first.Seq, Kind: parlour.KindMessage, Body: "good day", At: noon}, parlour.LogEntry{})
	must(t, err)
	of.Excerpt = "good day"
	h.wantQuote(t, room, reply.Seq, of)
	h.wantQuote(t, room, second.Seq, parlour.Quote{Seq: reply.Seq, Person: reply.Author.ID, Name: "Bea", Excerpt: "hello yourself"})
	lacks, err := h.Since(ctx, room, second.Seq, 10)
	must(t, err)
	if len(lacks.Messages) != 2 || lacks.Messages[0].Seq != first.Seq || lacks.Messages[1].Seq != reply.Seq || lacks.Head != second.Seq+2 {
		t.Errorf("an edit of what is quoted tells %+v up to %d", lacks.Messages, lacks.Head)
	}
	if m := lacks.Messages[1]; !m.Edited.IsZero() || *m.Quote != of {
		t.Errorf("the reply became %+v", m)
	}

	_, err = h.Delete(ctx, room, first.Seq, parlour.NoStub, noon)
	must(t, err)
	h.wantQuote(t, room, reply.Seq, parlour.Quote{Seq: first.Seq, Gone: true})
	_, _, err = h.Post(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Bea"), Body: "a", Reply: first.Seq, At: noon})
	wantErr(t, err, parlour.ErrReplyGone)
	_, _, err = h.Post(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Bea"), Body: "a", Reply: 99, At: noon})
	wantErr(t, err, parlour.ErrReplyGone)

	// The same post sent again is the same message, whatever became of the other.
	post := parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Bea"), Body: "b", Key: "k", Reply: second.Seq, At: noon}
	once, _, err := h.Post(ctx, post)
	must(t, err)
	_, err = h.Delete(ctx, room, second.Seq, parlour.NoStub, noon)
	must(t, err)
	again, fresh, err := h.Post(ctx, post)
	must(t, err)
	if fresh || again.Seq != once.Seq {
		t.Errorf("sent again as %d, fresh %v; it was %d", again.Seq, fresh, once.Seq)
	}

	must(t, h.Attend(ctx, room, people("Cleo"), nil, noon))
	heard := h.heard(room)
	_, _, err = h.Post(ctx, parlour.NewMessage{
		Room: room, Kind: parlour.KindMessage, Author: author("Bea"), Body: "c", Reply: heard[len(heard)-1].Seq, At: noon,
	})
	wantErr(t, err, parlour.ErrReplyImpossible)
}

func testVeiledQuotes(t *testing.T, h *house) {
	room := h.room(t, "garden")
	early := h.say(t, room, "Ana", "before Bea came")
	h.sit(t, room, "g2", "Bea") // at the room's number of now
	late := h.say(t, room, "Ana", "after it")
	for _, c := range []struct {
		of    parlour.Message
		veils bool
		want  parlour.Quote
	}{
		{early, true, parlour.Quote{Seq: early.Seq}},
		{early, false, early.Quoted()},
		{late, true, late.Quoted()},
	} {
		reply := h.reply(t, room, c.of.Seq, "Ana", "well", c.veils)
		h.wantQuote(t, room, reply.Seq, c.want)
	}
	veiled := h.reply(t, room, early.Seq, "Ana", "well", true)
	_, err := h.Edit(t.Context(), parlour.Revision{Room: room, Seq: early.Seq, Kind: parlour.KindMessage, Body: "not for Bea", At: noon}, parlour.LogEntry{})
	must(t, err)
	h.wantQuote(t, room, veiled.Seq, parlour.Quote{Seq: early.Seq})
}

func testManyReplies(t *testing.T, h *house) {
	room := h.room(t, "garden")
	first := h.say(t, room, "Ana", "hello")
	var last parlour.Message
	for range parlour.MaxQuoting + 1 {
		last = h.reply(t, room, first.Seq, "Bea", "hi", false)
	}
	before := len(h.heard(room))
	h.wantQuote(t, room, last.Seq-1, first.Quoted())
	h.wantQuote(t, room, last.Seq, parlour.Quote{Seq: first.Seq})
	_, err := h.Edit(t.Context(), parlour.Revision{Room: room, Seq: first.Seq, Kind: parlour.KindMessage, Body: "good day", At: noon}, parlour.LogEntry{})
	must(t, err)
	if n := len(h.heard(room)) - before; n != 1+parlour.MaxQuoting {
		t.Errorf("an edit is %d changes", n)
	}
	// What leaves the quotes as they are, changes none.
	before = len(h.heard(room))
	_, err = h.Edit(t.Context(), parlour.Revision{Room: room, Seq: first.Seq, Kind: parlour.KindMessage, Body: "good  day", At: noon}, parlour.LogEntry{})
	must(t, err)
	if n := len(h.heard(room)) - before; n != 1 {
		t.Errorf("an edit that no quote shows is %d changes", n)
	}
}

func testHeldReply(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	first := h.say(t, room, "Ana", "hello")
	for _, body := range []string{"a", "b"} {
		_, err := h.Hold(ctx, parlour.NewMessage{
			Room: room, Kind: parlour.KindMessage, Author: author("Bea"), Body: body, Reply: first.Seq, At: noon,
		}, "word")
		must(t, err)
	}
	_, err := h.Hold(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: author("Bea"), Body: "c", Reply: 99, At: noon}, "word")
	wantErr(t, err, parlour.ErrReplyGone)
	held, err := h.Held(ctx, room)
	must(t, err)
	if len(held) != 2 || held[0].Reply != first.Seq {
		t.Fatalf("held are %+v", held)
	}
	m, err := h.Approve(ctx, room, held[0].ID, parlour.LogEntry{At: noon})
	must(t, err)
	h.wantQuote(t, room, m.Seq, first.Quoted())
	_, err = h.Delete(ctx, room, first.Seq, parlour.NoStub, noon)
	must(t, err)
	if m, err = h.Approve(ctx, room, held[1].ID, parlour.LogEntry{At: noon}); err != nil || m.Quote != nil {
		t.Errorf("approved as %+v, %v", m, err)
	}
}

func testReactions(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	first := h.say(t, room, "Ana", "hello")
	h.react(t, room, first.Seq, "Bea", "👍")
	h.react(t, room, first.Seq, "Ana", "🎉")
	m := h.react(t, room, first.Seq, "Cleo", "👍")
	want := []parlour.Reaction{
		{Emoji: "👍", Count: 2, Names: []string{"Bea", "Cleo"}},
		{Emoji: "🎉", Count: 1, Names: []string{"Ana"}},
	}
	if !reflect.DeepEqual(m.Reactions, want) || m.Changed != 4 || !m.Edited.IsZero() {
		t.Errorf("%+v", m)
	}
	lacks, err := h.Since(ctx, room, first.Seq, 10)
	must(t, err)
	if len(lacks.Messages) != 1 || !reflect.DeepEqual(lacks.Messages[0], m) {
		t.Errorf("who was away gets %+v", lacks.Messages)
	}
	reactors, err := h.Reactors(ctx, room, first.Seq)
	must(t, err)
	var names []string
	for _, r := range reactors {
		names = append(names, r.Emoji+r.Name)
	}
	if !reflect.DeepEqual(names, []string{"👍Bea", "👍Cleo", "🎉Ana"}) {
		t.Errorf("who reacted: %q", names)
	}

	m = h.react(t, room, first.Seq, "Bea", "👍")
	want[0] = parlour.Reaction{Emoji: "👍", Count: 1, Names: []string{"Cleo"}}
	if !reflect.DeepEqual(m.Reactions, want) {
		t.Errorf("one taken back: %+v", m.Reactions)
	}
	m = h.react(t, room, first.Seq, "Cleo", "👍")
	if !reflect.DeepEqual(m.Reactions, want[1:]) {
		t.Errorf("both taken back: %+v", m.Reactions)
	}

	edited, err := h.Edit(ctx, parlour.Revision{Room: room, Seq: first.Seq, Kind: parlour.KindMessage, Body: "good day", At: noon}, parlour.LogEntry{})
	must(t, err)
	if !reflect.DeepEqual(edited.Reactions, want[1:]) {
		t.Errorf("an edit leaves %+v", edited.Reactions)
	}
	gone, err := h.Delete(ctx, room, first.Seq, parlour.NoStub, noon)
	must(t, err)
	reactors, err = h.Reactors(ctx, room, first.Seq)
	if err != nil || gone.Reactions != nil || reactors != nil {
		t.Errorf("a deleted message has %+v, %+v, %v", gone.Reactions, reactors, err)
	}
	_, _, err = h.React(ctx, parlour.Reacting{Room: room, Seq: first.Seq, Emoji: "👍", By: author("Ana"), At: noon})
	wantErr(t, err, parlour.ErrMessageNotFound)
}

func testRepeatedReactions(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	first := h.say(t, room, "Ana", "hello")
	press := func(what string, seen parlour.Seq, isGiven bool, want parlour.Seq) {
		t.Helper()
		before := len(h.heard(room))
		m, given, err := h.React(ctx, parlour.Reacting{
			Room: room, Seq: first.Seq, Emoji: "👍", By: author("Bea"), At: noon, Seen: seen,
		})
		must(t, err)
		if given != isGiven || (m.Reactions != nil) != isGiven || m.Changed != want {
			t.Errorf("%s: given %v, %+v; want %v under %d", what, given, m, isGiven, want)
		}
		isRepeated := strings.HasPrefix(what, "repeated")
		if told := len(h.heard(room)) - before; told != 0 && isRepeated || told != 1 && !isRepeated {
			t.Errorf("%s: %d changes were told", what, told)
		}
	}
	press("pressed", 1, true, 2)
	press("repeated by the browser", 1, true, 2)
	h.say(t, room, "Ana", "what do you think?")
	press("repeated late", 1, true, 2)
	press("pressed where it is seen", 2, false, 4)
	press("repeated where it is gone", 2, false, 4)
	press("repeated from an old page", 1, false, 4)
	press("pressed again", 4, true, 5)
	press("pressed by what does not tell", 0, false, 6)
	press("and again", 0, true, 7)
	_, err := h.Delete(ctx, room, first.Seq, parlour.NoStub, noon)
	must(t, err)
	must(t, h.read(ctx, func(c conn) error {
		r, err := c.one(`SELECT count(*) FROM reactions WHERE room_id = $1`, room)
		if err == nil && r.int(0) != 0 {
			t.Errorf("%d rows are left of a deleted message's reactions", r.int(0))
		}
		return err
	}))
}

func testReactionBounds(t *testing.T, h *house) {
	room := h.room(t, "garden")
	first := h.say(t, room, "Ana", "hello")
	try := func(name, emoji string) error {
		_, _, err := h.React(t.Context(), parlour.Reacting{Room: room, Seq: first.Seq, Emoji: emoji, By: author(name), At: noon})
		return err
	}
	for i := range parlour.MaxReactionKinds {
		must(t, try("Ana"+strconv.Itoa(i/parlour.MaxReactionsEach), strconv.Itoa(i)))
	}
	wantErr(t, try("Ana0", strconv.Itoa(parlour.MaxReactionKinds-1)), parlour.ErrTooManyReactions) // they have enough
	wantErr(t, try("Bea", "one more kind"), parlour.ErrTooManyReactions)
	must(t, try("Bea", "0"))
	must(t, try("Ana0", "1")) // taken back
	must(t, try("Ana0", "1"))
	for i := range parlour.ReactionNames {
		must(t, try("Cleo"+strconv.Itoa(i), "0"))
	}
	m, err := h.Message(t.Context(), room, first.Seq)
	must(t, err)
	if r := m.Reactions[0]; r.Count != 2+parlour.ReactionNames || len(r.Names) != parlour.ReactionNames {
		t.Errorf("many reactions are %+v", r)
	}
}

func testReactionsOfOne(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	first, second := h.say(t, room, "Ana", "hello"), h.say(t, room, "Ana", "again")
	for _, seq := range []parlour.Seq{first.Seq, second.Seq} {
		for _, emoji := range []string{"👍", "🎉"} {
			h.react(t, room, seq, "Rude", emoji)
		}
	}
	h.react(t, room, second.Seq, "Bea", "🎉")
	elsewhere := h.room(t, "kitchen")
	other := h.say(t, elsewhere, "Ana", "hello")
	h.react(t, elsewhere, other.Seq, "Rude", "👍")
	takeBack := func(since time.Time, want int) {
		t.Helper()
		n, err := h.TakeBackReactions(ctx, room, author("Rude").ID, since, 3, parlour.LogEntry{Room: room, Act: parlour.ActTakeBack, At: noon})
		must(t, err)
		if n != want {
			t.Errorf("%d are taken back, want %d", n, want)
		}
	}
	before := len(h.heard(room))
	takeBack(noon.Add(time.Second), 0)
	takeBack(noon, 3)
	takeBack(time.Time{}, 1)
	takeBack(time.Time{}, 0)
	heard := h.heard(room)[before:]
	if len(heard) != 3 { // the second message has one left at first
		t.Errorf("told are %+v", heard)
	}
	m, err := h.Message(ctx, room, first.Seq)
	must(t, err)
	if len(m.Reactions) != 0 {
		t.Errorf("the first has %+v", m.Reactions)
	}
	m, err = h.Message(ctx, room, second.Seq)
	must(t, err)
	if want := []parlour.Reaction{{Emoji: "🎉", Count: 1, Names: []string{"Bea"}}}; !reflect.DeepEqual(m.Reactions, want) {
		t.Errorf("the second has %+v", m.Reactions)
	}
	if m, err = h.Message(ctx, elsewhere, other.Seq); err != nil || len(m.Reactions) != 1 {
		t.Errorf("elsewhere there is %+v, %v", m.Reactions, err)
	}
	entries, err := h.ModerationLog(ctx, room, 0, 10)
	must(t, err)
	if len(entries) != 2 || entries[1].Detail != "3" || entries[0].Detail != "1" {
		t.Errorf("the log tells %+v", entries)
	}
}

func testAround(t *testing.T, h *house) {
	room := h.room(t, "garden")
	for i := range 9 {
		h.say(t, room, "Ana", strconv.Itoa(i+1))
	}
	_, err := h.Delete(t.Context(), room, 4, parlour.NoStub, noon)
	must(t, err)
	for _, c := range []struct {
		seq         parlour.Seq
		first, last parlour.Seq
		older       bool
		newer       bool
	}{{5, 2, 7, true, true}, {1, 1, 3, false, true}, {9, 7, 9, true, false}, {3, 1, 6, false, true}} {
		page, newer, err := h.Around(t.Context(), room, c.seq, 2)
		must(t, err)
		first, last := page.Messages[0].Seq, page.Messages[len(page.Messages)-1].Seq
		if first != c.first || last != c.last || page.More != c.older || newer != c.newer || page.Head != 10 {
			t.Errorf("around %d: %d to %d, older %v, newer %v, head %d", c.seq, first, last, page.More, newer, page.Head)
		}
	}
	for _, seq := range []parlour.Seq{0, 4, 10, 99} {
		_, _, err := h.Around(t.Context(), room, seq, 2)
		wantErr(t, err, parlour.ErrMessageNotFound)
	}
}
