package parlour

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxKey is how many characters the key of a Draft may have.
const MaxKey = 64

// Draft is what somebody wants to say, as it was typed.
type Draft struct {
	Body string
	// Key makes posts with the same author, key and body one message, so that
	// a retry is no repetition. It is any text of at most MaxKey characters;
	// without one each post is its own.
	Key string
	// Reply is the message that this one answers, or 0.
	Reply Seq
	// Unproven tells that nothing shows that a person wrote it; see
	// AdmitUnproven.
	Unproven bool
}

// Say posts a draft to the room and answers the message once it is durable. A
// message that a filter holds for the moderators has no number: its Seq is 0.
// It is ErrNoSeat for those who left, Invalid for a body that cannot be said
// (see CleanBody), that is a command (see Obey), that answers a message which is
// not there (see NewMessage), or that a filter refuses, and
// TooMany for those who say too much.
func (h *House) Say(ctx context.Context, by Identity, slug string, draft Draft) (Message, error) {
	var m Message
	err := unlessOvertaken(func() (err error) {
		m, err = h.say(ctx, by, slug, draft)
		return err
	})
	return m, err
}

// unlessOvertaken does something, and again when rights changed between the look
// at them and the store: the doing begins with that look.
func unlessOvertaken(do func() error) error {
	const tries = 5 // rights change seldom
	for try := 1; ; try++ {
		if err := do(); !errors.Is(err, ErrOvertaken) || try == tries {
			return err
		}
	}
}

func (h *House) say(ctx context.Context, by Identity, slug string, draft Draft) (Message, error) {
	asked := time.Now() // not h.now: the clock's own reading tells order within a millisecond
	room, who, err := h.find(ctx, by, slug, Post)
	if err != nil {
		return Message{}, err
	}
	kind, body, err := draft.read()
	if err != nil {
		return Message{}, err
	}
	if draft.Reply != 0 && draft.Reply <= who.Floor(room) {
		return Message{}, ErrReplyGone
	}
	post := NewMessage{
		Room: room.ID, Kind: kind, Author: who.Seat.Author(), Body: body, Key: draft.Key, At: h.now(), Asked: asked,
		Reply: draft.Reply, Veils: room.HistoryFromJoin,
	}
	var why string
	if !who.Moderates() {
		if draft.Unproven {
			if err := h.AdmitUnproven(by); err != nil {
				return Message{}, err
			}
		}
		if why, err = h.admit(ctx, who, room, &post); err != nil {
			return Message{}, err
		}
	}
	if err := h.trace(ctx, by); err != nil {
		return Message{}, err
	}
	if post.Mentions, err = h.mentions(ctx, room, kind, post.Body, post.Author.ID); err != nil {
		return Message{}, err
	}
	var m Message
	if why != "" {
		m, err = h.store.Hold(ctx, post, why)
	} else {
		m, _, err = h.store.Post(ctx, post)
	}
	if err == nil && !who.Moderates() {
		h.flood.said(post, body)
	}
	return m, err
}

// read makes sense of a draft.
func (d Draft) read() (MessageKind, string, error) {
	if err := checkKey(d.Key); err != nil {
		return "", "", err
	}
	body, err := CleanBody(d.Body)
	if err != nil {
		return "", "", err
	}
	if IsCommand(body) {
		return "", "", bodyErrorf("command.not_here", "that is a command and no message")
	}
	if strings.HasPrefix(body, "//") {
		return KindMessage, body[1:], nil
	}
	return parseBody(body)
}

func checkKey(key string) error {
	if utf8.ValidString(key) && utf8.RuneCountInString(key) <= MaxKey {
		return nil
	}
	err := Errorf(Invalid, "key.too_long", "the key is longer than %d characters", MaxKey)
	err.Field = "key"
	err.Args = map[string]any{"Max": MaxKey}
	return err
}

// admit is what a post has to pass of those who do not moderate: links of
// newcomers, flood limits, filters, slow mode. It answers for which filter the
// post is to be held, if for any.
func (h *House) admit(ctx context.Context, who Standing, room Room, post *NewMessage) (why string, err error) {
	if len(Links(post.Body)) > 0 {
		if err := h.may(ctx, who, Link, room); err != nil {
			return "", err
		}
	}
	if err := h.flood.repeats(*post); err != nil {
		return "", err
	}
	if err := h.flood.admit(who.Identity, post.At); err != nil {
		return "", err
	}
	v, err := h.filter(ctx, room, post.Body)
	if err != nil {
		return "", err
	}
	post.Body, post.Slow = v.body, room.Slow
	switch v.act {
	case Kicking:
		if err := h.kickByFilter(ctx, who, room, v.why); err != nil {
			return "", err
		}
		return "", errFiltered
	case Refusing:
		return "", errFiltered
	case Holding:
		return v.why, nil
	default:
		return "", nil
	}
}

// kickByFilter kicks the author of what a filter found. Nobody in particular did
// it, and so the log names nobody.
func (h *House) kickByFilter(ctx context.Context, who Standing, room Room, why string) error {
	target, err := h.store.Target(ctx, room.ID, who.ID)
	if err != nil {
		return err
	}
	target.Session = who.Session
	_, err = h.sanction(ctx, Standing{}, room, target, Sentence{Kind: Kick, Person: who.ID, Reason: why})
	return err
}
