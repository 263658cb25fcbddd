package e2e

import (
	"strings"
	"testing"
)

func TestTwoPeopleTalk(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.say("Hello, is anybody here?")
	bob.hears("Hello, is anybody here?")
	bob.say("Yes, I am!")
	ana.hears("Yes, I am!")
	ana.say("/me waves")
	bob.hears("* Ana waves")
	bob.hears("Yes, I am!")
	for _, p := range []*person{ana, bob} {
		want := []string{"Hello, is anybody here?", "Yes, I am!", "* Ana waves"}
		if got := p.messages(); !equal(got, want) {
			t.Errorf("the page shows %q, want %q", got, want)
		}
	}
}

func TestWhatIsSaidIsShownAsTextAndLinksAsLinks(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	const markup = `<b onclick="x()">bold</b> <script>document.title='stolen'</script> &amp; <hx-partial hx-target="body">x</hx-partial>`
	ana.say(markup)
	bob.hears(markup)
	ana.say("see https://example.com/a?b=c&d=e and javascript:alert(1)")
	bob.hears("see https://example.com/a?b=c&d=e and javascript:alert(1)")
	links := see[[]string](bob, `[...document.querySelectorAll('#list .body a')].map(a => a.href + ' ' + a.rel)`)
	if len(links) != 1 || !strings.HasPrefix(links[0], "https://example.com/a?b=c&d=e ") || !strings.Contains(links[0], "noopener") {
		t.Errorf("the links are %q", links)
	}
	if title := see[string](bob, `document.title`); strings.Contains(title, "stolen") {
		t.Error("a script in a message ran")
	}
}

func TestPresenceFollowsWhoComesAndGoes(t *testing.T) {
	t.Parallel()
	house := start(t, "--leave-grace", "500ms", "--join-grace", "100ms")
	ana := newPerson(t, house)
	ana.enter("Ana")
	ana.waitFor("Ana sees herself", `document.querySelector('#presence').textContent.includes('Ana')`)
	bob := newPerson(t, house)
	bob.enter("Bob")
	ana.waitFor("Bob is present", `document.querySelector('#presence').textContent.includes('Bob')`)
	ana.attends("Bob")
	someone := newVisitor(t, house)
	if lobby := someone.get("/").body; !strings.Contains(lobby, "2 here") {
		t.Errorf("the lobby does not tell that two are in the room:\n%s", lobby)
	}
	bob.visit("/")
	ana.waitFor("Bob is gone", `!document.querySelector('#presence').textContent.includes('Bob')`)
	if lobby := someone.get("/").body; !strings.Contains(lobby, "1 here") {
		t.Errorf("the lobby does not tell that one is in the room:\n%s", lobby)
	}
}

// equal compares what was said with what should have been.
func equal(got, want []string) bool {
	return strings.Join(got, "\x00") == strings.Join(want, "\x00")
}
