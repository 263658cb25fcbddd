package parlour

import (
	"context"
	"errors"
	"strings"

	"github.com/rivo/uniseg"
)

// Quote is what a reply shows of the message that it answers, the same to
// everybody who reads the reply. It follows that message: when the text is edited
// or deleted, the replies that tell of it are changed too, each under a number of
// its own, so that pages, streams and catch-ups show the same.
//
// Besides that there are replies that tell nothing but Seq and stay as they are:
// those to a message that somebody who reads the reply may not read (see
// Standing.Floor), and those that come after MaxQuoting others. Were they to tell so
// much as a name, it would stand there when the message and its author are gone.
type Quote struct {
	Seq     Seq    `json:"seq"`              // of the message that is answered
	Person  string `json:"person,omitempty"` // Author.ID of that message
	Name    string `json:"name,omitempty"`   // Author.Name of that message
	Excerpt string `json:"excerpt,omitempty"`
	Gone    bool   `json:"gone,omitempty"` // the message was deleted; nothing else is told
}

// MaxQuoting is how many replies to one message tell of it. It bounds what
// an edit or a deletion changes besides the message itself.
const MaxQuoting = 30

// IsOpen tells whether the quote tells of the message, and so follows it. The
// store may have older ones that tell a name alone, which is not to be shown.
func (q *Quote) IsOpen() bool { return q != nil && q.Excerpt != "" }

// veiled is the quote for those who may not read what it is of.
func (q *Quote) veiled() *Quote { return &Quote{Seq: q.Seq} }

// Quoted is the quote of a message as it is now.
func (m Message) Quoted() Quote {
	if !m.Deleted.IsZero() {
		return Quote{Seq: m.Seq, Gone: true}
	}
	return Quote{Seq: m.Seq, Person: m.Author.ID, Name: m.Author.Name, Excerpt: quotedText(m.Body)}
}

// IsAnswerable tells whether the message can be replied and reacted to: whether
// somebody said it, rather than that the room noted it.
func (m Message) IsAnswerable() bool {
	switch m.Kind {
	case KindMessage, KindAction, KindNotice:
		return m.Deleted.IsZero()
	default:
		return false
	}
}

// ErrReplyGone refuses a reply to a message that is not there, or not there for
// whoever replies; ErrReplyImpossible one to what nobody said.
var (
	ErrReplyGone       = fieldErrorf(Invalid, "reply.gone", "reply", "the message that this answers is not there any more")
	ErrReplyImpossible = fieldErrorf(Invalid, "reply.impossible", "reply", "only what people say can be answered")
)

// quotedLength is how many characters, as people count them, a quote has.
const quotedLength = 100

// quotedText is the beginning of a text in one line. What its author hid as a
// ||spoiler|| stays hidden.
func quotedText(body string) string {
	line := strings.Join(strings.Fields(hideSpoilers(body)), " ")
	end, clusters := 0, uniseg.NewGraphemes(line)
	for n := 0; clusters.Next(); n++ {
		if n == quotedLength {
			return strings.TrimRight(line[:end], " ") + "…"
		}
		_, end = clusters.Positions()
	}
	return line
}

// hideSpoilers puts three dots in place of each ||spoiler||. It reads less of
// Markdown than a page does, and so hides a little more: what stands between
// bars in code too.
func hideSpoilers(body string) string {
	var shown strings.Builder
	for {
		before, rest, opens := strings.Cut(body, "||")
		hidden, after, closes := strings.Cut(rest, "||")
		if !opens || !closes {
			shown.WriteString(body)
			return shown.String()
		}
		shown.WriteString(before)
		if hidden == "" {
			shown.WriteString("||||")
		} else {
			shown.WriteString("…")
		}
		body = after
	}
}

// Answerable is the quote that a reply would have, for those who may reply. It
// is ErrReplyGone or ErrReplyImpossible where there is nothing to answer.
func (h *House) Answerable(ctx context.Context, by Identity, slug string, seq Seq) (Quote, error) {
	room, who, err := h.find(ctx, by, slug, Post)
	if err != nil {
		return Quote{}, err
	}
	m, err := h.messageFor(ctx, who, room, seq)
	switch {
	case errors.Is(err, ErrMessageNotFound):
		return Quote{}, ErrReplyGone
	case err == nil && !m.IsAnswerable():
		return Quote{}, ErrReplyImpossible
	}
	return m.Quoted(), err
}
