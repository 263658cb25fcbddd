package views

import (
	"maps"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"parlour"
)

// AboutMessage is a message on a page of its own, with what its reader may do
// about it.
type AboutMessage struct {
	Room    parlour.Room
	Message parlour.Message
	Menu    parlour.Menu
	// Sanctions tells whether the reader may keep the author out or silent.
	Sanctions bool
	House     bool   // sanctions may be for the whole house
	Done      string // what was just done, as a key below "order.done."
	Form      OrderForm
}

// at is an address below that of the message.
func (a AboutMessage) at(below string) templ.SafeURL {
	return templ.SafeURL(messagePath(a.Room.Slug, a.Message.Seq, below))
}

// AboutPerson is somebody in a room, with what the reader may do about them.
type AboutPerson struct {
	Room      parlour.Room
	Person    parlour.Author
	Sanctions bool
	House     bool
	Done      string
	Form      OrderForm
}

// OrderForm is what was typed into a form of moderation and refused.
type OrderForm struct {
	Name   string // which form: "report", "delete", "sanction", "purge", "filter"
	Reason string
	Err    error
	Filter parlour.Filter
}

// err is the refusal of one of the page's forms.
func (f OrderForm) err(form string) error {
	if f.Name == form {
		return f.Err
	}
	return nil
}

func (f OrderForm) reason(form string) string {
	if f.Name == form {
		return f.Reason
	}
	return ""
}

// Moderation is the queue of a room.
type Moderation struct {
	Room  parlour.Room
	Queue parlour.Queue
	Done  string
	Form  OrderForm
}

// ModerationLog is a page of the moderation log.
type ModerationLog struct {
	Room    parlour.Room
	Entries []parlour.LogEntry
	Older   int64 // the entry before which there are more, 0: none
}

// The choices of the forms.
var (
	spanChoices   = []string{"10m", "1h", "1d", "7d", "30d", ""}
	purgeChoices  = []string{"1h", "1d", "all"}
	reachChoices  = []string{"", "person", "session", "address", "all"}
	sanctionKinds = []parlour.SanctionKind{parlour.Kick, parlour.Mute, parlour.Ban}
	outcomes      = []parlour.Outcome{parlour.OutcomeDeleted, parlour.OutcomeActed, parlour.OutcomeDismissed}
)

// spanWords tells a length of time in a choice.
func (l Locale) spanWords(span string) string {
	if span == "" {
		return l.say("order.for_good")
	}
	return l.say("order.span." + span)
}

// until tells when a sanction ends.
func (l Locale) until(s parlour.Sanction) string {
	if s.Until.IsZero() {
		return l.say("order.for_good")
	}
	return l.sayWith("order.until", map[string]any{"Time": l.dateTime(s.Until)})
}

// dateTime is a time as plain text.
func (l Locale) dateTime(t time.Time) string {
	t = l.local(t)
	return l.tongue().customs.FmtDateMedium(t) + l.say("date.joint") + t.Format("15:04")
}

// Answer is what the house says to whoever gave a command.
func Answer(lang string, a parlour.Answer) string {
	l := Locale{Lang: lang}
	args := maps.Clone(a.Args)
	if span, ok := args["Span"].(time.Duration); ok {
		args["Span"] = l.span(span)
	}
	words := l.sayWith("answer."+a.Code, args)
	if a.Code == "help_moderator" { // who may do what all may, and more
		return l.say("answer.help") + " " + words
	}
	return words
}

// Done says what was just done, as a key below "order.done.".
func Done(lang, what string) string { return Locale{Lang: lang}.say("order.done." + what) }

// HeldAnswer tells an author that their message waits.
func HeldAnswer(lang string) string { return Locale{Lang: lang}.say("answer.held") }

func id(n int64) string { return strconv.FormatInt(n, 10) }

// moderationPath is an address below a room's moderation.
func moderationPath(room parlour.Room, below string) string {
	if room.Slug == "" { // the house
		return "/admin/moderation" + below
	}
	return roomPath(room.Slug, "/moderation"+below)
}

// whose names the room that is moderated, or the house.
func (l Locale) whose(room parlour.Room) string {
	if room.Slug == "" {
		return l.say("admin.heading")
	}
	return room.Name
}
