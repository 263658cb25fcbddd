package parlour

import "context"

// MemberStore keeps the people who have an account.
type MemberStore interface{}

// current is the identity as it is now: the session of a member may have ended
// since, and the member may have become something else.
func (h *House) current(_ context.Context, by Identity) (Identity, error) { return by, nil }
