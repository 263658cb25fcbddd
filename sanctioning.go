package parlour

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
)

// SanctionStore keeps sanctions, and what they need to know of people.
type SanctionStore interface {
	// Trace notes from where somebody acts.
	Trace(ctx context.Context, trace Trace) error
	// Target is what is known of somebody whom a moderator of the room (0: of
	// the house) wants to reach, or ErrPersonNotFound.
	Target(ctx context.Context, room int64, person string) (Target, error)
	// SeatsNamed are the seats in the room whose names have one of the keys
	// (see NameKey).
	SeatsNamed(ctx context.Context, room int64, keys []string) ([]Seat, error)
	// Sanction stores a sanction, with its line in the log.
	Sanction(ctx context.Context, s Sanction, entry LogEntry) (Sanction, error)
	// Lift ends a sanction of the room (0: of the house) and completes the entry
	// with whom it had met. It is ErrSanctionNotFound when there is none in
	// force.
	Lift(ctx context.Context, room, id int64, entry LogEntry) (Sanction, error)
	// Sanctions are those of the room (0: of the house) that are in force at a
	// time, newest first, at most SanctionsShown.
	Sanctions(ctx context.Context, room int64, now time.Time) ([]Sanction, error)
}

// SanctionsShown is how many sanctions a list has at most.
const SanctionsShown = 500

// Trace is from where somebody acted last. It is forgotten after TraceKept.
type Trace struct {
	Person, Name     string
	Session, Address string // Address is an AddrKey
	At               time.Time
}

// TraceKept is how long a trace is kept after it was last renewed.
const TraceKept = 30 * 24 * time.Hour

// Target is somebody whom a sanction is to meet.
type Target struct {
	Author
	Kind             IdentityKind
	Admin            bool
	Role             Role    // in the room
	Session, Address string  // where they acted from last; empty: not known
	Rooms            []int64 // where they have seats
}

// Reach says what of a person a sanction meets. The zero value leaves it to the
// kind of person: an account for a member; for a guest, who has nothing else to
// be known by, the session and the address too.
type Reach struct{ Person, Session, Address bool }

// KickTime is how long a kick lasts of which nothing else is said.
const KickTime = 10 * time.Minute

// Sentence is a sanction as a moderator asks for it.
type Sentence struct {
	Kind   SanctionKind
	Person string // Identity.ID
	House  bool   // everywhere, not only in the room
	Reach  Reach
	For    time.Duration // 0: for good, or KickTime
	Reason string
	// Delete also takes away what the person said and reacted with in so much time
	// until now; see AllTime.
	Delete time.Duration
}

// Errors of sanctions.
var (
	ErrPersonNotFound   = Errorf(NotFound, "person.not_found", "nobody here is known under that")
	ErrSanctionNotFound = Errorf(NotFound, "sanction.not_found", "there is no such sanction in force")
	ErrOutranked        = Errorf(Forbidden, "sanction.outranked", "you may not do that to somebody of your own rank or a higher one")
)

// MaxReason is how many characters a reason may have.
const MaxReason = 300

// Sanction keeps somebody out of the room or of the house, or silent there.
// Streams that lost their right are closed when it returns. Nobody sanctions an
// admin, nor somebody of their own rank or a higher one.
func (h *House) Sanction(ctx context.Context, by Identity, slug string, s Sentence) (Sanction, error) {
	room, who, err := h.keeper(ctx, by, slug)
	if err != nil {
		return Sanction{}, err
	}
	switch s.Kind {
	case Ban, Kick, Mute:
	default:
		return Sanction{}, Errorf(Invalid, "sanction.kind", "%.40q is no sanction", s.Kind)
	}
	if s.House || slug == "" {
		if !who.Admin {
			return Sanction{}, errAdminsOnly
		}
		s.House = true
	}
	if s.Reason, err = cleanReason(s.Reason); err != nil {
		return Sanction{}, err
	}
	target, err := h.store.Target(ctx, room.ID, s.Person)
	if err != nil {
		return Sanction{}, err
	}
	if err := mayReach(who, target); err != nil {
		return Sanction{}, err
	}
	made, err := h.sanction(ctx, who, room, target, s)
	if err != nil || s.Delete <= 0 {
		return made, err
	}
	_, err = h.purge(ctx, who, room, target, s)
	return made, err
}

// mayReach refuses what goes up or sideways.
func mayReach(who Standing, target Target) error {
	if target.Admin || target.ID == who.ID || !who.Admin && target.Role >= who.Role {
		return ErrOutranked
	}
	return nil
}

// Person is somebody whom a reader of the room sees there, or saw. It comes with
// ErrOutranked when the reader could do nothing about them even as a moderator.
// From where they act is told to nobody.
func (h *House) Person(ctx context.Context, who Standing, room Room, person string) (Target, error) {
	target, err := h.store.Target(ctx, room.ID, person)
	if err != nil {
		return Target{}, err
	}
	if !who.Moderates() && !slices.Contains(target.Rooms, room.ID) {
		return Target{}, ErrPersonNotFound
	}
	target.Session, target.Address = "", ""
	return target, mayReach(who, target)
}

// Allows tells whether somebody of that standing may do the action, for pages
// that offer it.
func (h *House) Allows(ctx context.Context, who Standing, action Action, room Room) bool {
	return h.may(ctx, who, action, room) == nil
}

// sanction stores a sanction and lets it take effect.
func (h *House) sanction(ctx context.Context, who Standing, room Room, target Target, s Sentence) (Sanction, error) {
	where := room
	if s.House {
		where = Room{}
		if s.Kind == Kick { // one is kicked out of a room
			s.Kind = Ban
		}
	}
	if s.Kind == Kick && s.For <= 0 {
		s.For = KickTime
	}
	entry := h.act(who, where, Act(s.Kind))
	entry.Target, entry.Reason = target.Author, s.Reason
	made := Sanction{
		Kind: s.Kind, Room: where.ID, Name: target.Name, Reason: s.Reason, By: entry.By, At: entry.At,
	}
	if s.For > 0 {
		made.Until = entry.At.Add(s.For)
		entry.Detail = FormatSpan(s.For)
	}
	reach := s.Reach
	if reach == (Reach{}) {
		isGuest := target.Kind != Member
		reach = Reach{Person: true, Session: isGuest, Address: isGuest && s.Kind == Ban}
	}
	if reach.Person {
		made.Person = target.ID
	}
	if reach.Session {
		made.Session = target.Session
	}
	if reach.Address {
		made.Address = target.Address
	}
	if made.Person == "" && made.Session == "" && made.Address == "" {
		return Sanction{}, Errorf(Invalid, "sanction.unreachable", "nothing is known by which that person could be met")
	}
	made, err := h.store.Sanction(ctx, made, entry)
	switch {
	case err != nil:
	case made.Kind == Mute: // who stays may be shown as writing something
		h.live.RecheckWhom(made.Room, made.Whom())
	default:
		h.throwOut(made, target)
	}
	return made, err
}

// Whom is whom the sanction meets.
func (s Sanction) Whom() Whom { return Whom{Person: s.Person, Session: s.Session, Address: s.Address} }

// throwOut ends the streams that have lost their right, and then tells the
// rooms that somebody is gone: whoever was thrown out is not waited for as those
// are whose connection broke.
func (h *House) throwOut(made Sanction, target Target) {
	room := made.Room
	h.live.RecheckWhom(room, made.Whom())
	for _, seated := range target.Rooms {
		if room == 0 || seated == room {
			h.live.Left(seated, target.ID)
		}
	}
}

// Lift undoes a sanction of the room, or with an empty slug one of the house.
// What was deleted together with it stays deleted.
func (h *House) Lift(ctx context.Context, by Identity, slug string, id int64) (Sanction, error) {
	room, who, err := h.keeper(ctx, by, slug)
	if err != nil {
		return Sanction{}, err
	}
	return h.store.Lift(ctx, room.ID, id, h.act(who, room, ActLift))
}

// cleanReason makes one line of a reason.
func cleanReason(typed string) (string, error) {
	reason := strings.Join(strings.Fields(strings.ToValidUTF8(typed, "\uFFFD")), " ")
	if n := utf8.RuneCountInString(reason); n > MaxReason {
		err := Errorf(Invalid, "reason.too_long", "the reason has %d characters, %d are allowed", n, MaxReason)
		err.Field = "reason"
		err.Args = map[string]any{"Count": n, "Max": MaxReason}
		return "", err
	}
	return reason, nil
}

// traceAfter is how often a trace is written down that stays the same.
const traceAfter = 24 * time.Hour

// trace notes from where somebody acts, when that is new. Without it nobody who
// drops their cookies could be kept out.
func (h *House) trace(ctx context.Context, by Identity) error {
	now := h.now()
	is := traced{name: by.Name, session: by.Session, from: household(by.Addr), at: now}
	if was, ok := h.traces.Get(by.ID); ok && now.Sub(was.at) < traceAfter {
		if was.at = now; was == is {
			return nil
		}
	}
	err := h.store.Trace(ctx, Trace{
		Person: by.ID, Name: by.Name, Session: by.Session, Address: AddrKey(by.Addr), At: now,
	})
	if err == nil {
		h.traces.Add(by.ID, is)
	}
	return err
}

// traced is what a person's last trace says, in a form that costs nothing to
// compare.
type traced struct {
	name, session string
	from          netip.Prefix
	at            time.Time
}

// tracesKnown bounds the memory for what was last written down of whom: some
// 200 bytes each.
const tracesKnown = 20_000

func newTraces() *lru.Cache[string, traced] {
	traces, err := lru.New[string, traced](tracesKnown)
	if err != nil {
		panic(err) // the size above is positive
	}
	return traces
}
