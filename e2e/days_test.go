package e2e

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"parlour"
)

// atNoon is the option for a zone in which it is about noon, so that no day ends
// while a test runs, and that zone.
func atNoon(t *testing.T) (option string, zone *time.Location) {
	t.Helper()
	name := "UTC"
	if hour := time.Now().UTC().Hour(); hour != 12 {
		name = fmt.Sprintf("Etc/GMT%+d", hour-12) // their signs are those of POSIX
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return "--time-zone=" + name, zone
}

// said is a message that is put into the store.
type said struct {
	body string
	at   time.Time
}

// remembers puts messages into the lobby of a program that is started again then.
func (p *program) remembers(all ...said) {
	p.t.Helper()
	p.Stop()
	p.inStore(func(ctx context.Context, store parlour.Store, lobby parlour.Room) {
		for _, m := range all {
			_, _, err := store.Post(ctx, parlour.NewMessage{
				Room: lobby.ID, Kind: parlour.KindMessage, Author: parlour.Author{ID: "gzzzzzzzzzzzz", Name: "Zoë"}, Body: m.body, At: m.at,
			})
			if err != nil {
				p.t.Fatal(err)
			}
		}
	})
	p.again()
}

// daysIn are the messages that are shown in a document and the days above them,
// in the order of the page.
const daysIn = `(d => [...(d?.querySelectorAll('#list article') ?? [])].flatMap(e =>
	[...e.querySelectorAll('.day, .body')].filter(part => part.checkVisibility({visibilityProperty: true})).map(part => part.innerText)))`

const (
	shownDays      = daysIn + `(document)`
	shownFrameDays = daysIn + `(document.querySelector('iframe.messages')?.contentDocument)`
)

func (p *person) reads(days string, want ...string) {
	p.t.Helper()
	var got []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got, _ = trySee[[]string](p, days); slices.Equal(got, want) {
			return
		}
	}
	p.t.Fatalf("shown is %q, want %q", got, want)
}

// fullDay is how the house says a day in English.
func fullDay(t time.Time) string { return t.Format("Monday, 2 January 2006") }

func TestEachDayStandsAboveItsFirstMessage(t *testing.T) {
	t.Parallel()
	option, zone := atNoon(t)
	house := start(t, option, "--limits", "off", "--join-grace", "1h", "--leave-grace", "1h", "--shutdown-grace", "100ms")
	now := time.Now().In(zone)
	first, second, today, next := now.AddDate(0, 0, -101), now.AddDate(0, 0, -1), now, now.AddDate(0, 0, 1)
	house.remembers(said{"one", first}, said{"two", first}, said{"three", second})
	ana := newPerson(t, house)
	ana.enter("Ana")
	before := []string{fullDay(first), "one", "two", fullDay(second), "three"}
	ana.reads(shownDays, before...)

	// What is live follows on what came with the page, and on itself.
	ana.say("four")
	ana.reads(shownDays, append(before, fullDay(today), "four")...)
	ana.say("five")
	ana.say("six")
	ana.reads(shownDays, append(before, fullDay(today), "four", "five", "six")...)
	for _, opened := range []string{"three", "five"} {
		ana.opens(opened)
		ana.reads(shownDays, append(before, fullDay(today), "four", "five", "six")...)
	}
	ana.opens("four")
	ana.click("#open details:has(form[action$='/delete']) summary")
	ana.click("#open form[action$='/delete'] button")
	all := append(before, fullDay(today), "five", "six")
	ana.reads(shownDays, all...)

	// What one has missed comes with its days.
	house.remembers(said{"seven", today}, said{"eight", next}, said{"nine", next})
	all = append(all, "seven", fullDay(next), "eight", "nine")
	ana.reads(shownDays, all...)
	ben := newPerson(t, house)
	ben.enter("Ben")
	ben.reads(shownDays, all...)
	ben.seesTheSame(ana)

	// One who comes back finds the mark of what is new between messages of a day.
	house.remembers(said{"ten", next})
	all = append(all, "ten")
	ben.reads(shownDays, all...)
	ben.visit("/")
	house.remembers(said{"eleven", next}, said{"twelve", next.AddDate(0, 0, 1)})
	ben.visit("/rooms/lobby")
	ben.waitFor("the mark is there", `document.querySelector('#new + article .body')?.innerText === 'eleven'`)
	all = append(all, "eleven", fullDay(next.AddDate(0, 0, 1)), "twelve")
	ben.reads(shownDays, all...)

	// A page of a message and what is around it.
	path := see[string](ben, `new URL(document.querySelector(%s + ' a.at').href).pathname`, ben.message("nine"))
	ben.visit(path)
	ben.waitFor("the message is marked", `document.querySelector('.found .body')?.innerText === 'nine'`)
	ben.reads(shownDays, all...)
}

func TestDaysNeedNoScripts(t *testing.T) {
	t.Parallel()
	option, zone := atNoon(t)
	house := start(t, option, "--limits", "off", "--join-grace", "1h", "--leave-grace", "1h", "--shutdown-grace", "100ms")
	now := time.Now().In(zone)
	yesterday := now.AddDate(0, 0, -1)
	house.remembers(said{"one", yesterday}, said{"two", yesterday})
	bob, ana := enters(t, house, "Bob"), newPerson(t, house, scriptless)
	ana.enter("Ana")
	before := []string{fullDay(yesterday), "one", "two"}
	ana.reads(shownFrameDays, before...)
	for _, text := range []string{"three", "four", "five"} {
		bob.says(text)
	}
	ana.reads(shownFrameDays, append(before, fullDay(now), "three", "four", "five")...)

	// Changes leave elements among the messages.
	at := func(text, below string) string {
		id := see[string](ana, `[...document.querySelector('iframe.messages').contentDocument.querySelectorAll('article')].find(e => e.querySelector('.body')?.innerText === %s).id`, text)
		return "/rooms/lobby/messages/" + id[2:] + below
	}
	bob.post(at("four", "/edit"), url.Values{"body": {"four, mended"}})
	bob.post(at("five", "/delete"), nil)
	bob.post(at("three", "/delete"), nil)
	bob.says("six")
	bob.says("seven")
	all := append(before, fullDay(now), "four, mended", "six", "seven")
	ana.reads(shownFrameDays, all...)

	// Browsers that know no markers only hide what was deleted.
	see[bool](ana, `(d => { const sheet = d.createElement('link'); sheet.rel = 'stylesheet'
		sheet.href = '/hide.css?m=' + [...d.querySelectorAll('article')].find(e => e.querySelector('.body')?.innerText === 'four, mended').id.slice(2)
		d.querySelector('#log').append(sheet); return true })(document.querySelector('iframe.messages').contentDocument)`)
	bob.says("eight")
	ana.reads(shownFrameDays, append(before, fullDay(now), "six", "seven", "eight")...)
}

func TestGuestReadsTimesInTheZoneChosenAtTheDoor(t *testing.T) {
	t.Parallel()
	house := start(t, "--limits", "off", "--join-grace", "1h", "--leave-grace", "1h", "--shutdown-grace", "100ms")
	evening := time.Date(2025, 11, 21, 17, 30, 0, 0, time.UTC) // 23:00 in Kolkata
	house.remembers(said{"one", evening}, said{"two", evening.Add(90 * time.Minute)})
	ben, asha := newPerson(t, house), newPerson(t, house)
	ben.enter("Ben")
	ben.reads(shownDays, "Friday, 21 November 2025", "one", "two")
	asha.visit("/rooms/lobby/join")
	asha.typeInto("input[name=name]", "Asha")
	asha.choose("select[name=zone]", "Asia/Kolkata")
	asha.takesTime()
	asha.submit("form.door button")
	asha.listening()
	asha.reads(shownDays, "Friday, 21 November 2025", "one", "Saturday, 22 November 2025", "two")
	asha.say("three")
	ben.hears("three")
	asha.hears("three")
	for who, zone := range map[*person]string{asha: "Asia/Kolkata", ben: "UTC"} {
		wrong := see[[]string](who, `[...document.querySelectorAll('#list time')].filter(e => e.innerText !==
			new Intl.DateTimeFormat('en-GB', {timeZone: %s, hour: '2-digit', minute: '2-digit'}).format(new Date(e.dateTime))).map(e => e.outerHTML)`, zone)
		if len(wrong) > 0 || len(who.messages()) != 3 {
			t.Errorf("of %d times not in %s are %q", len(who.messages()), zone, wrong)
		}
	}
}
