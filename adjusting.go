package parlour

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Adjustment is what moderators may change of a room while people talk in it;
// nil leaves a thing as it is.
type Adjustment struct {
	Topic            *string
	Slow             *time.Duration
	Locked, ReadOnly *bool
}

// AdjustmentStore changes rooms.
type AdjustmentStore interface {
	// Adjust changes a room and tells it so, as a message of the house with
	// Event.Set.
	Adjust(ctx context.Context, room int64, a Adjustment, told Setting, entry LogEntry) error
}

// Setting is a change of a room's rules, as the room is told of it.
type Setting struct {
	What  Act    `json:"what"`           // ActTopic, ActSlow, ActLock …
	By    string `json:"by"`             // a name
	Name  string `json:"name,omitempty"` // the room's, with ActName
	Topic string `json:"topic,omitempty"`
	// Seconds is the least time between two messages; 0 with ActSlow is the end
	// of slow mode.
	Seconds int `json:"seconds,omitempty"`
	// Seq is the message that was pinned, with ActPin.
	Seq Seq `json:"seq,omitempty"`
}

// MaxTopic is how many characters a topic may have, MaxSlow the longest slow
// mode.
const (
	MaxTopic = 200
	MaxSlow  = 24 * time.Hour
)

// SetTopic changes the room's topic; empty is none.
func (h *House) SetTopic(ctx context.Context, by Identity, slug, typed string) error {
	topic := strings.Join(strings.Fields(strings.ToValidUTF8(typed, "\uFFFD")), " ")
	if n := utf8.RuneCountInString(topic); n > MaxTopic {
		err := Errorf(Invalid, "topic.too_long", "the topic has %d characters, %d are allowed", n, MaxTopic)
		err.Args = map[string]any{"Count": n, "Max": MaxTopic}
		return err
	}
	return h.adjust(ctx, by, slug, Adjustment{Topic: &topic}, Setting{What: ActTopic, Topic: topic}, topic)
}

// SetSlow sets the least time between two messages of one person; 0 ends slow
// mode.
func (h *House) SetSlow(ctx context.Context, by Identity, slug string, least time.Duration) error {
	least = least.Round(time.Second)
	if least < 0 || least > MaxSlow {
		return Errorf(Invalid, "slow.span", "slow mode is at most a day")
	}
	return h.adjust(ctx, by, slug, Adjustment{Slow: &least}, Setting{What: ActSlow, Seconds: int(least / time.Second)}, FormatSpan(least))
}

// Lock keeps new people out of the room, or lets them in again.
func (h *House) Lock(ctx context.Context, by Identity, slug string, locked bool) error {
	act := ActUnlock
	if locked {
		act = ActLock
	}
	return h.adjust(ctx, by, slug, Adjustment{Locked: &locked}, Setting{What: act}, "")
}

// SetReadOnly lets only moderators post, or everybody again who may.
func (h *House) SetReadOnly(ctx context.Context, by Identity, slug string, readOnly bool) error {
	act := ActWritable
	if readOnly {
		act = ActReadOnly
	}
	return h.adjust(ctx, by, slug, Adjustment{ReadOnly: &readOnly}, Setting{What: act}, "")
}

func (h *House) adjust(ctx context.Context, by Identity, slug string, a Adjustment, told Setting, detail string) error {
	room, who, err := h.find(ctx, by, slug, Moderate)
	if err != nil {
		return err
	}
	entry := h.act(who, room, told.What)
	entry.Detail, told.By = detail, by.Name
	if err := h.store.Adjust(ctx, room.ID, a, told, entry); err != nil {
		return err
	}
	if a.Locked != nil { // nothing else of this takes a stream's right away
		h.live.Recheck(room.ID)
	}
	return nil
}
