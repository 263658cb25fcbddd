package events

import (
	"bytes"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"parlour"
)

// plain renders one line for each thing that happened:
//
//	+12 "body"    message 12 was posted
//	~12 "body"    message 12 is this now
//	-12           message 12 is gone
//	=12           all that the reader has is gone, and the lines after this one are there
//	@2 ana bob    two people are here
//	%ana bob      two people are writing; %* are several
//	^             what follows was missed
//	!left         the stream is over
type plain struct{}

// meddling is plain, and does something before it renders presence: that is
// when a stream is all but open.
type meddling struct {
	plain
	meddle func()
}

func (d meddling) Presence(w *bytes.Buffer, feed Feed, p Presence) error {
	d.meddle()
	return d.plain.Presence(w, feed, p)
}

func (plain) Change(w *bytes.Buffer, _ Feed, c parlour.Change) error {
	switch c.Op() {
	case parlour.Removed:
		fmt.Fprintf(w, "-%d\n", c.Message.Seq)
	case parlour.Edited:
		fmt.Fprintf(w, "~%d %q\n", c.Message.Seq, c.Message.Body)
	default:
		fmt.Fprintf(w, "+%d %q\n", c.Message.Seq, c.Message.Body)
	}
	return nil
}

func (plain) Presence(w *bytes.Buffer, _ Feed, p Presence) error {
	fmt.Fprintf(w, "@%d", p.Total())
	for _, who := range p.People {
		w.WriteString(" " + who.Name)
		if who.Away {
			w.WriteString("?")
		}
	}
	w.WriteByte('\n')
	return nil
}

func (plain) Typing(w *bytes.Buffer, _ Feed, t Typing) error {
	var names []string
	for _, who := range t.People {
		names = append(names, who.Name)
	}
	if t.Several {
		names = []string{"*"}
	}
	fmt.Fprintf(w, "%%%s\n", strings.Join(names, " "))
	return nil
}

func (plain) Mark(w *bytes.Buffer, _ Feed) error {
	w.WriteString("^\n")
	return nil
}

func (d plain) Reset(w *bytes.Buffer, feed Feed, _ int64, page parlour.Page) error {
	fmt.Fprintf(w, "=%d\n", page.Head)
	for _, m := range page.Messages {
		fmt.Fprintf(w, "+%d %q\n", m.Seq, m.Body)
	}
	return nil
}

func (plain) Ended(w *bytes.Buffer, _ Feed, _ int64, reason Ending) error {
	_, err := fmt.Fprintf(w, "!%s\n", reason)
	return err
}

// copied is a room as a reader has it who applied what plain rendered.
type copied struct {
	messages map[parlour.Seq]string
	posted   []parlour.Seq // in the order in which they came
	resets   int
	presence string
	typing   string
	marks    []int // how many messages had come before each
	ended    string
}

func (r *copied) apply(content string) error {
	if r.messages == nil {
		r.messages = make(map[parlour.Seq]string)
	}
	for line := range strings.Lines(content) {
		line = strings.TrimSuffix(line, "\n")
		op, rest := line[:1], line[1:]
		number, body, _ := strings.Cut(rest, " ")
		switch op {
		case "@":
			r.presence = rest
			continue
		case "%":
			r.typing = rest
			continue
		case "^":
			r.marks = append(r.marks, len(r.posted))
			continue
		case "!":
			r.ended = rest
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
		seq := parlour.Seq(n)
		if op == "+" || op == "~" {
			if body, err = strconv.Unquote(body); err != nil {
				return fmt.Errorf("line %q: %w", line, err)
			}
		}
		switch op {
		case "+":
			r.posted = append(r.posted, seq)
			r.messages[seq] = body
		case "~":
			// As in a page: a change to what is not there changes nothing.
			if _, has := r.messages[seq]; has {
				r.messages[seq] = body
			}
		case "-":
			delete(r.messages, seq)
		case "=":
			r.resets++
			clear(r.messages)
		default:
			return fmt.Errorf("line %q: unknown", line)
		}
	}
	return nil
}

func (r *copied) has(content map[parlour.Seq]string) bool { return maps.Equal(r.messages, content) }
