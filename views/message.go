package views

import (
	"hash/fnv"
	"io"
	"strconv"

	"github.com/rivo/uniseg"

	"parlour"
)

// Messages are written by hand and not by templ: one that is posted is rendered
// once for each language in use before anybody sees it, thousands of times a
// second in a busy house, and a component with as many parts costs about fifty
// allocations. Everything that is not written in this file is escaped.

// WriteMessage writes a message as an <article id="m-{Seq}"> without line ends,
// the same for everybody who reads this locale. It has no attribute by which
// htmx would do anything, so that the gate on htmx can stay shut for all that
// people write. The message must not be gone.
func WriteMessage(w io.Writer, l Locale, m parlour.Message) error {
	return write(w, func(b []byte) []byte { return appendMessage(b, l, m) })
}

// WriteFound writes the message that a page was opened for. The browser goes
// there when it loads the page.
func WriteFound(w io.Writer, l Locale, m parlour.Message) error {
	return write(w, func(b []byte) []byte {
		b = append(b, `<div class="found`...)
		b = appendDayClasses(b, l, m.At)
		b = append(b, `" tabindex="-1" autofocus aria-current="true">`...)
		return append(appendMessage(b, l, m), `</div>`...)
	})
}

// write gives the writer what is appended, in its own buffer if it has one.
func write(w io.Writer, appended func([]byte) []byte) error {
	var b []byte
	if own, ok := w.(interface{ AvailableBuffer() []byte }); ok {
		b = own.AvailableBuffer()
	}
	_, err := w.Write(appended(b))
	return err
}

func appendMessage(b []byte, l Locale, m parlour.Message) []byte {
	b = append(b, `<article id="m-`...)
	b = strconv.AppendInt(b, int64(m.Seq), 10)
	b = append(b, `" class="`...)
	if !m.Deleted.IsZero() {
		return appendStub(b, l, m)
	}
	switch m.Kind {
	case parlour.KindJoin, parlour.KindLeave, parlour.KindSystem:
		b = append(b, `quiet`...)
		b = appendDayClasses(b, l, m.At)
		b = append(b, `"><p>`...)
		b = appendDay(b, l, m.At)
		b = append(b, statement(l, m)...)
		b = append(b, `</p> `...)
		b = appendPosted(b, l, m.At) // such a line grows, which is no edit
	case parlour.KindNotice:
		b = append(b, `notice`...)
		b = appendDayClasses(b, l, m.At)
		b = append(b, `"><p class="byline">`...)
		b = appendDay(b, l, m.At)
		b = append(b, `<strong>`...)
		b = appendText(b, l.say("message.notice"))
		b = append(b, `</strong> `...)
		if m.Author.Name != "" {
			b = appendWho(b, l, m.Author)
		}
		b = appendStamps(b, l, m)
		b = append(b, `</p>`...)
		b = appendQuote(b, l, m.Quote)
		b = appendBody(b, l, m)
	case parlour.KindAction:
		b = append(b, `act `...)
		b = appendAuthorClasses(b, m.Author.ID)
		b = appendDayClasses(b, l, m.At)
		b = append(b, `">`...)
		b = appendDay(b, l, m.At)
		b = appendQuote(b, l, m.Quote)
		b = appendBody(b, l, m)
		b = append(b, ' ')
		b = appendMarks(b, l, m.Author)
		b = appendStamps(b, l, m)
	default:
		b = append(b, `say `...)
		b = appendAuthorClasses(b, m.Author.ID)
		b = appendDayClasses(b, l, m.At)
		b = append(b, `"><p class="byline">`...)
		b = appendDay(b, l, m.At)
		b = append(b, `<span class="face" data-of="`...)
		b = appendText(b, initial(m.Author.Name))
		b = append(b, `" aria-hidden="true"></span>`...)
		b = appendWho(b, l, m.Author)
		b = appendStamps(b, l, m)
		b = append(b, `</p>`...)
		b = appendQuote(b, l, m.Quote)
		b = appendBody(b, l, m)
	}
	b = appendAnswers(b, l, m)
	return append(b, `</article>`...)
}

// appendStub writes what is left of a message that was deleted, from the names of
// its classes on.
func appendStub(b []byte, l Locale, m parlour.Message) []byte {
	b = append(b, `quiet gone`...)
	b = appendDayClasses(b, l, m.At)
	b = append(b, `"><p>`...)
	b = appendDay(b, l, m.At)
	b = append(b, fill(l.say("message.gone."+string(m.Stub)), "{name}", name(m.Author.Name))...)
	b = append(b, `</p> `...)
	b = appendPosted(b, l, m.At)
	return append(b, `</article>`...)
}

// appendWho writes who it is from, with a space behind.
func appendWho(b []byte, l Locale, who parlour.Author) []byte {
	return appendMarks(appendName(b, who.Name), l, who)
}

func appendName(b []byte, name string) []byte {
	b = append(b, `<bdi class="who">`...)
	b = appendText(b, name)
	return append(b, `</bdi> `...)
}

// appendMarks writes what readers should know of an author besides the name,
// with a space behind.
func appendMarks(b []byte, l Locale, who parlour.Author) []byte {
	if who.Guest {
		b = append(b, `<small class="mark-guest">`...)
		b = appendText(b, l.say("message.guest"))
		b = append(b, `</small> `...)
	}
	if who.Lookalike {
		b = append(b, `<small class="mark-alike"><span aria-hidden="true">⚠</span> `...)
		b = appendText(b, l.say("message.lookalike"))
		b = append(b, `</small> `...)
	}
	return b
}

// appendAuthorClasses writes the classes by which style sheets know an author:
// OwnCSS for whose messages are mine, the tokens for the colour of the name.
func appendAuthorClasses(b []byte, id string) []byte {
	b = append(b, `by-`...)
	b = appendText(b, id)
	b = append(b, ' ')
	return append(b, hue(id)...)
}

// hueClasses are the colours that names come in.
var hueClasses = [...]string{
	"hue-0", "hue-1", "hue-2", "hue-3", "hue-4", "hue-5",
	"hue-6", "hue-7", "hue-8", "hue-9", "hue-10", "hue-11",
}

// hue is the colour of a person's name, the same in every room and for ever.
func hue(id string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, id) // a hash takes everything
	return hueClasses[h.Sum32()%uint32(len(hueClasses))]
}

// initial is the first character of a name as people count characters, so that
// an E with a combining accent and an astronaut of several code points stay
// whole.
func initial(name string) string {
	first, _, _, _ := uniseg.FirstGraphemeClusterInString(name, -1)
	return first
}
