package parlour_test

import (
	"errors"
	"strings"
	"testing"

	"parlour"
)

// draftOf is what somebody finds in the lobby that they had typed.
func (h *keptHouse) draftOf(by parlour.Identity) parlour.Draft {
	h.t.Helper()
	_, _, alone, err := h.Composing(h.t.Context(), by, "lobby")
	if errors.Is(err, parlour.ErrNoSeat) {
		return alone
	}
	_, _, draft, err := h.Enter(h.t.Context(), by, "lobby")
	if err != nil {
		h.t.Fatal(err)
	}
	if draft != alone {
		h.t.Errorf("the page has %+v, and the composer alone %+v", draft, alone)
	}
	return draft
}

func (h *keptHouse) keepsDraft(by parlour.Identity, draft parlour.Draft) {
	h.t.Helper()
	if err := h.KeepDraft(h.t.Context(), by, "lobby", draft); err != nil {
		h.t.Fatalf("keeping a draft of %s: %v", by.Name, err)
	}
}

func TestDraftIsForItsWriterUntilItIsSent(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	h.keepsDraft(ana, parlour.Draft{Body: " half a\r\npoem ", Key: "k", Reply: 3})
	h.keepsDraft(h.mo, parlour.Draft{Body: "/ban Ana", Key: "k"})
	if got := h.draftOf(ana); got != (parlour.Draft{Body: " half a\npoem", Reply: 3}) {
		t.Errorf("Ana finds %+v", got)
	}
	if got := h.draftOf(bob); got != (parlour.Draft{}) {
		t.Errorf("Bob finds %+v", got)
	}
	if err := h.SentDraft(t.Context(), ana, "lobby", "k"); err != nil {
		t.Fatal(err)
	}
	h.keepsDraft(ana, parlour.Draft{Body: "half a poem", Key: "k"}) // overtaken on its way
	if got := h.draftOf(ana); got != (parlour.Draft{}) {
		t.Errorf("what was sent comes back as %+v", got)
	}
	if got := h.draftOf(h.mo); got.Body != "/ban Ana" {
		t.Errorf("Mo finds %+v", got)
	}
	h.keepsDraft(h.mo, parlour.Draft{Body: " \u200b\n"})
	if got := h.draftOf(h.mo); got != (parlour.Draft{}) {
		t.Errorf("what was emptied is %+v", got)
	}
	if got := h.bodies(); len(got) != 0 {
		t.Errorf("the room shows %q", got)
	}
}

func TestDraftNeedsTheRightToSayIt(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana := h.guest("Ana", "192.0.2.7")
	h.keepsDraft(ana, parlour.Draft{Body: "typed"})
	muted := h.sanction(h.mo, parlour.Sentence{Kind: parlour.Mute, Person: ana.ID})
	if got := h.draftOf(ana); got != (parlour.Draft{}) {
		t.Errorf("who is muted is shown %+v", got)
	}
	wantCode(t, "a draft of somebody muted", h.KeepDraft(t.Context(), ana, "lobby", parlour.Draft{Body: "more"}), "policy.muted")
	if _, err := h.Lift(t.Context(), h.mo, "lobby", muted.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.draftOf(ana); got.Body != "typed" {
		t.Errorf("after the mute it is %+v", got)
	}
	if err := h.Leave(t.Context(), ana, "lobby"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "a draft of somebody who left", h.KeepDraft(t.Context(), ana, "lobby", parlour.Draft{Body: "more"}), "seat.none")
	if got := h.draftOf(ana); got != (parlour.Draft{}) {
		t.Errorf("who left is shown %+v", got)
	}
	err := h.KeepDraft(t.Context(), ana, "nowhere", parlour.Draft{Body: "more"})
	wantCode(t, "a draft in no room", err, "room.not_found")
}

func TestDraftsAreLimited(t *testing.T) {
	h := keepHouse(t, parlour.Rules{Limits: true})
	ana := h.guest("Ana", "192.0.2.7")
	for what, c := range map[string]struct {
		draft parlour.Draft
		code  string
	}{
		"a long text":   {parlour.Draft{Body: strings.Repeat("é", parlour.MaxBody+1)}, "body.too_long"},
		"a long key":    {parlour.Draft{Body: "typed", Key: strings.Repeat("k", parlour.MaxKey+1)}, "key.too_long"},
		"broken text":   {parlour.Draft{Body: "\xff"}, "body.encoding"},
		"a broken text": {parlour.Draft{Body: "typed", Key: "\xff"}, "key.too_long"},
	} {
		wantCode(t, what, h.KeepDraft(t.Context(), ana, "lobby", c.draft), c.code)
	}
	var err error
	for range 30 {
		if err = h.KeepDraft(t.Context(), ana, "lobby", parlour.Draft{Body: "typed"}); err != nil {
			break
		}
	}
	wantCode(t, "many drafts at once", err, "flood")
	if _, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "hello"}); err != nil {
		t.Errorf("drafts cost their writer a message: %v", err)
	}
}
