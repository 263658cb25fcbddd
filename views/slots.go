package views

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// slot is a place in a wording, such as "{names}", and what stands there. It is
// for markup; plain values are arguments of sayWith.
type slot struct {
	mark    string
	content templ.Component
}

// slots is a wording, escaped, with each slot's content at its mark.
func slots(text string, fill ...slot) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return writeSlots(ctx, w, text, fill)
	})
}

func writeSlots(ctx context.Context, w io.Writer, text string, fill []slot) error {
	if len(fill) == 0 {
		_, err := io.WriteString(w, templ.EscapeString(text))
		return err
	}
	before, after, found := strings.Cut(text, fill[0].mark)
	if err := writeSlots(ctx, w, before, fill[1:]); err != nil || !found {
		return err
	}
	if err := fill[0].content.Render(ctx, w); err != nil {
		return err
	}
	return writeSlots(ctx, w, after, fill[1:])
}

// names is an enumeration of people as the language joins it, with a count of
// those not named at the end.
func names(l Locale, named []string, more int) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		last := len(named) - 1
		if more > 0 {
			last++
		}
		for i := range last + 1 {
			joint := ""
			switch {
			case i == 0:
			case i < last:
				joint = l.say("list.comma")
			default:
				joint = l.say("list.and")
			}
			item := slots(l.count("list.others", more))
			if i < len(named) {
				item = name(named[i])
				if i > 0 && i == last && l.Lang == "es" && startsLikeI(named[i]) {
					joint = strings.Replace(joint, "y", "e", 1)
				}
			}
			if _, err := io.WriteString(w, joint); err != nil {
				return err
			}
			if err := item.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

// startsLikeI tells whether Spanish says "e" for "y" before a name: "Ana e
// Inés", "Ana e Hilda", but "Ana y Hielo".
func startsLikeI(name string) bool {
	name = strings.ToLower(name)
	for _, start := range []string{"i", "í", "hi", "hí"} {
		if rest, ok := strings.CutPrefix(name, start); ok {
			return !strings.HasPrefix(rest, "a") && !strings.HasPrefix(rest, "e") && !strings.HasPrefix(rest, "o")
		}
	}
	return false
}
