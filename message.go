package parlour

import "time"

// MessageKind says what a message is and so how it looks.
type MessageKind string

// The kinds of message.
const (
	KindMessage MessageKind = "message" // somebody says something
	KindAction  MessageKind = "action"  // somebody does something: "Ana waves"
	KindJoin    MessageKind = "join"    // people came, and perhaps others went
	KindLeave   MessageKind = "leave"   // people went
	KindSystem  MessageKind = "system"  // the house states a fact: "Ana is now called Anna"
	KindNotice  MessageKind = "notice"  // a program or the house tells everyone something
	// KindFace is what stands above the messages, in Event.Face, and no message:
	// each room has at most one, which changes with it. It counts as deleted, so
	// that nothing that lists messages comes across it; changes are all it is for.
	KindFace MessageKind = "face"
)

// Message is one entry of a room as it is now.
type Message struct {
	Room    int64 // Room.ID
	Seq     Seq   // the change it was posted under; its address in the room
	Changed Seq   // the last change made to it; equals Seq when none was
	Kind    MessageKind
	Author  Author // empty for what the house says
	// Body is clean text as typed (see CleanBody): valid UTF-8, lines end in
	// LF, never markup. Empty where Event says it in the reader's language.
	Body string
	// Event is what happened, as data, so that each reader gets it in their
	// own language: always with KindJoin and KindLeave, perhaps with KindSystem.
	Event *Event
	// Mentions are in the order in which they stand in Body, and none overlaps.
	Mentions []Mention
	// Quote is set when the message is a reply.
	Quote *Quote
	// Reactions are in the order in which each emoji was first given.
	Reactions []Reaction
	At        time.Time // posted, UTC, whole milliseconds
	Edited    time.Time // zero when never edited
	// EditedBy is the name of the moderator whose text it is; empty while it is
	// the author's own.
	EditedBy string
	Deleted  time.Time // zero unless deleted; then nothing of what it said is left
	Stub     Stub      // what is left in its place once it is deleted
}

// Stub tells by whom a message was deleted that left a line saying so.
type Stub string

// What a deleted message leaves.
const (
	NoStub          Stub = "" // nothing
	StubOfAuthor    Stub = "author"
	StubOfModerator Stub = "moderator"
)

// IsGone tells whether nothing of the message is to be seen any more.
func (m Message) IsGone() bool {
	return !m.Deleted.IsZero() && m.Stub == NoStub && m.Kind != KindFace
}

// Author is who wrote a message, under the name they had then.
type Author struct {
	ID   string // Identity.ID
	Name string
	// Guest tells that they were no member then.
	Guest bool
	// Lookalike tells that the name looked like that of somebody else in the
	// room, or of a member.
	Lookalike bool
}

// Event is what happened in a room, told as data. Names are plain text.
type Event struct {
	// Joined and Left name who came and went since the previous other message,
	// at most EventNames each; MoreJoined and MoreLeft count those not named.
	Joined     []string `json:"joined,omitempty"`
	MoreJoined int      `json:"more_joined,omitempty"`
	Left       []string `json:"left,omitempty"`
	MoreLeft   int      `json:"more_left,omitempty"`
	// Renamed is set when somebody took another name.
	Renamed *Renaming `json:"renamed,omitempty"`
	// Set is set when a moderator changed the room's rules or topic.
	Set *Setting `json:"set,omitempty"`
	// Face is set with KindFace alone.
	Face *Face `json:"face,omitempty"`
}

// EventNames is how many people an Event names before it only counts.
const EventNames = 20

// Renaming is a change of name.
type Renaming struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Change is one step of a room: what a message became under a number.
// Replaying the changes after a cursor in order brings a reader up to date.
type Change struct {
	Seq     Seq // equals Message.Changed
	Message Message
}

// Change is the latest change that was made to the message.
func (m Message) Change() Change { return Change{Seq: m.Changed, Message: m} }

// Op says what a change did to its message.
type Op int

// What a change can do.
const (
	Posted Op = iota
	Edited
	Removed
)

// Op tells what the change did.
func (c Change) Op() Op {
	switch {
	case c.Message.IsGone():
		return Removed
	case c.Seq != c.Message.Seq:
		return Edited
	default:
		return Posted
	}
}
