package parlour

import (
	"context"
	"time"
)

// Act is what a moderator did, as the moderation log names it.
type Act string

// The acts that the log knows. Those of a Sanction are named as its kind.
const (
	ActBan          Act = "ban"
	ActKick         Act = "kick"
	ActMute         Act = "mute"
	ActLift         Act = "lift"
	ActDelete       Act = "delete"    // one message
	ActPurge        Act = "purge"     // many messages of one person
	ActTakeBack     Act = "take_back" // many reactions of one person
	ActApprove      Act = "approve"
	ActDiscard      Act = "discard"
	ActAdmit        Act = "admit"
	ActSettle       Act = "settle" // a report
	ActAddFilter    Act = "filter.add"
	ActRemoveFilter Act = "filter.remove"
	ActEdit         Act = "edit" // somebody else's message
	ActPin          Act = "pin"
	ActUnpin        Act = "unpin"
	ActName         Act = "name" // the room's
	ActTopic        Act = "topic"
	ActRules        Act = "rules"
	ActSlow         Act = "slow"
	ActLock         Act = "lock"
	ActUnlock       Act = "unlock"
	ActReadOnly     Act = "readonly"
	ActWritable     Act = "writable"
)

// LogEntry is one line of the moderation log: who did what to whom, and why. It
// is stored in the transaction of the act itself and never changed.
type LogEntry struct {
	ID   int64
	Room int64 // Room.ID; 0 is the house
	// RoomSlug and RoomName are those of the room as it is now; empty for the house,
	// and for a room that was deleted. They are not stored.
	RoomSlug, RoomName string
	At                 time.Time
	By                 Author // empty: the house did it by itself, as a filter does
	Act                Act
	Target             Author // whom; empty where the act is about no person
	// Detail is what the act was about, as it stands: the number of a message, a
	// pattern, a length of time.
	Detail string
	Reason string // as the moderator gave it
}

// LogStore keeps the moderation log.
type LogStore interface {
	// ModerationLog is the newest limit entries before an entry (0: the newest
	// of all), newest first: those of one room, or with room 0 of all rooms and
	// the house.
	ModerationLog(ctx context.Context, room, before int64, limit int) ([]LogEntry, error)
}

// LogPage is how many entries a page of the moderation log shows.
const LogPage = 100

// ModerationLog is a page of the log of a room for those who moderate there;
// with an empty slug it is everything, for admins.
func (h *House) ModerationLog(ctx context.Context, by Identity, slug string, before int64) (Room, []LogEntry, error) {
	room, _, err := h.keeper(ctx, by, slug)
	if err != nil {
		return room, nil, err
	}
	entries, err := h.store.ModerationLog(ctx, room.ID, before, LogPage)
	return room, entries, err
}

// keeper is how every act of moderation begins: who may keep order there. An
// empty slug is the house, whose order admins keep; the room is then empty.
func (h *House) keeper(ctx context.Context, by Identity, slug string) (Room, Standing, error) {
	if slug != "" {
		return h.find(ctx, by, slug, Moderate)
	}
	if !by.Admin {
		return Room{}, Standing{}, errAdminsOnly
	}
	return Room{}, Standing{Identity: by}, nil
}

var errAdminsOnly = Errorf(Forbidden, "policy.admins_only", "only those who run the house may do that")

// act begins a line of the log.
func (h *House) act(by Standing, room Room, act Act) LogEntry {
	return LogEntry{Room: room.ID, At: h.now(), By: Author{ID: by.ID, Name: by.Name}, Act: act}
}

// Queue is all that waits for moderators, and what they have set.
type Queue struct {
	Waiting   []Seat
	Held      []Held
	Reports   []Reported
	Sanctions []Sanction // in force
	Filters   []Filter
}

// Len counts what waits to be decided.
func (q Queue) Len() int { return len(q.Waiting) + len(q.Held) + len(q.Reports) }

// Queue is the queue of a room for those who moderate there. With an empty slug
// it is that of the house, for admins: the reports of all rooms, and the
// sanctions and filters of the house itself.
func (h *House) Queue(ctx context.Context, by Identity, slug string) (Room, Standing, Queue, error) {
	var q Queue
	room, who, err := h.keeper(ctx, by, slug)
	if err != nil {
		return room, who, q, err
	}
	if room.ID != 0 {
		if q.Waiting, err = h.store.Waiting(ctx, room.ID, h.now().Add(-waitingForget)); err != nil {
			return room, who, q, err
		}
		if q.Held, err = h.store.Held(ctx, room.ID); err != nil {
			return room, who, q, err
		}
	}
	if q.Reports, err = h.store.Reports(ctx, room.ID); err != nil {
		return room, who, q, err
	}
	if q.Sanctions, err = h.store.Sanctions(ctx, room.ID, h.now()); err != nil {
		return room, who, q, err
	}
	q.Filters, err = h.store.Filters(ctx, room.ID)
	return room, who, q, err
}
