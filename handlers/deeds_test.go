package handlers_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parlour"
)

// crowd is people who do to a room whatever can be done to one, at random.
type crowd struct {
	*site
	random *rand.Rand
	keeper *visitor
	guests []*visitor
	done   map[string]int // how often each deed was allowed
}

// gathers brings some guests into the lobby, and somebody who keeps order there.
func (s *site) gathers(random *rand.Rand) *crowd {
	s.t.Helper()
	c := &crowd{site: s, random: random, keeper: s.admin("Ada"), done: make(map[string]int)}
	c.keeper.want("entering", c.keeper.get("/rooms/lobby"), http.StatusOK)
	for range 5 {
		c.guests = append(c.guests, s.guest())
	}
	filter := url.Values{"kind": {"word"}, "pattern": {"perhaps"}, "act": {"hold"}}
	c.keeper.want("adding a filter", c.keeper.post("/rooms/lobby/moderation/filters", filter), http.StatusSeeOther)
	c.arrange()
	return c
}

// deed is something that people do, as often as its weight says.
type deed struct {
	name   string
	weight int
	do     func(c *crowd) answer
}

var deeds = []deed{
	{"post", 10, func(c *crowd) answer { return c.anyone().post("/rooms/lobby/messages", c.words()) }},
	{"reply", 8, func(c *crowd) answer {
		form := c.words()
		form.Set("reply", c.any().Seq.String())
		return c.anyone().post("/rooms/lobby/messages", form)
	}},
	{"edit", 6, func(c *crowd) answer { return c.whoMay().post(c.path("/edit"), c.words()) }},
	{"delete", 4, func(c *crowd) answer { return c.whoMay().post(c.path("/delete"), nil) }},
	{"react", 8, func(c *crowd) answer {
		emoji := parlour.OfferedReactions[c.random.IntN(3)]
		return c.anyone().post(c.path("/reactions"), url.Values{"emoji": {emoji}})
	}},
	{"pin", 3, func(c *crowd) answer { return c.keeper.post(c.path("/pin"), nil) }},
	{"unpin", 1, func(c *crowd) answer { return c.keeper.post(c.path("/unpin"), nil) }},
	{"topic", 1, func(c *crowd) answer {
		return c.keeper.post("/rooms/lobby/messages", url.Values{"body": {fmt.Sprint("/topic topic ", c.random.IntN(3))}})
	}},
	{"arrange", 2, func(c *crowd) answer { return c.arrange() }},
	{"take another name", 2, func(c *crowd) answer {
		return c.anyone().post("/rooms/lobby/join", url.Values{"name": {fmt.Sprint("name ", c.random.IntN(30))}})
	}},
	{"purge", 2, func(c *crowd) answer {
		return c.against("purge", url.Values{"span": {[...]string{"10m", "all"}[c.random.IntN(2)]}})
	}},
	{"ban", 2, func(c *crowd) answer {
		return c.against("sanctions", url.Values{"kind": {"ban"}, "reach": {"person"}, "delete": {[...]string{"", "10m", "all"}[c.random.IntN(3)]}})
	}},
	{"lift", 2, func(c *crowd) answer {
		in, err := c.store.Sanctions(c.t.Context(), c.lobby().ID, time.Now())
		if err != nil || len(in) == 0 {
			return answer{}
		}
		return c.keeper.post(fmt.Sprintf("/rooms/lobby/moderation/sanctions/%d/lift", in[0].ID), nil)
	}},
	{"approve", 4, func(c *crowd) answer { return c.judge("approve") }},
	{"discard", 4, func(c *crowd) answer { return c.judge("discard") }},
	{"come and go", 3, func(c *crowd) answer {
		// The house tells of it later, at a time of its own; here it is now.
		at := func(id string) parlour.Author { return parlour.Author{ID: id, Name: "visitor " + id} }
		n := c.random.IntN(4)
		come, gone := []parlour.Author{at(fmt.Sprint("c", n))}, []parlour.Author{at(fmt.Sprint("c", (n+1)%4))}
		if err := c.store.Attend(c.t.Context(), c.lobby().ID, come, gone[:c.random.IntN(2)], time.Now()); err != nil {
			c.t.Error(err)
		}
		return answer{status: http.StatusSeeOther}
	}},
}

// do does something.
func (c *crowd) do() {
	c.t.Helper()
	total := 0
	for _, d := range deeds {
		total += d.weight
	}
	n := c.random.IntN(total)
	for _, d := range deeds {
		if n -= d.weight; n >= 0 {
			continue
		}
		switch a := d.do(c); {
		case a.status == http.StatusSeeOther:
			c.done[d.name]++
		case a.status >= http.StatusInternalServerError:
			c.t.Errorf("to %s is answered with %d: %.300s", d.name, a.status, a.body)
		}
		return
	}
}

// checkAllDone tells of deeds that were never allowed: then nothing was tried.
func checkAllDone(t *testing.T, done map[string]int) {
	t.Helper()
	for _, d := range deeds {
		if done[d.name] == 0 {
			t.Errorf("nobody could %s", d.name)
		}
	}
}

func (c *crowd) anyone() *visitor {
	if c.random.IntN(6) == 0 {
		return c.keeper
	}
	return c.guests[c.random.IntN(len(c.guests))]
}

// whoMay is often somebody who may change any message, so that many are changed.
func (c *crowd) whoMay() *visitor {
	if c.random.IntN(2) == 0 {
		return c.keeper
	}
	return c.anyone()
}

// any is one of the newest messages, more often of the very newest.
func (c *crowd) any() parlour.Message {
	c.t.Helper()
	newest := c.messages()
	if len(newest) == 0 {
		return parlour.Message{}
	}
	back := min(c.random.IntN(len(newest)), c.random.IntN(len(newest)))
	return newest[len(newest)-1-back]
}

func (c *crowd) path(below string) string {
	return "/rooms/lobby/messages/" + c.any().Seq.String() + below
}

func (c *crowd) words() url.Values {
	beginning := [...]string{"", "/me ", "**bold** ||hidden|| ", "> quoted\n\n", "1 < 2 & <b>3</b> ", "perhaps ", "https://example.org/a?b=c&d "}[c.random.IntN(7)]
	return url.Values{"body": {beginning + strings.Repeat(fmt.Sprintf("text %d\n", c.random.IntN(1000)), 1+c.random.IntN(2))}}
}

// against does something about a guest who has said something.
func (c *crowd) against(what string, form url.Values) answer {
	m := c.any()
	for tries := 0; !m.Author.Guest && tries < 10; tries++ {
		m = c.any()
	}
	form.Set("person", m.Author.ID)
	form.Set("reason", "at random")
	return c.keeper.post("/rooms/lobby/moderation/"+what, form)
}

// judge decides about what waits for approval.
func (c *crowd) judge(verdict string) answer {
	held, err := c.store.Held(c.t.Context(), c.lobby().ID)
	if err != nil || len(held) == 0 {
		return answer{}
	}
	return c.keeper.post(fmt.Sprint("/rooms/lobby/moderation/held/", held[0].ID), url.Values{"verdict": {verdict}})
}

// arrange sets the room's settings.
func (c *crowd) arrange() answer {
	form := url.Values{
		"name": {[]string{"Lobby", "Hall"}[c.random.IntN(2)]}, "slug": {"lobby"}, "preset": {"open"}, "edit_window": {"always"},
		"topic": {fmt.Sprint("topic ", c.random.IntN(3))}, "rules": {fmt.Sprint("Be kind.\nRule ", c.random.IntN(3))},
	}
	if c.random.IntN(2) == 0 {
		form.Set("stubs", "1")
	}
	return c.keeper.post("/rooms/lobby/settings", form)
}

// says is the number of a message that the keeper of the room says now.
func (c *crowd) says(text string) parlour.Seq {
	c.t.Helper()
	c.keeper.want("saying", c.keeper.post("/rooms/lobby/messages", url.Values{"body": {text}}), http.StatusSeeOther)
	return c.lobby().Head
}
