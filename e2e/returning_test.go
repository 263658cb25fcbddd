package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parlour"
)

// Everything that can happen to somebody who is away at once: many messages, an
// edit of a message they have and of one they missed, a deletion, and a server
// that was stopped and started again.
func TestWhoComesBackHasEachMessageOnceAndInOrder(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off", "--shutdown-grace", "500ms")
	ana, cleo := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	cleo.enter("Cleo")
	bob := enters(t, house, "Bob")
	bob.says("said before")
	bob.says("taken back later")
	cleo.hears("taken back later")

	cleo.tab() // hides the one with the room
	cleo.deaf()
	want := []string{"said before, and edited"}
	for i := range 30 {
		text := fmt.Sprintf("message %d", i+1)
		bob.says(text)
		want = append(want, text)
	}
	want[17] += ", and edited"

	house.Stop()
	house.inStore(func(ctx context.Context, store parlour.Store, lobby parlour.Room) {
		for _, body := range []string{"said before", "message 17"} {
			m := storedAs(t, store, lobby.ID, body)
			if _, err := store.Edit(ctx, parlour.Revision{Room: lobby.ID, Seq: m.Seq, Kind: parlour.KindMessage, Body: body + ", and edited", At: time.Now()}, parlour.LogEntry{}); err != nil {
				t.Fatal(err)
			}
		}
		m := storedAs(t, store, lobby.ID, "taken back later")
		if _, err := store.Delete(ctx, lobby.ID, m.Seq, parlour.NoStub, time.Now()); err != nil {
			t.Fatal(err)
		}
	})
	house.again()

	cleo.comesToFront()
	for name, p := range map[string]*person{"who was away": cleo, "who stayed": ana} {
		p.hears("message 30")
		p.hears("message 17, and edited")
		p.waitFor("what was taken back is gone", `![...document.querySelectorAll('#list article .body')].some(e => e.innerText === 'taken back later')`)
		if got := p.messages(); !equal(got, want) {
			t.Errorf("%s has\n%q, want\n%q", name, got, want)
		}
	}
	ana.say("you missed a lot")
	cleo.hears("you missed a lot")
}

func TestHiddenTabResumes(t *testing.T) {
	t.Parallel()
	house := start(t)
	ana, bob := newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	bob.listening()
	bob.tab()
	bob.deaf()
	ana.say("while you were hidden")
	ana.hears("while you were hidden")
	if got := bob.messages(); len(got) != 0 {
		t.Errorf("a hidden tab without a stream shows %q", got)
	}
	bob.comesToFront()
	bob.hears("while you were hidden")
	bob.listening()
	ana.say("and now")
	bob.hears("and now")
	if got, want := bob.messages(), []string{"while you were hidden", "and now"}; !equal(got, want) {
		t.Errorf("the tab shows %q, want %q", got, want)
	}
}

// A departure is told only after a grace time. To know that a short absence was
// not taken for one, others come while it lasts and go after it: when that is
// told, the absence would have been told before.
func TestShortAbsenceIsNeitherLeavingNorJoining(t *testing.T) {
	t.Parallel()
	// Longer than a slow machine needs to show Bob some pages.
	house := start(t, "--join-grace", "100ms", "--leave-grace", "30s")
	ana, bob, dave := newPerson(t, house), newPerson(t, house), newPerson(t, house)
	ana.enter("Ana")
	bob.enter("Bob")
	ana.attends("Bob")
	ana.say("Welcome")
	bob.hears("Welcome")

	// A line that tells of a going is taken back when the person comes again, so
	// all that was ever shown is kept.
	see[bool](ana, `(window.told = [], new MutationObserver(() => told.push([...document.querySelectorAll('#list .say ~ .quiet')].map(e => e.innerText).join()))
		.observe(document.querySelector('#list'), {childList: true, subtree: true, characterData: true}), true)`)
	bob.visit("/")
	dave.enter("Dave")
	ana.attends("Dave")
	bob.visit("/rooms/lobby")
	bob.listening()
	bob.visit("/rooms/lobby") // again: a reload
	bob.listening()
	ana.say("Welcome, Dave")
	dave.hears("Welcome, Dave")
	dave.visit("/")
	ana.waitFor("Dave's going is told", lastLineTells, "Dave")
	told := strings.Join(see[[]string](ana, `told`), "\n")
	if strings.Contains(told, "Bob") {
		t.Errorf("a short absence was told to the room: %q", told)
	}
	if !strings.Contains(told, "Dave") {
		t.Errorf("nothing was told of Dave: %q", told)
	}
}

// When the kitchen is told that Bob came, the lobby would have been told before.
func TestRoomMayKeepToItselfWhoComesAndGoes(t *testing.T) {
	t.Parallel()
	house := start(t, "--join-grace", "100ms")
	ada, bob := newPerson(t, house), newPerson(t, house)
	ada.setsUp("Ada")
	ada.makesRoom("Kitchen", "kitchen", "open")
	ada.visit("/rooms/lobby/settings")
	ada.click("[name=discreet]")
	ada.submit("form[action$='/settings'] button")
	ada.goesIn("lobby")
	bob.enter("Bob")
	bob.say("Hello")
	ada.hears("Hello")
	kitchen := ada.tab()
	kitchen.goesIn("kitchen")
	bob.goesIn("kitchen")
	kitchen.attends("Bob")
	if lines := see[int](ada, `document.querySelectorAll('#list article.quiet').length`); lines != 0 {
		t.Errorf("the room is told of %d things", lines)
	}
}

const lastLineTells = `[...document.querySelectorAll('#list article')].at(-1)?.matches('.quiet')
	&& [...document.querySelectorAll('#list article')].at(-1).textContent.includes(%s)`

// attends waits until a line tells that somebody came.
func (p *person) attends(name string) {
	p.t.Helper()
	p.waitFor(name+"'s coming is told", `[...document.querySelectorAll('#list article.quiet')].some(e => e.textContent.includes(%s))`, name)
}
