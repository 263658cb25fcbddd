package views

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"parlour"
)

// WriteMessage writes a message as an <article id="m-{Seq}">, without line ends
// except those that templ leaves between attributes: none.
func WriteMessage(w io.Writer, l Locale, m parlour.Message) error {
	return render(w, message(l, m))
}

// WriteChange writes what the stream sends for a change: a post is appended, an
// edit takes the message's place, a removal takes it away. Applying a change
// twice, or to a page that lacks the message, does no harm.
func WriteChange(w io.Writer, l Locale, c parlour.Change) error {
	switch c.Op() {
	case parlour.Removed:
		return render(w, gone(c.Message))
	case parlour.Edited:
		return render(w, changed(l, c.Message))
	default:
		return render(w, posted(l, c.Message))
	}
}

// WritePresence writes what the stream sends when people come or go: the list
// and the count of those who are here.
func WritePresence(w io.Writer, l Locale, p Presence) error {
	return render(w, presencePartials(l, p))
}

// WriteReset writes what the stream sends to a reader who is too far behind:
// the newest messages replace the list, oldest first, and a line says so. older
// is the number before which still older ones are to be had, or 0.
func WriteReset(w io.Writer, l Locale, room parlour.Room, messages []parlour.Message, older parlour.Seq) error {
	return render(w, reset(l, room, messages, older))
}

// WriteEnded writes the last thing that the stream sends to a reader who may
// read no further: the stream's element makes place for a notice, and so the
// browser does not connect again.
func WriteEnded(w io.Writer, l Locale, e Ended) error { return render(w, ended(l, e)) }

// The reasons why a stream ends for good.
const (
	EndedLeft    = "left"    // the reader left the room, perhaps in another tab
	EndedSession = "session" // nobody is signed in here any more
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
	case EndedMoved:
		return l.say("ended.moved")
	default:
		return l.say("ended.other")
	}
}

func (e Ended) way() templ.SafeURL {
	if e.Reason == EndedMoved {
		return "/"
	}
	return templ.SafeURL(roomPath(e.Room.Slug, ""))
}

func olderPage(slug string, before parlour.Seq) templ.SafeURL {
	return templ.SafeURL(roomPath(slug, "?before="+before.String()))
}

// render writes a fragment. Nothing in it hangs on a request, so there is no
// context to take.
func render(w io.Writer, c templ.Component) error { return c.Render(context.Background(), w) }
