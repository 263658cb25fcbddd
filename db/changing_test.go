package db

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"parlour"
)

// kept is all text that a table has in some columns.
func (h *house) kept(t *testing.T, query string) string {
	t.Helper()
	var all []string
	must(t, h.read(t.Context(), func(c conn) error {
		for r, err := range c.rows(query) {
			if err != nil {
				return err
			}
			all = append(all, r.text(0))
		}
		return nil
	}))
	return strings.Join(all, ",")
}

func testRevisions(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	m := h.say(t, room, "Ana", "one")
	mo := parlour.Author{ID: "pmo", Name: "Mo"}
	for i, to := range []parlour.Revision{
		{Body: "two", Kind: parlour.KindMessage, By: m.Author},
		{Body: "three", Kind: parlour.KindAction, By: mo, Moderated: true},
		{Body: "four", Kind: parlour.KindMessage, By: m.Author},
	} {
		to.Room, to.Seq, to.At = room, m.Seq, noon.Add(time.Duration(i+1)*time.Minute)
		_, err := h.Edit(ctx, to, parlour.LogEntry{})
		must(t, err)
	}
	got, err := h.Revisions(ctx, room, m.Seq)
	must(t, err)
	of := parlour.Revision{Room: room, Seq: m.Seq, Kind: parlour.KindMessage, By: parlour.Author{Name: "Ana"}}
	one, two, three := of, of, of
	one.Body, one.At = "one", noon
	two.Body, two.At = "two", noon.Add(time.Minute)
	three.Body, three.At, three.Kind, three.By.Name = "three", noon.Add(2*time.Minute), parlour.KindAction, "Mo"
	if want := []parlour.Revision{one, two, three}; !reflect.DeepEqual(got, want) {
		t.Errorf("earlier texts are %+v, want %+v", got, want)
	}
	_, err = h.Hold(ctx, parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Author: m.Author, Body: "five", At: noon, Edits: m.Seq}, "held")
	must(t, err)
	other := h.say(t, room, "Ana", "other")
	_, err = h.Edit(ctx, parlour.Revision{Room: room, Seq: other.Seq, Kind: parlour.KindMessage, Body: "another", At: noon}, parlour.LogEntry{})
	must(t, err)
	_, err = h.Delete(ctx, room, m.Seq, parlour.StubOfAuthor, noon)
	must(t, err)
	if texts := h.kept(t, `SELECT body FROM revisions`) + ";" + h.kept(t, `SELECT body FROM held`); texts != "other;" {
		t.Errorf("after the deletion there are the texts %q", texts)
	}
	must(t, h.DeleteRoom(ctx, room, parlour.LogEntry{At: noon}))
	if texts := h.kept(t, `SELECT body FROM revisions`); texts != "" {
		t.Errorf("of a deleted room there are the texts %q", texts)
	}
}

func testFace(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	m := h.say(t, room, "Ana", "tea")
	entry := parlour.LogEntry{Room: room, At: noon}
	for range 2 { // the second time it is there
		must(t, h.Pin(ctx, room, m.Seq, parlour.Setting{What: parlour.ActPin, Seq: m.Seq}, entry))
	}
	topic := "leaves"
	must(t, h.Adjust(ctx, room, parlour.Adjustment{Topic: &topic}, parlour.Setting{What: parlour.ActTopic, Topic: topic}, entry))
	must(t, h.Adjust(ctx, room, parlour.Adjustment{Topic: &topic}, parlour.Setting{What: parlour.ActTopic, Topic: topic}, entry))
	must(t, h.Unpin(ctx, room, m.Seq, entry))
	var faces []parlour.Message
	seqs := make(map[parlour.Seq]bool)
	for _, c := range h.heard(room) {
		if c.Message.Kind == parlour.KindFace {
			faces = append(faces, c.Message)
			seqs[c.Message.Seq] = true
		}
	}
	want := []parlour.Face{
		{Name: "garden", Pins: []parlour.Pin{{Seq: m.Seq, Author: "Ana", Excerpt: "tea"}}},
		{Name: "garden", Topic: topic, Pins: []parlour.Pin{{Seq: m.Seq, Author: "Ana", Excerpt: "tea"}}},
		{Name: "garden", Topic: topic},
	}
	if len(faces) != len(want) || len(seqs) != 1 {
		t.Fatalf("the room was told %+v", faces)
	}
	for i, face := range faces {
		if !reflect.DeepEqual(*face.Event.Face, want[i]) {
			t.Errorf("told %+v, want %+v", *face.Event.Face, want[i])
		}
	}
	// Nothing that lists messages comes across it.
	for _, seen := range h.page(t, room, 0, 10).Messages {
		if seen.Kind == parlour.KindFace {
			t.Errorf("the page has %+v", seen)
		}
	}
	_, err := h.Message(ctx, room, faces[0].Seq)
	wantKind(t, err, parlour.NotFound)
	_, err = h.Delete(ctx, room, faces[0].Seq, parlour.NoStub, noon)
	wantKind(t, err, parlour.NotFound)
}

func testSettledReport(t *testing.T, h *house) {
	ctx, room := t.Context(), h.room(t, "garden")
	m := h.say(t, room, "Ana", "rude")
	for _, by := range people("Bob", "Cem") {
		must(t, h.Report(ctx, parlour.Reported{Room: room, Seq: m.Seq, By: by, At: noon, Said: m.Body}))
	}
	reports, err := h.Reports(ctx, room)
	must(t, err)
	if len(reports) != 2 || reports[0].Said != "rude" {
		t.Errorf("reported %+v", reports)
	}
	must(t, h.Settle(ctx, room, reports[0].ID, parlour.OutcomeActed, parlour.LogEntry{Room: room, At: noon}))
	if said := h.kept(t, `SELECT said FROM reports`); said != "," {
		t.Errorf("after they were settled there is %q", said)
	}
}
