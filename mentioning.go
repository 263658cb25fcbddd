package parlour

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Mention is where a message names somebody, with an @ before the name. Whose name
// it is was found out when the text was written, and holds whatever the person
// comes to be called.
type Mention struct {
	Person string `json:"person"` // Identity.ID
	// Start and End are the bytes of the body from the @ to behind the name.
	Start int `json:"start"`
	End   int `json:"end"`
}

// MaxMentions is how many mentions a message may have; a further @ is text.
const MaxMentions = 10

// MentionStore knows who has which name, and who was mentioned.
type MentionStore interface {
	// Named tells who has a name, by its key (see NameKey): a seat in the room, to
	// which they were let in, or an account that is not disabled.
	Named(ctx context.Context, room int64, keys []string) (map[string]string, error)
	// SeatsFrom are seats in the room, to which somebody was let in, whose names
	// have keys that begin with a text, by name.
	SeatsFrom(ctx context.Context, room int64, beginning string, limit int) ([]Seat, error)
	// MembersFrom are members whose names have keys that begin with a text, by name,
	// without the disabled: those who run the house, and those whose role in the room
	// is not below one.
	MembersFrom(ctx context.Context, room int64, least Role, beginning string, limit int) ([]Author, error)
	// Mentioned are the newest limit messages that mention somebody, the newest
	// mention first, and whether there are older ones. Floors are the rooms to look
	// in, as those of Wanted; older is the mention before which to go on.
	Mentioned(ctx context.Context, person string, floors map[int64]Seq, older Mark, limit int) ([]Mentioned, bool, error)
}

// Mentioned is a message that mentions somebody.
type Mentioned struct {
	Message
	Since time.Time // when it did first, which may have been by an edit
}

// Mark is where the mention stands among those in all rooms.
func (m Mentioned) Mark() Mark { return Mark{At: m.Since, Room: m.Room, Seq: m.Seq} }

// Mentions are where somebody is mentioned that they may read now, or as soon as they
// follow the mention, in all rooms that are not in the archive, the newest first;
// older is Findings.Older of the page before.
func (h *House) Mentions(ctx context.Context, by Identity, older string) (Findings, error) {
	if !by.Known() {
		return Findings{}, ErrNameless
	}
	all, err := h.store.Standings(ctx, by, h.now())
	if err != nil {
		return Findings{}, err
	}
	places := h.allowed(ctx, all, mayBeCalledTo)
	floors, rooms := lookIn(places)
	found, more, err := h.store.Mentioned(ctx, by.ID, floors, markIn(older, places), SearchPage)
	if err != nil {
		return Findings{}, err
	}
	var findings Findings
	for _, m := range found {
		findings.All = append(findings.All, Finding{Message: m.Message, Room: rooms[m.Room], Excerpt: m.excerpt(by.ID)})
	}
	if more {
		last := found[len(found)-1]
		findings.Older = last.Mark().in(rooms[last.Room])
	}
	return findings, nil
}

// mayBeCalledTo tells whether somebody may be told who mentions them in a room: they
// must be allowed to read there, or where they are not in the room, to come in and to
// read then. That is for members who would be asked for nothing, and could read all
// of it.
func mayBeCalledTo(r RoomStanding, may permission) error {
	who := r.Standing
	if who.Kind == Member && !who.IsSeated() && !AsksPassword(who, r.Room) && !r.Room.HistoryFromJoin {
		if err := may(who, Enter, r.Room); err != nil {
			return err
		}
		who.Seat = newSeat(who, r.Room, clock()) // as it would be
	}
	return may(who, Read, r.Room)
}

// excerpt is where the message mentions somebody.
func (m Mentioned) excerpt(person string) []Fragment {
	var query Query
	for _, mention := range m.Mentions {
		if mention.Person == person {
			query.Terms = append(query.Terms, Fold(m.Body[mention.Start:mention.End]))
		}
	}
	return query.Excerpt(m.Message)
}

// mentionsLooks is at how many @ it is looked whether they mention somebody.
const mentionsLooks = 2 * MaxMentions

// mentions are those of a clean body by an author, whom it does not mention.
func (h *House) mentions(ctx context.Context, room Room, kind MessageKind, body, author string) ([]Mention, error) {
	if strings.IndexByte(body, '@') < 0 { // as in most messages
		return nil, nil
	}
	var all [][]called
	var keys []string
	for _, at := range h.mentionsAt(kind, body) {
		names := namesAt(body, at)
		if len(names) == 0 {
			continue
		}
		for _, name := range names {
			keys = append(keys, name.key)
		}
		if all = append(all, names); len(all) == mentionsLooks {
			break
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.Sort(keys)
	people, err := h.store.Named(ctx, room.ID, slices.Compact(keys))
	if err != nil {
		return nil, err
	}
	var found []Mention
	for _, names := range all {
		for _, name := range names {
			person := people[name.key]
			if person == "" {
				continue
			}
			// What stands in a name that was found begins no other.
			isWithin := len(found) > 0 && name.start < found[len(found)-1].End
			if person != author && !isWithin {
				found = append(found, Mention{Person: person, Start: name.start, End: name.end})
			}
			break
		}
		if len(found) == MaxMentions {
			break
		}
	}
	return found, nil
}

// anyAt tells where an @ stands.
func anyAt(_ MessageKind, body string) (places []int) {
	for i := range len(body) {
		if body[i] == '@' {
			places = append(places, i)
		}
	}
	return places
}

// called is a name that may be meant, and where it stands, the @ included.
type called struct {
	key        string // NameKey
	start, end int
}

// namesAt are the names that an @ may mention, the longest first: all beginnings
// of what stands behind it that end where a word does.
func namesAt(body string, at int) (names []called) {
	if before, _ := utf8.DecodeLastRuneInString(body[:at]); isInAddress(before) {
		return nil
	}
	text := body[at+1:]
	last := ' ' // an @ before a space is none
	for i, n := 0, 0; i <= len(text); n++ {
		next, size := utf8.DecodeRuneInString(text[i:])
		if size == 0 {
			next = ' '
		}
		if endsWord(last, next) {
			if name, err := CleanName(text[:i]); err == nil {
				names = append(names, called{key: NameKey(name), start: at, end: at + 1 + i})
			}
		}
		// Of what makes up an emoji, a clean name has but a part.
		if size == 0 || unicode.IsControl(next) || n == 2*MaxName || i == 0 && unicode.IsSpace(next) {
			break
		}
		last, i = next, i+size
	}
	slices.Reverse(names)
	return names
}

// isInAddress tells of what makes an @ behind it part of an e-mail address.
func isInAddress(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._%+-", r))
}

// endsWord tells whether a name may end between two characters: not within a word,
// nor within what is one character to people, nor behind a space.
func endsWord(last, next rune) bool {
	switch {
	case unicode.IsSpace(last), unicode.IsMark(next), next == '\u200d', next == '\u200c', last == '\u200d':
		return false
	case !isWordly(last) || !isWordly(next):
		return true
	default:
		return unicode.In(last, unspaced...) || unicode.In(next, unspaced...)
	}
}

func isWordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }

// unspaced are the scripts in which words stand without spaces between them, or
// with particles at their ends.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}
