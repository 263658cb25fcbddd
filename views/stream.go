package views

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"

	"parlour"
)

// WriteChange writes what the stream sends for a change: a post is appended, an
// edit takes the message's place, a removal takes it away. Applied twice, or to
// a page that lacks the message, it does no harm.
func WriteChange(w io.Writer, l Locale, c parlour.Change) error {
	if c.Message.Kind == parlour.KindFace {
		return WriteFace(w, l, *c.Message.Event.Face)
	}
	return write(w, func(b []byte) []byte {
		switch c.Op() {
		case parlour.Removed:
			return appendGone(b, c.Message)
		case parlour.Edited:
			b = appendTarget(b, c.Message, "outerMorph")
			b = appendMessage(b, l, c.Message)
			return append(b, `</hx-partial>`...)
		default:
			// The older copy of a message that comes again goes: targets are
			// looked up before what has none is appended, so the new one stays.
			b = appendMessage(b, l, c.Message)
			return appendGone(b, c.Message)
		}
	})
}

func appendGone(b []byte, m parlour.Message) []byte {
	return append(appendTarget(b, m, "delete"), `</hx-partial>`...)
}

func appendTarget(b []byte, m parlour.Message, swap string) []byte {
	b = append(b, `<hx-partial hx-target="#m-`...)
	b = strconv.AppendInt(b, int64(m.Seq), 10)
	b = append(b, `" hx-swap="`...)
	b = append(b, swap...)
	return append(b, `">`...)
}

// WritePresence writes what the stream sends when people come or go: the list
// and the count of those who are here.
func WritePresence(w io.Writer, l Locale, p Presence) error {
	return render(w, presenceList(l, p), presenceCount(l, p))
}

// WriteMark writes what the stream sends before the messages that a reader has
// missed: the mark before what is new, in place of an older one, and the way to
// it.
func WriteMark(w io.Writer, l Locale) error {
	return render(w, goes("new"), goes("to-new"), newMark(l), wayToNewMark(l))
}

// WriteReset writes what the stream sends to a reader who is too far behind:
// the newest messages replace the list, oldest first, and a line says so; what
// stands above them is as it is now. older is the number before which still older
// ones are to be had, or 0.
func WriteReset(w io.Writer, l Locale, room parlour.Room, page parlour.Page, older parlour.Seq) error {
	l = l.In(room.Slug)
	return render(w, newestPage(l, room, page.Messages, older), wasAway(l), newHeading(l, page.Face), newNotes(l, page.Face))
}

// WriteFace writes what the stream sends when what stands above the messages has
// changed: all of it, as it is now.
func WriteFace(w io.Writer, l Locale, f parlour.Face) error {
	return render(w, newHeading(l, f), newNotes(l, f))
}

// WriteEnded writes the last thing that the stream sends to a reader who may
// read no further: the stream's element makes place for a notice, and so the
// browser does not connect again.
func WriteEnded(w io.Writer, l Locale, e Ended) error { return render(w, ended(l, e)) }

// The reasons why a stream ends for good.
const (
	EndedLeft    = "left"    // the reader left the room, perhaps in another tab
	EndedSession = "session" // nobody is signed in here any more
	EndedBarred  = "barred"  // the reader may not read here any more
	EndedMoved   = "moved"   // the room is not at this address any more
)

// Ended is the end of a reader's stream.
type Ended struct {
	Reason string // EndedLeft and its siblings; any other is told in general words
	Room   parlour.Room
}

func (e Ended) words(l Locale) string {
	switch e.Reason {
	case EndedLeft:
		return l.say("ended.left")
	case EndedSession:
		return l.say("ended.session")
	case EndedBarred:
		return l.say("ended.barred")
	case EndedMoved:
		return l.say("ended.moved")
	default:
		return l.say("ended.other")
	}
}

func olderPage(slug string, before parlour.Seq) templ.SafeURL {
	return templ.SafeURL(roomPath(slug, "?before="+before.String()))
}

// articles are messages within a component.
func articles(l Locale, messages []parlour.Message) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b []byte
		for _, m := range messages {
			b = appendMessage(b, l, m)
		}
		_, err := w.Write(b)
		return err
	})
}

// changes are changes of messages within a component.
func changes(l Locale, messages []parlour.Message) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		for _, m := range messages {
			if err := WriteChange(w, l, m.Change()); err != nil {
				return err
			}
		}
		return nil
	})
}

// rendered is HTML that was made before, within a component.
func rendered(content []byte) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// render writes parts of a fragment, with nothing between them: the stream puts
// whatever has no target into the log, be it a space. Nothing in them hangs on a
// request, so there is no context to take.
func render(w io.Writer, parts ...templ.Component) error {
	for _, part := range parts {
		if err := part.Render(context.Background(), w); err != nil {
			return err
		}
	}
	return nil
}
