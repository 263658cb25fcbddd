package parlour

import (
	"context"
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
}

// Say posts a draft to the room and answers the message once it is durable.
// It is ErrNoSeat for those who left, Invalid for a body that cannot be said
// (see CleanBody), TooMany for those who say too much.
func (h *House) Say(ctx context.Context, by Identity, slug string, draft Draft) (Message, error) {
	room, who, err := h.find(ctx, by, slug, Post)
	if err != nil {
		return Message{}, err
	}
	if !utf8.ValidString(draft.Key) || utf8.RuneCountInString(draft.Key) > MaxKey {
		err := Errorf(Invalid, "key.too_long", "the key is longer than %d characters", MaxKey)
		err.Field = "key"
		err.Args = map[string]any{"Max": MaxKey}
		return Message{}, err
	}
	body, err := CleanBody(draft.Body)
	if err != nil {
		return Message{}, err
	}
	kind, body, err := parseBody(body)
	if err != nil {
		return Message{}, err
	}
	now := h.now()
	if err := h.flood.admit(by, now); err != nil {
		return Message{}, err
	}
	m, _, err := h.store.Post(ctx, NewMessage{
		Room: room.ID, Kind: kind, Author: who.Seat.Author(), Body: body, Key: draft.Key, At: now,
	})
	return m, err
}
