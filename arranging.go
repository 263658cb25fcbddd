package parlour

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How many characters the texts of a room may have; see MaxTopic too.
const (
	MaxRoomName    = 60
	MaxDescription = 1000
	MaxRules       = 4000
)

// MaxNewcomerWait is the longest time for which newcomers may be kept silent.
const MaxNewcomerWait = 30 * 24 * time.Hour

// RoomForm is what owners set of a room, as it was typed.
type RoomForm struct {
	Name, Slug, Topic, Description, Rules string

	Access Access
	// Password is another password for the door; empty leaves it as it is, and
	// NoPassword takes it away.
	Password   string
	NoPassword bool
	// EditWindow is one of EditWindows; empty is the usual.
	EditWindow string
	// Slow, TalkAfter and LinkAfter are lengths of time as ParseSpan reads them;
	// empty is none.
	Slow, TalkAfter, LinkAfter string

	HistoryFromJoin, Locked, ReadOnly, WaitingRoom, Stubs, Discreet bool
}

// EditWindows are how long people may change what they said, as owners choose it.
var EditWindows = []string{"off", "5m", "15m", "1h", "1d", "always"}

// FormOf is the form as the room is now.
func FormOf(room Room) RoomForm {
	return RoomForm{
		Name: room.Name, Slug: room.Slug, Topic: room.Topic, Description: room.Description, Rules: room.Rules,
		Access: room.Access, Slow: spanText(room.Slow), TalkAfter: spanText(room.TalkAfter), LinkAfter: spanText(room.LinkAfter),
		HistoryFromJoin: room.HistoryFromJoin, Locked: room.Locked, ReadOnly: room.ReadOnly, WaitingRoom: room.WaitingRoom,
		EditWindow: editWindowText(room.EditWindow), Stubs: room.Stubs, Discreet: room.Discreet,
	}
}

func editWindowText(window time.Duration) string {
	switch {
	case window < 0:
		return "off"
	case window == 0:
		return FormatSpan(UsualEditWindow)
	case window == Always:
		return "always"
	default:
		return FormatSpan(window)
	}
}

func cleanEditWindow(typed string) (time.Duration, error) {
	switch {
	case typed == "":
		return UsualEditWindow, nil
	case !slices.Contains(EditWindows, typed):
		return 0, fieldErrorf(Invalid, "span.unclear", "edit_window", "a length of time is needed, such as 30s or 10m")
	case typed == "off":
		return NoEdits, nil
	case typed == "always":
		return Always, nil
	}
	window, _ := ParseSpan(typed) // the others are spans
	return window, nil
}

func spanText(span time.Duration) string {
	if span <= 0 {
		return ""
	}
	return FormatSpan(span)
}

// apply is the room as the form wants it. What cannot be is Invalid in its
// field.
func (f RoomForm) apply(ctx context.Context, room Room) (_ Room, err error) {
	if room.Name, err = cleanLine("name", f.Name, MaxRoomName); err != nil {
		return room, err
	}
	if room.Name == "" {
		return room, fieldErrorf(Invalid, "room.name_empty", "name", "a room needs a name")
	}
	if room.Slug, err = CleanSlug(strings.TrimSpace(f.Slug)); err != nil {
		return room, err
	}
	if room.Topic, err = cleanLine("topic", f.Topic, MaxTopic); err != nil {
		return room, err
	}
	if room.Description, err = cleanLines("description", f.Description, MaxDescription); err != nil {
		return room, err
	}
	if room.Rules, err = cleanLines("rules", f.Rules, MaxRules); err != nil {
		return room, err
	}
	if room.Access, err = f.Access.check(); err != nil {
		return room, err
	}
	if room.Slow, err = cleanSpan("slow", f.Slow, MaxSlow); err != nil {
		return room, err
	}
	if room.TalkAfter, err = cleanSpan("talk_after", f.TalkAfter, MaxNewcomerWait); err != nil {
		return room, err
	}
	if room.LinkAfter, err = cleanSpan("link_after", f.LinkAfter, MaxNewcomerWait); err != nil {
		return room, err
	}
	if room.EditWindow, err = cleanEditWindow(f.EditWindow); err != nil {
		return room, err
	}
	room.Stubs, room.Discreet = f.Stubs, f.Discreet
	room.HistoryFromJoin, room.WaitingRoom = f.HistoryFromJoin, f.WaitingRoom
	room.Locked, room.ReadOnly = f.Locked, f.ReadOnly
	switch {
	case f.NoPassword:
		room.PasswordHash = ""
	case f.Password != "":
		if n := utf8.RuneCountInString(f.Password); n > MaxPassword || !utf8.ValidString(f.Password) {
			return room, tooLong("password", n, MaxPassword)
		}
		room.PasswordHash, err = hashPassword(ctx, f.Password)
	}
	return room, err
}

// check refuses audiences that are none, and accesses by which somebody might
// read, write or add files who cannot see that there is a room.
func (a Access) check() (Access, error) {
	for _, part := range []struct {
		field string
		is    Audience
	}{{"see", a.See}, {"read", a.Read}, {"post", a.Post}, {"upload", a.Upload}} {
		if !slices.Contains(Audiences, part.is) {
			return a, fieldErrorf(Invalid, "access.unknown", part.field, "there is no such audience")
		}
	}
	size := func(of Audience) int { return slices.Index(Audiences, of) }
	switch {
	case size(a.Read) > size(a.See):
		return a, fieldErrorf(Invalid, "access.read_unseen", "read", "who reads must see the room")
	case size(a.Post) > size(a.Read):
		return a, fieldErrorf(Invalid, "access.post_unread", "post", "who posts must read the room")
	case size(a.Upload) > size(a.Post):
		return a, fieldErrorf(Invalid, "access.upload_mute", "upload", "who uploads must post")
	}
	return a, nil
}

// cleanLine makes one line of a text.
func cleanLine(field, typed string, longest int) (string, error) {
	line := strings.Join(strings.Fields(withoutControls(typed)), " ")
	if n := utf8.RuneCountInString(line); n > longest {
		return "", tooLong(field, n, longest)
	}
	if isBlank(line) {
		return "", nil
	}
	return line, nil
}

// cleanLines makes a text of some lines.
func cleanLines(field, typed string, longest int) (string, error) {
	text := strings.ReplaceAll(strings.ReplaceAll(typed, "\r\n", "\n"), "\r", "\n")
	text = strings.TrimSpace(withoutControls(text))
	if n := utf8.RuneCountInString(text); n > longest {
		return "", tooLong(field, n, longest)
	}
	if isBlank(text) {
		return "", nil
	}
	return text, nil
}

func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

func cleanSpan(field, typed string, longest time.Duration) (time.Duration, error) {
	typed = strings.ToLower(strings.Join(strings.Fields(typed), ""))
	if typed == "" || typed == "0" || typed == "off" {
		return 0, nil
	}
	span, ok := ParseSpan(typed)
	if !ok {
		return 0, fieldErrorf(Invalid, "span.unclear", field, "a length of time is needed, such as 30s or 10m")
	}
	if span > longest {
		err := fieldErrorf(Invalid, "span.too_long", field, "the time is too long")
		err.Args = map[string]any{"Max": FormatSpan(longest)}
		return 0, err
	}
	return span, nil
}

func tooLong(field string, n, most int) error {
	err := fieldErrorf(Invalid, "text.too_long", field, "the text is too long")
	err.Args = map[string]any{"Count": n, "Max": most}
	return err
}

// Managing is the room for those who set its rules.
func (h *House) Managing(ctx context.Context, by Identity, slug string) (Room, Standing, error) {
	return h.find(ctx, by, slug, Manage)
}

// ArrangeRoom changes what its owners set of a room. Streams that lost their
// right are closed when it returns.
func (h *House) ArrangeRoom(ctx context.Context, by Identity, slug string, form RoomForm) (Room, error) {
	old, who, err := h.find(ctx, by, slug, Manage)
	if err != nil {
		return old, err
	}
	room, err := form.apply(ctx, old)
	if err != nil {
		return old, err
	}
	entry := h.act(who, old, ActChangeRoom)
	entry.Detail = room.Slug
	was, err := h.store.ChangeRoom(ctx, room, settingsBetween(old, room, by.Name), entry)
	if err != nil {
		return old, err
	}
	if MayEndReading(was, room) {
		h.live.Recheck(room.ID)
	}
	return room, nil
}

// settingsBetween is what those in the room are to know of a change.
func settingsBetween(old, now Room, by string) (told []Setting) {
	tell := func(isNew bool, s Setting) {
		if isNew {
			s.By = by
			told = append(told, s)
		}
	}
	either := func(is bool, yes, no Act) Act {
		if is {
			return yes
		}
		return no
	}
	tell(old.Name != now.Name, Setting{What: ActName, Name: now.Name})
	tell(old.Topic != now.Topic, Setting{What: ActTopic, Topic: now.Topic})
	tell(old.Rules != now.Rules, Setting{What: ActRules})
	tell(old.Slow != now.Slow, Setting{What: ActSlow, Seconds: int(now.Slow / time.Second)})
	tell(old.Locked != now.Locked, Setting{What: either(now.Locked, ActLock, ActUnlock)})
	tell(old.ReadOnly != now.ReadOnly, Setting{What: either(now.ReadOnly, ActReadOnly, ActWritable)})
	return told
}
