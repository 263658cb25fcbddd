package parlour

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// How long people may change what they said; see Room.EditWindow.
const (
	UsualEditWindow = 15 * time.Minute
	// Always is longer than any message is old.
	Always time.Duration = 100 * 365 * 24 * time.Hour
	// NoEdits stands for no window at all.
	NoEdits time.Duration = -time.Millisecond
)

// Revision is one text of a message.
type Revision struct {
	Room int64 // Room.ID
	Seq  Seq
	Kind MessageKind // KindMessage or KindAction
	Body string
	// Mentions are those of Body; of an earlier text they are not known.
	Mentions []Mention
	By       Author    // who wrote this text; of an earlier one only the name is known
	At       time.Time // when it was written
	// Moderated tells that By is not the author of the message.
	Moderated bool
	// Asked is when the right to edit was looked at; see NewMessage.
	Asked time.Time
}

// RevisionStore keeps the texts that messages had.
type RevisionStore interface {
	// Edit gives a message another text and keeps the one it had. A message that
	// is not there or was deleted is NotFound. An entry with an Act is logged.
	Edit(ctx context.Context, to Revision, entry LogEntry) (Message, error)
	// Revisions are the texts that a message had before the present one, oldest
	// first, at most RevisionsShown of the newest.
	Revisions(ctx context.Context, room int64, seq Seq) ([]Revision, error)
}

// RevisionsShown is how many earlier texts of a message a list has at most.
const RevisionsShown = 100

// Errors of editing.
var (
	errNotYours   = Errorf(Forbidden, "edit.not_yours", "only who wrote a message may change it")
	errTooLate    = Errorf(Forbidden, "edit.too_late", "it is too late to change the message")
	errUneditable = Errorf(Forbidden, "edit.impossible", "such a message cannot be edited")
)

// IsBy tells whether somebody is the author.
func (m Message) IsBy(who Identity) bool { return m.Author.ID != "" && m.Author.ID == who.ID }

// Source is the body as its author would have to type it.
func (m Message) Source() string {
	switch {
	case m.Kind == KindAction:
		return "/me " + m.Body
	case len(m.Body) > 0 && m.Body[0] == '/':
		return "/" + m.Body
	default:
		return m.Body
	}
}

// mayChange tells whether somebody may edit or delete a message of people: their
// own within the room's window, and any as a moderator.
func (h *House) mayChange(ctx context.Context, who Standing, action Action, room Room, m Message) error {
	if err := h.may(ctx, who, action, room); err != nil {
		return err
	}
	isText := m.Kind == KindMessage || m.Kind == KindAction
	switch {
	case action == Edit && !isText:
		return errUneditable
	case who.Moderates():
		return nil
	case !m.IsBy(who.Identity):
		return errNotYours
	case h.now().Sub(m.At) >= cmp.Or(room.EditWindow, UsualEditWindow):
		return errTooLate
	}
	return nil
}

// Editable is a message for those who may edit it.
func (h *House) Editable(ctx context.Context, by Identity, slug string, seq Seq) (Room, Message, error) {
	room, who, m, err := h.Message(ctx, by, slug, seq)
	if err == nil {
		err = h.mayChange(ctx, who, Edit, room, m)
	}
	return room, m, err
}

// EditMessage gives a message another text, which has to pass what a post has to
// (see Say), slow mode excepted. The same text again changes nothing. When a
// filter holds the text for the moderators, the answer has the Seq 0 and the
// message stays as it is until they approve.
func (h *House) EditMessage(ctx context.Context, by Identity, slug string, seq Seq, draft Draft) (Message, error) {
	const tries = 5 // rights change seldom
	for try := 1; ; try++ {
		m, err := h.edit(ctx, by, slug, seq, draft)
		if !errors.Is(err, ErrOvertaken) || try == tries {
			return m, err
		}
	}
}

func (h *House) edit(ctx context.Context, by Identity, slug string, seq Seq, draft Draft) (Message, error) {
	asked := time.Now() // see say
	room, who, err := h.find(ctx, by, slug, Edit)
	if err != nil {
		return Message{}, err
	}
	m, err := h.messageFor(ctx, who, room, seq)
	if err != nil {
		return Message{}, err
	}
	if err := h.mayChange(ctx, who, Edit, room, m); err != nil {
		return Message{}, err
	}
	kind, body, err := draft.read()
	if err != nil {
		return Message{}, err
	}
	if kind == m.Kind && body == m.Body {
		return m, nil
	}
	post := NewMessage{
		Room: room.ID, Kind: kind, Author: m.Author, Body: body, Key: "edit " + seq.String(), At: h.now(), Edits: seq,
	}
	var why string
	if !who.Moderates() {
		if why, err = h.admit(ctx, who, room, &post); err != nil {
			return Message{}, err
		}
	}
	if post.Mentions, err = h.mentions(ctx, room, kind, post.Body, m.Author.ID); err != nil {
		return Message{}, err
	}
	if why != "" {
		post.Slow = 0
		return h.store.Hold(ctx, post, why)
	}
	var entry LogEntry
	if !m.IsBy(by) {
		entry = h.act(who, room, ActEdit)
		entry.Target, entry.Detail = m.Author, seq.String()
	}
	return h.store.Edit(ctx, Revision{
		Room: room.ID, Seq: seq, Kind: kind, Body: post.Body, Mentions: post.Mentions, At: post.At, Asked: asked,
		By: Author{ID: by.ID, Name: cmp.Or(who.Seat.Name, by.Name)}, Moderated: !m.IsBy(by),
	}, entry)
}

// Revisions are the earlier texts of a message, for those who moderate.
func (h *House) Revisions(ctx context.Context, by Identity, slug string, seq Seq) (Room, Message, []Revision, error) {
	room, who, m, err := h.Message(ctx, by, slug, seq)
	if err == nil {
		err = h.may(ctx, who, Moderate, room)
	}
	if err != nil {
		return room, m, nil, err
	}
	earlier, err := h.store.Revisions(ctx, room.ID, seq)
	return room, m, earlier, err
}
