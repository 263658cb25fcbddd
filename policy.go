package parlour

import (
	"context"
	"math"
	"time"
)

// Action is something that an identity may or may not do in a room.
type Action string

// The actions that the policy decides.
const (
	See      Action = "see"      // know that the room is there: lobby, door
	Enter    Action = "enter"    // take a seat
	Read     Action = "read"     // its messages, its people, its stream
	Post     Action = "post"     // say something
	React    Action = "react"    // answer a message with an emoji
	Link     Action = "link"     // say something with a link in it
	Upload   Action = "upload"   // add a file
	Edit     Action = "edit"     // give what they said another text, see mayChange
	Delete   Action = "delete"   // take back what they said, see mayChange
	Report   Action = "report"   // tell the moderators of a message
	Moderate Action = "moderate" // keep order
	Manage   Action = "manage"   // set the room's rules
)

// Actions are all of them.
var Actions = []Action{See, Enter, Read, Post, React, Link, Upload, Edit, Delete, Report, Moderate, Manage}

// May is the house's access policy: nil when somebody of that standing may do
// the action in the room at that time, else the reason why not. Pages, streams,
// posts and whatever comes later all ask here. It asks in this order: is the
// room there for them at all, which nothing else may give away; does a sanction
// meet them; what do the rules of the room say. A Policy may refuse what May
// allows, never the reverse.
func May(who Standing, action Action, room Room, now time.Time) error {
	if !room.Access.See.includes(who) && !who.Moderates() {
		return ErrRoomNotFound
	}
	if who.Barred != nil && !who.Admin && action != See {
		return sanctioned("policy.barred", "you are kept out", who.Barred, now)
	}
	switch action {
	case See:
		return nil
	case Moderate:
		return allowIf(who.Moderates(), "policy.moderators_only", "only moderators may do that")
	case Manage:
		return allowIf(who.Owns(), "policy.owners_only", "only the room's owners may do that")
	}
	if err := mayRead(who, action, room); err != nil {
		return err
	}
	switch action {
	case Enter, Read, Report:
		return nil
	case Post, React:
		return mayPost(who, room, now)
	case Link:
		if err := mayPost(who, room, now); err != nil {
			return err
		}
		return newcomerWait(who, room.LinkAfter, "policy.newcomer_links", "newcomers may not post links yet", now)
	case Upload:
		if err := mayPost(who, room, now); err != nil {
			return err
		}
		return allowAudience(who, room.Access.Upload)
	case Edit:
		if err := mayPost(who, room, now); err != nil {
			return err
		}
		return mayEverEdit(who, room)
	case Delete: // those who may not talk any more may still take back
		if !room.ArchivedAt.IsZero() && !who.Moderates() {
			return errArchived
		}
		return mayEverEdit(who, room)
	default:
		return Errorf(Forbidden, "policy.refused", "there is no action %.40q", string(action))
	}
}

// mayRead is what reading asks for, and everything that needs it.
func mayRead(who Standing, action Action, room Room) error {
	if err := allowAudience(who, room.Access.Read); err != nil {
		return err
	}
	if !who.Known() {
		return ErrNameless
	}
	if who.Moderates() {
		return nil
	}
	if !who.IsSeated() {
		if action != Enter {
			return ErrNoSeat
		}
		return allowIf(!room.Locked, "policy.locked", "the room is locked, nobody new can come in")
	}
	if action != Enter && room.WaitingRoom && who.Kind != Member && !who.Seat.Admitted {
		return ErrWaiting
	}
	return nil
}

// MayEndReading tells whether somebody who could read in a room as it was may
// perhaps not as it is now, or not at the address of their stream. What else there
// is to change of a room is about those who come in, or who post.
func MayEndReading(was, now Room) bool {
	return was.Slug != now.Slug || was.Access.See != now.Access.See || was.Access.Read != now.Access.Read ||
		now.WaitingRoom && !was.WaitingRoom
}

// mayPost is what saying something asks for besides reading.
func mayPost(who Standing, room Room, now time.Time) error {
	if !room.ArchivedAt.IsZero() {
		return errArchived
	}
	if who.Muted != nil && !who.Admin {
		return sanctioned("policy.muted", "you are muted", who.Muted, now)
	}
	if who.Moderates() {
		return nil
	}
	if room.ReadOnly {
		return Errorf(Forbidden, "policy.read_only", "nobody may post here now")
	}
	if err := allowAudience(who, room.Access.Post); err != nil {
		return err
	}
	return newcomerWait(who, room.TalkAfter, "policy.newcomer", "newcomers may not talk yet", now)
}

var errArchived = Errorf(Forbidden, "policy.archived", "the room is in the archive, nobody posts there")

// mayEverEdit refuses where what was said stays said.
func mayEverEdit(who Standing, room Room) error {
	return allowIf(room.EditWindow >= 0 || who.Moderates(), "policy.no_edits", "what is said here stays said")
}

// newcomerWait refuses those who are not members and came less than a time ago.
func newcomerWait(who Standing, after time.Duration, code, detail string, now time.Time) error {
	wait := after - now.Sub(who.Seat.Since)
	if who.Kind == Member || wait <= 0 {
		return nil
	}
	return waitError(code, detail, wait)
}

// waitError is TooMany with the whole seconds to wait.
func waitError(code, detail string, wait time.Duration) *Error {
	seconds := int(math.Ceil(wait.Seconds()))
	err := Errorf(TooMany, code, "%s, wait %d seconds", detail, seconds)
	err.RetryAfter = time.Duration(seconds) * time.Second
	err.Args = map[string]any{"Count": seconds}
	return err
}

func allowIf(ok bool, code, detail string) error {
	if ok {
		return nil
	}
	return &Error{Kind: Forbidden, Code: code, Detail: detail} // not by Errorf: each page asks for what it does not show
}

// allowAudience refuses those outside of an audience; those who might belong to
// it once they sign in are told to.
func allowAudience(who Standing, audience Audience) error {
	switch {
	case audience.includes(who) || who.Moderates():
		return nil
	case who.Kind != Member && (audience == Members || audience == ListedOnly):
		return Errorf(SignedOut, "policy.members_only", "only members may do that, sign in")
	default:
		return Errorf(Forbidden, "policy.refused", "you may not do that here")
	}
}

// sanctioned tells of a sanction: the reason, and how long it lasts.
func sanctioned(code, detail string, s *Sanction, now time.Time) error {
	err := Errorf(Forbidden, code, "%s: %s", detail, s.Reason)
	err.Args = map[string]any{"Reason": s.Reason}
	if !s.Until.IsZero() {
		err.RetryAfter = s.Until.Sub(now).Round(time.Second)
	}
	return err
}

// ErrNameless refuses those of whom nobody knows yet who they are, where a name
// is enough.
var ErrNameless = Errorf(SignedOut, "session.none", "choose a name first")

// ErrWaiting refuses those whom no moderator has let in yet.
var ErrWaiting = Errorf(Forbidden, "policy.waiting", "a moderator has to let you in")

// Policy is asked after the house's own rules, and may refuse what they allow:
// nil allows or has no opinion, an *Error refuses with its reason. Any other
// error is a failure, and failing refuses. It must be quick: it is asked on
// every page, stream and post.
type Policy interface {
	May(ctx context.Context, who Standing, action Action, room Room) error
}
