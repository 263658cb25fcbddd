package views

import (
	"html"
	"strings"
	"time"

	"parlour"
)

// entryWords tells what somebody did, as HTML: a sentence, and after it what it
// was about where the sentence has no place for that.
func (l Locale) entryWords(e parlour.LogEntry) string {
	by := e.By.Name
	if by == "" {
		by = l.say("order.the_house")
	}
	switch {
	case e.Act == parlour.ActTopic && e.Detail == "":
		return fill(l.say("event.set.topic_off"), "{name}", name(by))
	case e.Act == parlour.ActSlow && e.Detail == parlour.FormatSpan(0):
		return fill(l.say("event.set.slow_off"), "{name}", name(by))
	}
	words, known := l.tongue().fixed["act."+string(e.Act)]
	if !known {
		words = l.say("act.other")
	}
	detail := l.detail(e)
	told := fill(words, "{by}", name(by), "{name}", name(e.Target.Name), "{detail}", detail, "{act}", name(string(e.Act)))
	if detail != "" && !strings.Contains(words, "{detail}") {
		told += ` <span class="detail">` + detail + `</span>`
	}
	return told
}

// detail is what an entry was about, as HTML. What is kept there are the names that
// the program has for things: people are told the words for them.
func (l Locale) detail(e parlour.LogEntry) string {
	switch e.Act {
	case parlour.ActBan, parlour.ActKick, parlour.ActMute:
		if e.Detail == "" {
			return name(l.say("order.for_good"))
		}
		return name(l.spanText(e.Detail))
	case parlour.ActSlow:
		return name(l.spanText(e.Detail))
	case parlour.ActLift:
		return name(l.say("order.kind." + e.Detail))
	case parlour.ActSettle:
		seq, outcome, _ := strings.Cut(e.Detail, " ")
		return l.toEntry(e, seq) + ": " + name(l.say("order.outcome."+outcome))
	case parlour.ActApprove, parlour.ActEdit, parlour.ActPin, parlour.ActUnpin:
		return l.toEntry(e, e.Detail)
	case parlour.ActAddFilter, parlour.ActRemoveFilter:
		return l.filterWords(filterOf(e.Detail))
	case parlour.ActRole, parlour.ActInvite, parlour.ActUseInvite:
		return l.standingWords(e)
	case parlour.ActSettings:
		return l.settingsWords(e.Detail)
	default:
		if e.Detail == "" {
			return ""
		}
		return name(e.Detail)
	}
}

// toEntry is the number of the message that an entry is about, leading there.
func (l Locale) toEntry(e parlour.LogEntry, number string) string {
	seq, err := parlour.ParseSeq(number)
	if err != nil {
		return name(number)
	}
	return toMessage(l.In(e.RoomSlug), seq, number)
}

// filterOf is a filter as it is kept by what it did and by the log: what it does,
// what it finds, and the pattern.
func filterOf(written string) parlour.Filter {
	act, rest, _ := strings.Cut(written, " ")
	kind, pattern, _ := strings.Cut(rest, " ")
	return parlour.Filter{Act: parlour.FilterAct(act), Kind: parlour.FilterKind(kind), Pattern: pattern}
}

// filterWords tells what a filter finds and what it does, as HTML.
func (l Locale) filterWords(f parlour.Filter) string {
	finds := html.EscapeString(l.say("order.filter." + string(f.Kind)))
	if f.Pattern != "" { // that is every link
		finds += ` <code dir="ltr">` + html.EscapeString(f.Pattern) + `</code>`
	}
	return finds + ": " + html.EscapeString(l.say("order.filter_act."+string(f.Act)))
}

// standingWords tells what somebody became, as HTML.
func (l Locale) standingWords(e parlour.LogEntry) string {
	switch {
	case e.Detail == string(parlour.Guest):
		return name(l.say("order.is_guest"))
	case e.Detail == string(parlour.Member):
		return name(l.say("order.is_member"))
	case e.Detail != "":
		return name(l.say("role." + e.Detail))
	case e.Act == parlour.ActRole:
		return name(l.say("role.none"))
	default:
		return "" // an invitation to the house gives no role
	}
}

// settingsWords tells the settings of the house, as HTML.
func (l Locale) settingsWords(detail string) string {
	var told []string
	for setting := range strings.FieldsSeq(detail) {
		what, to, _ := strings.Cut(setting, "=")
		told = append(told, html.EscapeString(l.say("admin."+what))+": "+html.EscapeString(l.say("admin."+what+"."+to)))
	}
	return strings.Join(told, " · ")
}

// spanText tells a length of time that was written by parlour.FormatSpan.
func (l Locale) spanText(written string) string {
	span, ok := parlour.ParseSpan(written)
	if !ok {
		return written
	}
	return l.span(span)
}

// span tells a length of time in whole seconds.
func (l Locale) span(span time.Duration) string {
	var told []string
	for _, unit := range []struct {
		key string
		is  time.Duration
	}{{"span.d", 24 * time.Hour}, {"span.h", time.Hour}, {"span.m", time.Minute}, {"span.s", time.Second}} {
		if n := span / unit.is; n > 0 {
			told = append(told, l.count(unit.key, int(n)))
			span -= n * unit.is
		}
	}
	return strings.Join(told, " ")
}
