package parlour

import (
	"regexp"
	"strings"
	"time"
)

// Room is a place to talk: one sequence of changes.
type Room struct {
	ID        int64  // internal, never reused, never shown
	Slug      string // its part of the address: /rooms/{slug}
	Name      string
	Topic     string // one line, may be empty
	Head      Seq    // the number of its last change
	CreatedAt time.Time

	Description string // some lines, shown in the lobby and at the door
	Rules       string // shown at the door
	Access      Access
	// PasswordHash keeps out those who do not know the password; empty: none.
	PasswordHash string
	// HistoryFromJoin hides what was said before somebody came.
	HistoryFromJoin bool
	// Slow is the least time between two messages of one person; 0: none.
	Slow time.Duration
	// TalkAfter and LinkAfter are how long somebody who is no member must have
	// been there before they may talk, and post links.
	TalkAfter, LinkAfter time.Duration
	Locked               bool // nobody new comes in
	ReadOnly             bool // only moderators may post
	WaitingRoom          bool // a moderator lets guests in
	// EditWindow is how long people may edit and delete what they said: Always,
	// NoEdits, or some time; 0 is UsualEditWindow. Moderators always may.
	EditWindow time.Duration
	// Stubs lets a message that is deleted leave a line that says so.
	Stubs bool
	// Discreet rooms are not told who comes and goes. Who is there can be seen all
	// the same.
	Discreet   bool
	ArchivedAt time.Time
}

// CleanSlug makes a room's part of the address out of what was typed: 1 to 64
// of a-z, 0-9, "-" and "_", beginning with a letter or a digit. Capitals become
// small; anything else is Invalid.
func CleanSlug(typed string) (string, error) {
	slug := strings.ToLower(typed)
	if !slugPattern.MatchString(slug) {
		err := Errorf(Invalid, "slug.malformed", "%.80q is no room address: 1 to 64 of a-z, 0-9, - and _", typed)
		err.Field = "slug"
		return "", err
	}
	if slug == "new" { // is where rooms are made
		return "", fieldErrorf(Invalid, "slug.reserved", "slug", "that address is the house's own")
	}
	return slug, nil
}

var slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
