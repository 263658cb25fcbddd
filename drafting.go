package parlour

import (
	"context"
	"time"
)

// MaxDrafts is how many drafts of one person are kept, in as many rooms: those
// that were written last.
const MaxDrafts = 50

// How often somebody may have a draft kept: about as often as people pause.
const (
	draftBurst = 10
	draftRate  = 1
)

// KeptDraft is what one person has typed in one room and not sent.
type KeptDraft struct {
	Room   int64
	Person string
	// Session is the guest's: their drafts go with it. It is empty for members.
	Session string
	Body    string // clean; empty: there is none
	Reply   Seq    // what it answers, or 0
	// Key is that of the form it was typed in; see Draft.Key.
	Key string
	At  time.Time
}

// DraftStore keeps drafts, one for each person and room: the last one that came.
type DraftStore interface {
	// KeepDraft keeps a draft in place of the one that is there. What comes late
	// from a form that was sent meanwhile (see SendDraft) changes nothing. It is
	// ErrRoomNotFound for a room that is not there.
	KeepDraft(ctx context.Context, d KeptDraft) error
	// SendDraft forgets the draft that is there, whatever it says, since the form
	// with its Key was sent, and all that is still to come from that form.
	SendDraft(ctx context.Context, d KeptDraft) error
	// StandingWithDraft is Store.Standing together with what is kept of the
	// identity in the room, or nothing: a page asks for both in one question.
	StandingWithDraft(ctx context.Context, by Identity, slug string, now time.Time) (Room, Standing, KeptDraft, error)
	// TakeDraftsAlong gives the drafts of a guest's session to a member, except
	// where the member has one already.
	TakeDraftsAlong(ctx context.Context, session, member string) error
}

// KeepDraft keeps what somebody has typed and not sent, for them alone and in
// place of what was kept before; nothing typed forgets it. It is Invalid for what
// is no text or is longer than a message may be, and TooMany for those who have it
// kept more often than anybody types.
func (h *House) KeepDraft(ctx context.Context, by Identity, slug string, draft Draft) error {
	room, who, err := h.Attending(ctx, by, slug, Post)
	if err != nil {
		return err
	}
	kept, err := h.draftOf(who, room, draft)
	if err != nil {
		return err
	}
	if h.flood != nil {
		if err := h.flood.count("d"+by.ID, kept.At, "too many drafts"); err != nil {
			return err
		}
	}
	return h.store.KeepDraft(ctx, kept)
}

func (h *House) draftOf(who Standing, room Room, draft Draft) (KeptDraft, error) {
	kept := KeptDraft{Room: room.ID, Person: who.ID, Reply: draft.Reply, Key: draft.Key, At: h.now()}
	if who.Kind == Guest {
		kept.Session = who.Session
	}
	if err := checkKey(draft.Key); err != nil {
		return kept, err
	}
	var err error
	if !isBlank(draft.Body) {
		kept.Body, err = CleanBody(draft.Body)
	}
	return kept, err
}

// SentDraft forgets the draft of somebody who has sent what they typed, in the
// form with that key.
func (h *House) SentDraft(ctx context.Context, by Identity, slug, key string) error {
	room, who, err := h.find(ctx, by, slug, See)
	if err != nil {
		return err
	}
	kept, err := h.draftOf(who, room, Draft{Key: key})
	if err != nil {
		return err
	}
	return h.store.SendDraft(ctx, kept)
}

// Composing is Attending for those who are about to say something, with what they
// had typed in the room and not sent; its Body is empty when there is nothing.
func (h *House) Composing(ctx context.Context, by Identity, slug string) (Room, Standing, Draft, error) {
	room, who, kept, err := h.findWithDraft(ctx, by, slug, Post)
	if err == nil && !who.IsSeated() {
		err = ErrNoSeat
	}
	if err != nil {
		return room, who, Draft{}, err
	}
	return room, who, kept.draft(), nil
}

// findWithDraft is find, with what the identity has typed in the room.
func (h *House) findWithDraft(ctx context.Context, by Identity, slug string, action Action) (Room, Standing, KeptDraft, error) {
	room, who, kept, err := h.store.StandingWithDraft(ctx, by, slug, h.now())
	room, who, err = h.found(ctx, room, who, action, err)
	return room, who, kept, err
}

// restored is what somebody had typed in a room, as long as they may say it there.
// Most have typed nothing, and then nobody is asked whether they may.
func (h *House) restored(ctx context.Context, kept KeptDraft, who Standing, room Room) Draft {
	if kept.Body == "" || !who.IsSeated() || h.may(ctx, who, Post, room) != nil {
		return Draft{}
	}
	return kept.draft()
}

func (d KeptDraft) draft() Draft { return Draft{Body: d.Body, Reply: d.Reply} }

// TakeDraftsAlong lets a guest who signs in find their drafts again as a member.
func (h *House) TakeDraftsAlong(ctx context.Context, was, as Identity) error {
	if was.Kind != Guest || was.Session == "" {
		return nil
	}
	return h.store.TakeDraftsAlong(ctx, was.Session, as.ID)
}
