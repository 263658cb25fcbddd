package parlour

import (
	"context"
	"slices"
	"time"
)

// Answer is what the house says to whoever gave a command, and to nobody else.
type Answer struct {
	// Code names it for translators: its words are under "answer." + Code.
	Code string
	Args map[string]any // a length of time is a time.Duration
	// As is who gave the command, from then on, where that was changed by it; else
	// it is nobody.
	As Identity
}

// Obey carries out a command that was typed in the room (see IsCommand). A
// command that is not known, and a name that nobody or more than one person has,
// are Invalid in the field "body".
func (h *House) Obey(ctx context.Context, by Identity, slug, typed string) (Answer, error) {
	room, who, err := h.find(ctx, by, slug, Read)
	if err != nil {
		return Answer{}, err
	}
	c := parseCommand(typed)
	switch {
	case !slices.Contains(Commands, c.name):
		err := bodyErrorf("command.unknown", "there is no command %.40q", "/"+c.name)
		err.Args = map[string]any{"Command": "/" + shortened(c.name)}
		return Answer{}, err
	case c.name == "help" && !who.Moderates():
		return Answer{Code: "help"}, nil
	case c.name == "nick":
		return h.nick(ctx, by, room, c.rest)
	case c.name == "topic" && c.rest == "":
		return topicOf(room), nil
	}
	if err := h.may(ctx, who, Moderate, room); err != nil {
		return Answer{}, err
	}
	return h.obey(ctx, by, room, c)
}

// Commands are the words that may stand behind the slash. All but "help", "nick"
// and "topic" are for moderators, and setting the topic is too.
var Commands = []string{
	"help", "nick", "topic", "kick", "ban", "unban", "mute", "unmute", "slow", "lock", "unlock", "readonly",
}

// nick gives whoever asks for it another name, as the door and the account do.
func (h *House) nick(ctx context.Context, by Identity, room Room, typed string) (a Answer, err error) {
	as := by
	if by.Kind == Member {
		as, err = h.ChangeName(ctx, by, typed)
	} else {
		as, _, err = h.Join(ctx, by, room.Slug, typed, "")
	}
	if err != nil {
		return Answer{}, err
	}
	return Answer{Code: "nick", Args: map[string]any{"Name": as.Name}, As: as}, nil
}

func topicOf(room Room) Answer {
	if room.Topic == "" {
		return Answer{Code: "topic_none"}
	}
	return Answer{Code: "topic_is", Args: map[string]any{"Topic": room.Topic}}
}

// obey does what a moderator commands. Whatever it calls asks again whether it
// may be done.
func (h *House) obey(ctx context.Context, by Identity, room Room, c command) (Answer, error) {
	switch c.name {
	case "kick":
		return h.sanctionNamed(ctx, by, room, Kick, c.rest)
	case "ban":
		return h.sanctionNamed(ctx, by, room, Ban, c.rest)
	case "mute":
		return h.sanctionNamed(ctx, by, room, Mute, c.rest)
	case "unban":
		return h.liftNamed(ctx, by, room, c.rest, Ban, Kick)
	case "unmute":
		return h.liftNamed(ctx, by, room, c.rest, Mute)
	case "slow":
		return h.slow(ctx, by, room, c.rest)
	case "lock":
		return Answer{Code: "locked"}, h.Lock(ctx, by, room.Slug, true)
	case "unlock":
		return Answer{Code: "unlocked"}, h.Lock(ctx, by, room.Slug, false)
	case "topic":
		if c.rest == "off" {
			return Answer{Code: "topic"}, h.SetTopic(ctx, by, room.Slug, "")
		}
		return Answer{Code: "topic"}, h.SetTopic(ctx, by, room.Slug, c.rest)
	case "readonly":
		if c.rest == "off" {
			return Answer{Code: "writable"}, h.SetReadOnly(ctx, by, room.Slug, false)
		}
		return Answer{Code: "readonly"}, h.SetReadOnly(ctx, by, room.Slug, true)
	default:
		return Answer{Code: "help_moderator"}, nil
	}
}

// sanctionNamed reads "NAME 10m reason". Without a time a kick is short, and
// the others are for good.
func (h *House) sanctionNamed(ctx context.Context, by Identity, room Room, kind SanctionKind, text string) (Answer, error) {
	seat, rest, err := h.named(ctx, room, text)
	if err != nil {
		return Answer{}, err
	}
	s := Sentence{Kind: kind, Person: seat.Person}
	s.For, s.Reason = takeSpan(rest)
	made, err := h.Sanction(ctx, by, room.Slug, s)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Code: string(made.Kind), Args: map[string]any{"Name": made.Name}}
	if !made.Until.IsZero() {
		answer.Code += "_until"
		answer.Args["Span"] = made.Until.Sub(made.At)
	}
	return answer, nil
}

// named is the seat of whom a text names, and what stands behind the name: the
// longest name that somebody in the room has.
func (h *House) named(ctx context.Context, room Room, text string) (Seat, string, error) {
	names, err := namesAtStart(text)
	if err != nil {
		return Seat{}, "", err
	}
	keys := make([]string, len(names))
	for i, n := range names {
		keys[i] = NameKey(n.name)
	}
	seats, err := h.store.SeatsNamed(ctx, room.ID, keys)
	if err != nil {
		return Seat{}, "", err
	}
	for i, key := range keys {
		for _, seat := range seats {
			if NameKey(seat.Name) == key {
				return seat, names[i].rest, nil
			}
		}
	}
	return Seat{}, "", nobodyNamed(names)
}

func nobodyNamed(names []nameAndRest) error {
	name := names[len(names)-1].name
	err := bodyErrorf("command.nobody", "nobody here is called %.40q", name)
	err.Args = map[string]any{"Name": shortened(name)}
	return err
}

func shortened(s string) string {
	if r := []rune(s); len(r) > MaxName {
		return string(r[:MaxName]) + "…"
	}
	return s
}

// liftNamed ends what one person of a name was given. When there were several
// people of the name, none is meant: the list of sanctions tells them apart.
func (h *House) liftNamed(ctx context.Context, by Identity, room Room, text string, kinds ...SanctionKind) (Answer, error) {
	names, err := namesAtStart(text)
	if err != nil {
		return Answer{}, err
	}
	inForce, err := h.store.Sanctions(ctx, room.ID, h.now())
	if err != nil {
		return Answer{}, err
	}
	for _, n := range names {
		var met []Sanction
		for _, s := range inForce {
			if slices.Contains(kinds, s.Kind) && NameKey(s.Name) == NameKey(n.name) {
				met = append(met, s)
			}
		}
		if len(met) == 0 {
			continue
		}
		if slices.ContainsFunc(met, func(s Sanction) bool { return s.Person != met[0].Person }) {
			err := bodyErrorf("command.ambiguous", "several people were called %.40q", n.name)
			err.Args = map[string]any{"Name": n.name}
			return Answer{}, err
		}
		for _, s := range met {
			if _, err := h.Lift(ctx, by, room.Slug, s.ID); err != nil {
				return Answer{}, err
			}
		}
		return Answer{Code: "lifted", Args: map[string]any{"Name": met[0].Name}}, nil
	}
	return Answer{}, nobodyNamed(names)
}

func (h *House) slow(ctx context.Context, by Identity, room Room, text string) (Answer, error) {
	var least time.Duration
	if text != "off" && text != "0" {
		var ok bool
		if least, ok = ParseSpan(text); !ok {
			return Answer{}, bodyErrorf("command.span", "a length of time is needed, such as 30s, or off")
		}
	}
	if err := h.SetSlow(ctx, by, room.Slug, least); err != nil {
		return Answer{}, err
	}
	if least == 0 {
		return Answer{Code: "slow_off"}, nil
	}
	return Answer{Code: "slow", Args: map[string]any{"Span": least}}, nil
}
