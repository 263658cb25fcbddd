package parlour

import (
	"context"
	"errors"
	"time"

	"github.com/forPelevin/gomoji"
)

// Reaction is what some people answered a message with, without a word.
type Reaction struct {
	Emoji string `json:"emoji"`
	Count int    `json:"count"` // people, at least 1
	// Names are of those who did so first, at most ReactionNames, as they were
	// called then.
	Names []string `json:"names"`
}

// Bounds of reactions.
const (
	ReactionNames     = 10 // people that a message names for each emoji
	MaxReactionKinds  = 20 // emoji on one message
	MaxReactionsEach  = 10 // emoji by one person on one message
	ReactorsShown     = 500
	maxEmojiBytes     = 64 // no emoji needs as many
	variationSelector = "\uFE0F"
)

// OfferedReactions are close at hand; any other emoji will do too.
var OfferedReactions = []string{"👍", "❤️", "😂", "😮", "😢", "🎉", "👀", "✅"}

// Reacting is a reaction on its way into the store.
type Reacting struct {
	Room  int64
	Seq   Seq
	Emoji string
	By    Author
	At    time.Time
	Asked time.Time // see NewMessage.Asked
	// Seen is the Message.Changed of what was before the eyes of who reacts; 0 does
	// not tell.
	Seen Seq
}

// Reactor is somebody who reacted.
type Reactor struct {
	Emoji string
	Author
}

// ReactionStore keeps who reacted to what.
type ReactionStore interface {
	// React adds a reaction to a message, or takes it back when the same person
	// has reacted with the same emoji, and answers the message as it is then and
	// whether the reaction is on it. Nothing is changed for somebody who has changed
	// it already since what they have Seen: browsers repeat what they send, and people
	// press twice. It is ErrMessageNotFound for a message that is not there,
	// ErrTooManyReactions beyond MaxReactionKinds or MaxReactionsEach, and
	// ErrOvertaken.
	React(ctx context.Context, r Reacting) (m Message, given bool, err error)
	// TakeBackReactions takes back what a person has reacted with since a time, at
	// most limit reactions, the oldest messages first, and tells how many. Each
	// message is changed. The entry is completed with how many and logged when
	// there was any.
	TakeBackReactions(ctx context.Context, room int64, person string, since time.Time, limit int, entry LogEntry) (int, error)
	// Reactors are those who reacted to a message, by emoji in the order of the
	// message's Reactions, and by time; at most ReactorsShown.
	Reactors(ctx context.Context, room int64, seq Seq) ([]Reactor, error)
}

var (
	errNoEmoji     = fieldErrorf(Invalid, "reaction.no_emoji", "emoji", "that is not one emoji")
	errNoReactions = Errorf(Invalid, "reaction.impossible", "only what people say can be reacted to")
)

// ErrTooManyReactions refuses one more kind of reaction.
var ErrTooManyReactions = Errorf(Conflict, "reaction.too_many", "there are as many kinds of reactions as there may be")

// CleanEmoji is an emoji as it is kept: one of those that Unicode defines, in the
// form that looks like one (❤️ for ❤). Anything else is Invalid.
func CleanEmoji(typed string) (string, error) {
	if len(typed) > maxEmojiBytes {
		return "", errNoEmoji
	}
	if _, err := gomoji.GetInfo(typed + variationSelector); err == nil {
		return typed + variationSelector, nil
	}
	if _, err := gomoji.GetInfo(typed); err != nil {
		return "", errNoEmoji
	}
	return typed, nil
}

// React adds somebody's reaction to a message or, when it is there, takes it
// back; the answer tells which. Seen is as in Reacting: the same twice is done
// once. It has to pass what a post has to: who may not talk may not react, and
// reactions count as messages do.
func (h *House) React(ctx context.Context, by Identity, slug string, seq Seq, emoji string, seen Seq) (Message, bool, error) {
	const tries = 5 // see Say
	for try := 1; ; try++ {
		m, given, err := h.react(ctx, by, slug, seq, emoji, seen)
		if !errors.Is(err, ErrOvertaken) || try == tries {
			return m, given, err
		}
	}
}

func (h *House) react(ctx context.Context, by Identity, slug string, seq Seq, typed string, seen Seq) (Message, bool, error) {
	asked := time.Now() // see say
	room, who, err := h.find(ctx, by, slug, React)
	if err == nil && !who.IsSeated() {
		err = ErrNoSeat // a reaction has a name
	}
	if err != nil {
		return Message{}, false, err
	}
	m, err := h.messageFor(ctx, who, room, seq)
	if err != nil {
		return Message{}, false, err
	}
	if !m.IsAnswerable() {
		return Message{}, false, errNoReactions
	}
	emoji, err := CleanEmoji(typed)
	if err != nil {
		return Message{}, false, err
	}
	now := h.now()
	if !who.Moderates() {
		if err := h.flood.admit(by, now); err != nil {
			return Message{}, false, err
		}
	}
	if err := h.trace(ctx, by); err != nil {
		return Message{}, false, err
	}
	return h.store.React(ctx, Reacting{
		Room: room.ID, Seq: seq, Emoji: emoji, By: who.Seat.Author(), At: now, Asked: asked, Seen: seen,
	})
}

// Reactors are those who reacted to a message, for somebody who may read it.
func (h *House) Reactors(ctx context.Context, by Identity, slug string, seq Seq) (Room, Standing, Message, []Reactor, error) {
	room, who, m, err := h.Message(ctx, by, slug, seq)
	if err == nil && !m.IsAnswerable() {
		err = ErrMessageNotFound
	}
	if err != nil {
		return room, who, m, nil, err
	}
	reactors, err := h.store.Reactors(ctx, room.ID, seq)
	return room, who, m, reactors, err
}
