package views

import (
	"context"
	"fmt"
	"io"

	"github.com/a-h/templ"

	"parlour"
)

// LiveHead opens a room as a page that never ends, for browsers without
// JavaScript: what WriteLiveChange writes is to follow, and the last element
// stays open. The refresh, in seconds, counts from the end of the page: it is
// how the browser comes back when the stream was cut. It must be longer than a
// restart of the server, or the browser is left with its own error page; 0 is none.
func LiveHead(p Page, room parlour.Room, refresh int) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		t := p.tongue()
		if _, err := fmt.Fprintf(w, `<!DOCTYPE html><html lang="%s" dir="%s">`, t.Code, t.Dir); err != nil {
			return err
		}
		if err := liveHead(p, room, refresh).Render(ctx, w); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, `<body class="live"><main id="scroll" tabindex="0" aria-label="%s"><div id="end"></div>`+
			`<div id="list"><h1 class="sr">%[2]s</h1><div id="log" role="log" aria-label="%[1]s">`, templ.EscapeString(p.say("room.messages")), templ.EscapeString(room.Name))
		return err
	})
}

// WriteLiveChange writes what the never-ending page gets for a change. Messages
// that the page is to open with are written as if they were just posted.
//
// Each message stands between markers: browsers that know processing
// instructions in HTML find the place of a later <template for> by them, and
// need no script for it. To the others they are comments.
func WriteLiveChange(w io.Writer, l Locale, c parlour.Change) error {
	if c.Message.Kind == parlour.KindFace {
		return nil // stands outside of this page; lines among the messages tell of it
	}
	return write(w, func(b []byte) []byte {
		id := "m-" + c.Message.Seq.String()
		switch c.Op() {
		case parlour.Removed:
			// The style sheet hides the message where templates do nothing.
			return fmt.Appendf(b, `<template for="%s"></template><link rel="stylesheet" href="/hide.css?m=%d">`, id, c.Message.Seq)
		case parlour.Edited:
			if !c.Message.Deleted.IsZero() {
				// As above; the stub has another id, so that it is not hidden too.
				b = fmt.Appendf(b, `<template for="%s"><?start name="%[1]s"><article id="gone-%d" class="`, id, c.Message.Seq)
				b = appendStub(b, l, c.Message)
				return fmt.Appendf(b, `<?end></template><link rel="stylesheet" href="/hide.css?m=%d">`, c.Message.Seq)
			}
			b = fmt.Appendf(b, `<template for="%s"><?start name="%[1]s">`, id)
			b = appendMessage(b, l, c.Message)
			return append(b, `<?end></template>`...)
		default:
			b = fmt.Appendf(b, `<?start name="%s">`, id)
			b = appendMessage(b, l, c.Message)
			return append(b, `<?end>`...)
		}
	})
}
