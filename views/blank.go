package views

import "strconv"

// blank is one field of a plain form. Its words are under prefix + Name, and
// what it is good for under prefix + Name + "_hint", if there is anything to
// say.
type blank struct {
	Prefix   string
	Name     string
	ID       string // empty: as Name
	Value    string
	Type     string // of the input; empty: text
	Longest  int    // characters, 0: not limited
	Lines    int    // more than 0: a text of so many lines
	Required bool
	Complete string // autocomplete; empty: off
	Plain    bool   // latin letters, written from left to right
	Err      error  // the form's refusal, of this field or another
}

func (f blank) id() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// why is the form's refusal if it is about this field.
func (f blank) why() error {
	if isAbout(f.Err, f.Name) {
		return f.Err
	}
	return nil
}

func (f blank) kind() string {
	if f.Type != "" {
		return f.Type
	}
	return "text"
}

func (f blank) complete() string {
	if f.Complete != "" {
		return f.Complete
	}
	return "off"
}

func (f blank) dir() string {
	if f.Plain {
		return "ltr"
	}
	return "auto"
}

func (f blank) longest() string { return strconv.Itoa(f.Longest) }

// describedBy names what stands below the field.
func (f blank) describedBy(hint string) string {
	ids := ""
	if f.why() != nil {
		ids = f.id() + "-why"
	}
	if hint != "" {
		if ids != "" {
			ids += " "
		}
		ids += f.id() + "-hint"
	}
	return ids
}
