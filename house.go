package parlour

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// House is everything that people and programs can do, each method one thing.
// It decides who may, by May, the Policy and the rules of the house, before it
// asks the Store. Its methods may be called from many goroutines.
type House struct {
	store  Store
	live   Live
	policy Policy // nil: the house's own rules only
	// mentionsAt is Rules.MentionsAt.
	mentionsAt func(kind MessageKind, body string) []int
	flood      *flood    // nil when limits are off
	attempts   *attempts // nil when limits are off
	mailer     Mailer    // nil: the house cannot send mail
	filters    *filterCache
	traces     *lru.Cache[string, traced] // what the store has of those who acted last
	used       *usedOnce
	nameHold   time.Duration
	now        func() time.Time
}

// Live is the side of the house that people are connected to.
type Live interface {
	// Left ends the person's streams in the room at once; the room is told.
	Left(room int64, person string)
	// SessionEnded ends the streams that were opened in a session at once.
	SessionEnded(session string)
	// Recheck asks for each open stream of a room (0: of the whole house)
	// whether it may still be, and ends those that may not. It is called after
	// every change that can take a right away, and returns when those are ended
	// that the house itself refuses; what a Policy says follows as it answers.
	Recheck(room int64)
	// RecheckWhom is the same for the streams of some: those of others cannot
	// have lost anything, and in a large room there are many.
	RecheckWhom(room int64, whom Whom)
}

// Whom is by what some are known: whoever has one of these. What is empty meets
// nobody, and a Whom of which all is empty meets everybody.
type Whom struct {
	Person  string // Identity.ID
	Session string
	Address string // see AddrKey
}

// Meets tells whether somebody is meant.
func (w Whom) Meets(person, session string, addr netip.Addr) bool {
	return w == Whom{} || w.Person != "" && w.Person == person || w.Session != "" && w.Session == session ||
		w.Address != "" && w.Address == AddrKey(addr)
}

// Rules are what an operator may set.
type Rules struct {
	// Limits switches the flood limits on.
	Limits bool
	// NameHold is how long the name of somebody who is gone stays theirs.
	NameHold time.Duration
	// Share tells the other nodes of the house what was counted against its limits
	// here, see House.Count; it must not wait. nil: there are no others.
	Share func(Spent)
	// Policy is asked after the house's own rules; nil is none.
	Policy Policy
	// Mailer sends letters; nil is none.
	Mailer Mailer
	// MentionsAt tells at which bytes of a body an @ may begin a mention: not in
	// code, nor in a link. nil: at any.
	MentionsAt func(kind MessageKind, body string) []int
}

// NewHouse opens the house over its store.
func NewHouse(store Store, live Live, rules Rules) *House {
	h := &House{store: store, live: live, policy: rules.Policy, mailer: rules.Mailer, nameHold: rules.NameHold, now: clock}
	h.filters, h.traces = newFilterCache(), newTraces()
	if h.mentionsAt = rules.MentionsAt; h.mentionsAt == nil {
		h.mentionsAt = anyAt
	}
	if rules.Limits {
		h.flood, h.attempts = newFlood(), newAttempts()
		h.flood.share, h.attempts.counted.share = rules.Share, rules.Share
	}
	h.used = newUsedOnce(rules.Share)
	return h
}

// clock tells times as messages keep them: UTC, whole milliseconds.
func clock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// newPersonID makes an Identity.ID of 60 random bits.
func newPersonID() string { return "p" + strings.ToLower(rand.Text()[:12]) }

// AddrKey is what sanctions know an address by: an IPv4 address, or the /64 of
// an IPv6 address, of which one household has at least one whole. It is empty
// for an invalid address.
func AddrKey(addr netip.Addr) string {
	switch network := household(addr); {
	case !network.IsValid():
		return ""
	case network.Addr().Is4():
		return network.Addr().String()
	default:
		return network.String()
	}
}

// household is the network that an AddrKey stands for.
func household(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	network, _ := addr.Prefix(min(addr.BitLen(), 64)) // it is none for none
	return network
}

// find is how every method finds a room: together with how the identity stands
// in it, and through what it may do there. A room that may not be seen is not
// found. The room and the standing come back with every other refusal.
func (h *House) find(ctx context.Context, by Identity, slug string, action Action) (Room, Standing, error) {
	room, who, err := h.store.Standing(ctx, by, slug, h.now())
	return h.found(ctx, room, who, action, err)
}

// found is what find makes of the store's answer.
func (h *House) found(ctx context.Context, room Room, who Standing, action Action, err error) (Room, Standing, error) {
	if err != nil {
		return Room{}, Standing{}, err
	}
	if err = h.may(ctx, who, action, room); KindOf(err) == NotFound {
		return Room{}, Standing{}, err // nobody can give away what they do not have
	}
	return room, who, err
}

// may asks the house's rules and then the policy from outside, which is not
// asked about admins: a program that fails must not lock the house. A room that
// the policy lets somebody not see is not found, whatever was asked.
func (h *House) may(ctx context.Context, who Standing, action Action, room Room) error {
	err := May(who, action, room, h.now())
	if h.policy == nil || who.Admin || err != nil && KindOf(err) == NotFound {
		return err
	}
	if err := h.outside(ctx, who, See, room); err != nil {
		if KindOf(err) == Unavailable {
			return err
		}
		return ErrRoomNotFound
	}
	if err != nil || action == See {
		return err
	}
	return h.outside(ctx, who, action, room)
}

// outside asks the policy from outside.
func (h *House) outside(ctx context.Context, who Standing, action Action, room Room) error {
	err := h.policy.May(ctx, who, action, room)
	if _, isRefusal := errors.AsType[*Error](err); err == nil || isRefusal {
		return err
	}
	return errors.Join(Errorf(Unavailable, "policy.unavailable", "the site's policy cannot be asked"), err)
}
