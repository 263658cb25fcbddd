package parlour

import (
	"context"
	"time"
)

// Store keeps the house for good. Whatever changes a room takes the room's next
// number inside the transaction that stores it, and the method returns once
// that transaction is durable: after a nil error no crash undoes it. Each
// commit is told to the house's live side before the method returns, in the
// order of the numbers.
//
// All methods may be called from many goroutines. Errors are *Error where they
// say so; others mean that the store is in trouble, and a store that is busy
// or full answers Unavailable.
type Store interface {
	SanctionStore
	DeletionStore
	RevisionStore
	PinStore
	HoldStore
	FilterStore
	ReportStore
	WaitingStore
	AdjustmentStore
	LogStore
	MemberStore
	PassStore
	SettingStore
	RoomStore
	ListStore
	InvitationStore
	ReadingStore
	ReactionStore
	DraftStore
	ControlStore
	SearchStore
	MentionStore

	// Rooms are all rooms, by name.
	Rooms(ctx context.Context) ([]Room, error)
	// Room is the room with this slug, or ErrRoomNotFound.
	Room(ctx context.Context, slug string) (Room, error)
	// Standing is the room with this slug, or ErrRoomNotFound, and how the
	// identity stands in it: its role, its seat, and the sanctions in force at
	// that time that meet it, the room's and the house's, from one snapshot.
	Standing(ctx context.Context, by Identity, slug string, now time.Time) (Room, Standing, error)
	// Standings is the same for all rooms, by name, without the archived.
	Standings(ctx context.Context, by Identity, now time.Time) ([]RoomStanding, error)
	// CreateRoom adds a room by Slug, Name and Topic. A Slug that is there
	// already is a Conflict.
	CreateRoom(ctx context.Context, room Room) (Room, error)

	// Page is the newest limit messages posted before a number (0: the newest
	// of all), from one snapshot.
	Page(ctx context.Context, room int64, before Seq, limit int) (Page, error)
	// Around is a message in its context: at most limit messages before it and as
	// many after it, from one snapshot. The flag tells that newer ones are there.
	// A message that is not there or was deleted is ErrMessageNotFound.
	Around(ctx context.Context, room int64, seq Seq, limit int) (page Page, newer bool, err error)
	// Since is what happened after a number, at most limit messages, from one
	// snapshot.
	Since(ctx context.Context, room int64, after Seq, limit int) (Catchup, error)

	// Post stores a message under the next number. The same author, key and
	// body in the same room are one message: sent again, it answers with the
	// message that is there (fresh is false) and changes nothing. An empty key
	// makes each post its own.
	Post(ctx context.Context, post NewMessage) (m Message, fresh bool, err error)
	// Seat is the person's seat in the room, or ErrNoSeat.
	Seat(ctx context.Context, room int64, person string) (Seat, error)
	// TakeSeat gives a seat under a name, or renames the seat that the person
	// has, without telling the room, and answers it as it is then. It is
	// ErrNameReserved when another member has the name, and ErrNameTaken when
	// another seat of the room holds it, unless that one is not Announced and
	// was last seen before staleBefore: then it is given up. It is ErrOvertaken
	// when rights changed after Seat.Asked.
	TakeSeat(ctx context.Context, seat Seat, staleBefore time.Time) (Seat, error)
	// GiveUpSeat frees the person's seat and name in the room, if any.
	GiveUpSeat(ctx context.Context, room int64, person string) error
	// Rename gives all seats of a person, and the member's account, another
	// name, or none of them with ErrNameTaken or ErrNameReserved. Rooms in which the seat is Announced are told (KindSystem
	// with Event.Renamed), except when the old and the new name are the same.
	Rename(ctx context.Context, person, name string, at, staleBefore time.Time) error
	// Attend tells a room who came and who went, and marks their seats
	// Announced or not, seen at that time. When the room's newest message is
	// itself such a line, that line is changed (see Attendance), else one is
	// posted. Whose coming or going the room was told of already, by whichever
	// node, is passed over.
	Attend(ctx context.Context, room int64, joined, left []Author, at time.Time) error
	// AnnouncedSeats are the seats of all rooms whose arrival was told and
	// whose departure was not.
	AnnouncedSeats(ctx context.Context) ([]Seat, error)
}

// RoomStanding is a room and how somebody stands in it.
type RoomStanding struct {
	Room
	Standing Standing
}

// NewMessage is a message on its way into the store.
type NewMessage struct {
	Room   int64
	Kind   MessageKind
	Author Author
	Body   string
	// Mentions are those of Body; held, they mention nobody until it is approved.
	Mentions []Mention
	Event    *Event
	Key      string // at most MaxKey characters, chosen by who sends it
	// Reply is the message that this one answers, or 0. It is ErrReplyGone when
	// that is not there any more, ErrReplyImpossible when nobody said it.
	Reply Seq
	// Veils keeps the quote of a Reply from telling of its message when somebody
	// has a seat whose history begins after that.
	Veils bool
	At    time.Time
	// Slow is the least time since the author's previous message in the room: a
	// post before that is TooMany. 0 is none.
	Slow time.Duration
	// Asked is when the author's right to post was looked at, with the clock's
	// monotonic reading; a post that is overtaken by a sanction since is
	// ErrOvertaken. Zero does not ask.
	Asked time.Time
	// Edits is the message that this is to be the new text of; only Hold takes
	// such a one. 0 is a message of its own.
	Edits Seq
}

// ErrOvertaken tells a writer that rights have changed since they were looked
// at: look again.
var ErrOvertaken = Errorf(Conflict, "store.overtaken", "rights have changed meanwhile")

// TooSoon refuses a post in slow mode, with the time to wait.
func TooSoon(wait time.Duration) error {
	return waitError("policy.slow", "the room is in slow mode", wait)
}

// Page is a run of messages as they are now, oldest first, without the deleted.
type Page struct {
	Messages []Message
	Head     Seq  // the room's head when the page was read
	Face     Face // what stood above the messages then
	More     bool // older messages are there
}

// Catchup is what a reader lacks.
type Catchup struct {
	// Messages are those changed after the cursor, each once as it is now, in
	// the order in which they are to be applied: first changes to what the
	// reader has, by Changed; then what was posted since, by Seq, without the
	// messages that were deleted again.
	Messages []Message
	Head     Seq  // the cursor once all of them are applied
	TooFar   bool // more than limit changed, or the cursor is ahead of Head: start afresh
}
