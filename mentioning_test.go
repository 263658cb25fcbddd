package parlour_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parlour"
	"parlour/views"
)

// mentioned are whom a message names, each as it stands there.
func mentioned(m parlour.Message) (names []string) {
	for _, mention := range m.Mentions {
		names = append(names, mention.Person+" "+m.Body[mention.Start:mention.End])
	}
	return names
}

func TestMentionIsTheLongestNameThatSomebodyHas(t *testing.T) {
	h := open(t, parlour.Rules{MentionsAt: views.MentionsAt})
	by := h.join(nobody, "lobby", "Zoe")
	id := make(map[string]string)
	for _, name := range []string{"Ana", "Ana Maria", "José", "小明", "Bob", "x_y_z", "👩‍🚀 Lu", "O'Neil", "محمد علي"} {
		id[name] = h.join(nobody, "lobby", name).ID
	}
	h.join(nobody, "garden", "Elsewhere")
	for _, c := range []struct {
		body string
		want []string // whom, and as it stands there
	}{
		{"@Ana", []string{"Ana", "@Ana"}},
		{"hello @ana!", []string{"Ana", "@ana"}},
		{"(@ANA)", []string{"Ana", "@ANA"}},
		{"@Ana maria, hello", []string{"Ana Maria", "@Ana maria"}},
		{"@Ana  Maria", []string{"Ana Maria", "@Ana  Maria"}},
		{"@Ana Mariana", []string{"Ana", "@Ana"}},
		{"@Ana\nMaria", []string{"Ana", "@Ana"}},
		{"@Anabel", nil},
		{"@Ana's @Bob", []string{"Ana", "@Ana", "Bob", "@Bob"}},
		{"@O'Neil's", []string{"O'Neil", "@O'Neil"}},
		{"@José", []string{"José", "@José"}},
		{"@Jose\u0301", []string{"José", "@Jose\u0301"}},
		{"@Jose", nil},
		{"你好@小明你好", []string{"小明", "@小明"}},
		{"@x_y_z and *@Bob*", []string{"x_y_z", "@x_y_z", "Bob", "@Bob"}},
		{"@👩‍🚀 Lu!", []string{"👩‍🚀 Lu", "@👩‍🚀 Lu"}},
		{"مرحبا @محمد علي", []string{"محمد علي", "@محمد علي"}},
		{"@@Ana", []string{"Ana", "@Ana"}},
		{"> @Ana\n- @Bob", []string{"Ana", "@Ana", "Bob", "@Bob"}},
		{"||@Ana||", []string{"Ana", "@Ana"}},
		{"@ Ana", nil},
		{"ana@Bob", nil},
		{"a.b@Bob.example", nil},
		{"@Zoe", nil}, // oneself
		{"@Elsewhere", nil},
		{"`@Ana` ``@Bob``", nil},
		{"```\n@Ana\n```", nil},
		{"[@Ana](https://a.example/)", nil},
		{"[x](https://a.example/@Ana)", nil},
		{"https://a.example/@Ana", nil},
		{`\@Ana`, nil},
		{"@\u202eAna", nil},
		{"@", nil},
	} {
		m, err := h.Say(t.Context(), by, "lobby", parlour.Draft{Body: c.body})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for whom := range slices.Chunk(c.want, 2) {
			want = append(want, id[whom[0]]+" "+whom[1])
		}
		if got := mentioned(m); !slices.Equal(got, want) {
			t.Errorf("%q mentions %q, want %q", c.body, got, want)
		}
		// Whoever reads it later reads the same.
		if got := mentioned(h.last("lobby")); !slices.Equal(got, want) {
			t.Errorf("%q is kept with %q, want %q", c.body, got, want)
		}
	}
}

func (h *livingHouse) last(slug string) parlour.Message {
	h.t.Helper()
	all := h.messages(slug)
	return all[len(all)-1]
}

func TestMentionsAreBounded(t *testing.T) {
	h := open(t, parlour.Rules{})
	by := h.join(nobody, "lobby", "Zoe")
	var body strings.Builder
	for i := range 15 {
		name := fmt.Sprintf("n%d", i)
		h.join(nobody, "lobby", name)
		body.WriteString("@" + name + " ")
	}
	m, err := h.Say(t.Context(), by, "lobby", parlour.Draft{Body: body.String()})
	if err != nil || len(m.Mentions) != parlour.MaxMentions {
		t.Fatalf("%d mentions, %v", len(m.Mentions), err)
	}
	// However many @ there are, not all are looked at.
	m, err = h.Say(t.Context(), by, "lobby", parlour.Draft{Body: strings.Repeat("@b ", 1000) + "@n1"})
	if err != nil || len(m.Mentions) != 0 {
		t.Fatalf("%d mentions, %v", len(m.Mentions), err)
	}
}

func TestEditMentionsAnew(t *testing.T) {
	h := open(t, parlour.Rules{})
	by, ana, bob := h.join(nobody, "lobby", "Zoe"), h.join(nobody, "lobby", "Ana"), h.join(nobody, "lobby", "Bob")
	m, err := h.Say(t.Context(), by, "lobby", parlour.Draft{Body: "@Ana hello"})
	if err != nil {
		t.Fatal(err)
	}
	m, err = h.EditMessage(t.Context(), by, "lobby", m.Seq, parlour.Draft{Body: "hello @Bob"})
	if got := mentioned(m); err != nil || !slices.Equal(got, []string{bob.ID + " @Bob"}) {
		t.Errorf("edited it mentions %q, %v", got, err)
	}
	// A name that is given up later is still that of who had it.
	h.join(bob, "lobby", "Robert")
	h.join(ana, "lobby", "Bob")
	kept := h.messages("lobby")
	i := slices.IndexFunc(kept, func(k parlour.Message) bool { return k.Seq == m.Seq })
	if got := mentioned(kept[i]); !slices.Equal(got, []string{bob.ID + " @Bob"}) {
		t.Errorf("after the renaming it mentions %q", got)
	}
}

func TestPreviewShowsMentions(t *testing.T) {
	h := open(t, parlour.Rules{})
	by, ana := h.join(nobody, "lobby", "Zoe"), h.join(nobody, "lobby", "Ana")
	m, err := h.Preview(t.Context(), by, "lobby", parlour.Draft{Body: "/me greets @ana"})
	if got := mentioned(m); err != nil || !slices.Equal(got, []string{ana.ID + " @ana"}) {
		t.Errorf("the preview mentions %q, %v", got, err)
	}
}

func TestMaskedTextMentionsWhereItStandsThen(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	h.filters("lobby", parlour.Masking, "confounded")
	h.filters("lobby", parlour.Masking, "Ana")
	if got := mentioned(h.says(ana, "a confounded @Bob")); !slices.Equal(got, []string{bob.ID + " @Bob"}) {
		t.Errorf("behind what is masked %q", got)
	}
	if m := h.says(bob, "hello @Ana"); m.Mentions != nil || m.Body != "hello @***" {
		t.Errorf("what is masked is mentioned: %+v", m)
	}
}

func TestHeldMessageMentionsNobodyUntilItIsApproved(t *testing.T) {
	h := keepHouse(t, parlour.Rules{})
	ana, bob := h.guest("Ana", "192.0.2.7"), h.guest("Bob", "192.0.2.8")
	h.filters("lobby", parlour.Holding, "money")
	if _, err := h.Say(t.Context(), ana, "lobby", parlour.Draft{Body: "money, @Bob"}); err != nil {
		t.Fatal(err)
	}
	wantMentions := func(want int) {
		t.Helper()
		found, err := h.Mentions(t.Context(), bob, "")
		if err != nil || len(found.All) != want {
			t.Errorf("Bob is mentioned in %+v, %v", found.All, err)
		}
	}
	wantMentions(0)
	_, _, q, err := h.Queue(t.Context(), h.mo, "lobby")
	if err != nil || len(q.Held) != 1 {
		t.Fatal(q.Held, err)
	}
	if _, err := h.Approve(t.Context(), h.mo, "lobby", q.Held[0].ID); err != nil {
		t.Fatal(err)
	}
	wantMentions(1)
	// What is purged mentions nobody any more.
	if _, err := h.DeleteMessagesOf(t.Context(), h.mo, "lobby", ana.ID, parlour.AllTime, "spam"); err != nil {
		t.Fatal(err)
	}
	wantMentions(0)
}
