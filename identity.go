package parlour

import "net/netip"

// IdentityKind says what sort of identity acts.
type IdentityKind string

// The sorts of identity. The zero value is a visitor who has no name yet.
const (
	Visitor IdentityKind = ""
	Guest   IdentityKind = "guest"
	Member  IdentityKind = "member"
)

// Identity is who acts. It is passed explicitly to everything that needs to
// know, never through a context.
type Identity struct {
	Kind IdentityKind
	// ID is public and random (a letter and 12 characters of a-z and 0-9): it
	// stands in pages as a CSS class and is no secret. A guest who becomes a
	// member keeps it.
	ID string
	// Name is what the person last chose to be called.
	Name string
	// Admin tells that the member runs the house.
	Admin bool
	// Lang is what the member has set, and Zone what the member or guest has;
	// empty: nothing.
	Lang, Zone string
	// Addr is where the identity acts from; invalid when that is not known.
	Addr netip.Addr
	// Session names the session that the identity acts in, without telling its
	// token; empty where there is none.
	Session string
	// proof is the Account.Proof of the moment when the member was looked up.
	proof string
}

// Known tells whether anybody in particular acts.
func (id Identity) Known() bool { return id.ID != "" }
