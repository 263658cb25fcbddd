package parlour_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"parlour"
)

func TestSayingIsClean(t *testing.T) {
	h := open(t, parlour.Rules{})
	ana := h.join(nobody, "lobby", "Ana")
	m, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: " hi\r\nthere\x00 \n"})
	if err != nil {
		t.Fatal(err)
	}
	want := parlour.Message{
		Room: h.room("lobby").ID, Seq: 1, Changed: 1, Kind: parlour.KindMessage,
		Author: parlour.Author{ID: ana.ID, Name: "Ana", Guest: true}, Body: " hi\nthere", At: m.At,
	}
	if !reflect.DeepEqual(m, want) || m.At.IsZero() || m.At.Location() != time.UTC || !m.At.Equal(m.At.Truncate(time.Millisecond)) {
		t.Errorf("said %+v\nwant %+v", m, want)
	}
	if stored := h.messages("lobby"); len(stored) != 1 || !reflect.DeepEqual(stored[0], m) {
		t.Errorf("kept as %+v", stored)
	}
	m, err = h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "/me waves"})
	if err != nil || m.Kind != parlour.KindAction || m.Body != "waves" || m.Seq != 2 {
		t.Errorf("did %+v, %v", m, err)
	}
}

func TestSayingIsRefusedBeforeAnythingIsKept(t *testing.T) {
	h := open(t, parlour.Rules{Limits: true})
	ana := h.join(nobody, "lobby", "Ana")
	hello := parlour.Draft{Body: "hello"}
	for _, refused := range []struct {
		name  string
		by    parlour.Identity
		slug  string
		draft parlour.Draft
		kind  parlour.ErrKind
		field string
	}{
		{"a visitor", nobody, "lobby", hello, parlour.SignedOut, ""},
		{"somebody without a seat", ana, "garden", hello, parlour.Forbidden, ""},
		{"no room", ana, "cellar", hello, parlour.NotFound, ""},
		{"no text", ana, "lobby", parlour.Draft{Body: " \n"}, parlour.Invalid, "body"},
		{"too much text", ana, "lobby", parlour.Draft{Body: strings.Repeat("x", parlour.MaxBody+1)}, parlour.Invalid, "body"},
		{"broken text", ana, "lobby", parlour.Draft{Body: "a\xff"}, parlour.Invalid, "body"},
		{"no action", ana, "lobby", parlour.Draft{Body: "/me"}, parlour.Invalid, "body"},
		{"a key too long", ana, "lobby", parlour.Draft{Body: "x", Key: strings.Repeat("é", parlour.MaxKey+1)}, parlour.Invalid, "key"},
		{"a broken key", ana, "lobby", parlour.Draft{Body: "x", Key: "\xff"}, parlour.Invalid, "key"},
	} {
		for range 30 { // which is more than the flood limit would admit
			m, err := h.Say(t.Context(), refused.by, refused.slug, refused.draft)
			e, ok := errors.AsType[*parlour.Error](err)
			if !ok || e.Kind != refused.kind || e.Field != refused.field || m.Seq != 0 {
				t.Fatalf("%s: %+v, %v", refused.name, m, err)
			}
		}
	}
	if kept := h.messages("lobby"); len(kept) != 0 {
		t.Errorf("kept %+v", kept)
	}
	m, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "x", Key: strings.Repeat("é", parlour.MaxKey)})
	if err != nil || m.Seq != 1 {
		t.Errorf("after that, %+v, %v", m, err)
	}
}

func TestSameKeyAndBodyAreOneMessage(t *testing.T) {
	h := open(t, parlour.Rules{})
	ana, bob := h.join(nobody, "lobby", "Ana"), h.join(nobody, "lobby", "Bob")
	say := func(by parlour.Identity, key, body string) parlour.Seq {
		t.Helper()
		m, err := h.Say(t.Context(), by, "lobby", parlour.Draft{Key: key, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		return m.Seq
	}
	first := say(ana, "k1", "hello")
	for _, body := range []string{"hello", "hello \n", "\r\nhello"} { // the same once it is clean
		if seq := say(ana, "k1", body); seq != first {
			t.Errorf("%q sent again is message %d, want %d", body, seq, first)
		}
	}
	seen := map[parlour.Seq]bool{first: true}
	for _, other := range []parlour.Seq{
		say(ana, "k1", "hello!"), say(ana, "k2", "hello"), say(bob, "k1", "hello"), say(ana, "", "hello"), say(ana, "", "hello"),
	} {
		if seen[other] {
			t.Errorf("message %d stands for two", other)
		}
		seen[other] = true
	}
	if n := len(h.messages("lobby")); n != len(seen) {
		t.Errorf("%d messages are kept, want %d", n, len(seen))
	}
}

func TestTalkingAndRenamingShareOneLimit(t *testing.T) {
	h := open(t, parlour.Rules{Limits: true, NameHold: time.Hour})
	ana := h.join(nobody, "lobby", "Ana")
	var refusal error
	for i := 0; refusal == nil && i < 100; i++ {
		if i%2 == 0 {
			_, refusal = h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: fmt.Sprint("spam ", i)})
		} else {
			ana, _, refusal = h.Join(t.Context(), ana, "lobby", fmt.Sprint("Ana ", i), "")
		}
	}
	e, ok := errors.AsType[*parlour.Error](refusal)
	if !ok || e.Kind != parlour.TooMany || e.RetryAfter < time.Second {
		t.Fatalf("refused with %v", refusal)
	}
	name := ana.Name
	if as, room, err := h.Join(t.Context(), ana, "lobby", "Spam", ""); parlour.KindOf(err) != parlour.TooMany || as.Name != name || room.Slug != "lobby" {
		t.Errorf("may take names faster than talk: %+v, %v", as, err)
	}
	if got := h.holds("lobby", ana); got != name {
		t.Errorf("was renamed to %q all the same", got)
	}
}
