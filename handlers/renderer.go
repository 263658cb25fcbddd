package handlers

import (
	"bytes"
	"context"
	"sync"
	"time"

	"parlour"
	"parlour/events"
	"parlour/views"
)

// Renderer shows the live side's events as HTML.
type Renderer struct {
	zone  *time.Location
	zones sync.Map // name -> *time.Location, of the zones that members chose
	rooms sync.Map // Room.ID -> parlour.Room, of the rooms that were streamed: for links
}

var _ events.Renderer = (*Renderer)(nil)

// NewRenderer renders times in a zone.
func NewRenderer(zone *time.Location) *Renderer { return &Renderer{zone: zone} }

// locale is a language, and a zone by name; the empty name is the house's.
func (d *Renderer) locale(lang, zone string) views.Locale {
	return views.Locale{Lang: lang, Zone: d.location(zone)}
}

func (d *Renderer) location(name string) *time.Location {
	if name == "" {
		return d.zone
	}
	if known, ok := d.zones.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil { // it was there when it was chosen
		zone = d.zone
	}
	d.zones.Store(name, zone)
	return zone
}

// zoneName is the name by which feeds tell zones apart: readers in the house's
// own share theirs, whether they chose it or not.
func (d *Renderer) zoneName(name string) string {
	if d.location(name) == d.zone || d.zone != nil && name == d.zone.String() {
		return ""
	}
	return name
}

// know keeps what links to the room need.
func (d *Renderer) know(room parlour.Room) { d.rooms.Store(room.ID, room) }

func (d *Renderer) room(id int64) parlour.Room {
	if known, ok := d.rooms.Load(id); ok {
		return known.(parlour.Room)
	}
	return parlour.Room{ID: id}
}

// Change renders a change for the feed's readers.
func (d *Renderer) Change(w *bytes.Buffer, feed events.Feed, c parlour.Change) error {
	l := d.locale(feed.Lang, feed.Zone).In(d.room(c.Message.Room).Slug)
	if feed.Format == events.Document {
		return views.WriteLiveChange(w, l, c)
	}
	return views.WriteChange(w, l, c)
}

// Presence renders who is there. A document cannot take it back, so it has a
// page for it instead.
func (d *Renderer) Presence(w *bytes.Buffer, feed events.Feed, p events.Presence) error {
	if feed.Format == events.Document {
		return nil
	}
	return views.WritePresence(w, d.locale(feed.Lang, feed.Zone).In(d.room(p.Room).Slug), present(p))
}

// Typing renders who is writing something. A document has no place for it.
func (d *Renderer) Typing(w *bytes.Buffer, feed events.Feed, t events.Typing) error {
	if feed.Format == events.Document {
		return nil
	}
	return views.WriteTyping(w, d.locale(feed.Lang, feed.Zone), views.Typing{People: t.People, Several: t.Several})
}

// Mark renders where what a reader has missed begins. A document begins anew with
// each stream.
func (d *Renderer) Mark(w *bytes.Buffer, feed events.Feed) error {
	if feed.Format == events.Document {
		return nil
	}
	return views.WriteMark(w, d.locale(feed.Lang, feed.Zone))
}

// Reset renders the newest page in place of all that a reader has.
func (d *Renderer) Reset(w *bytes.Buffer, feed events.Feed, room int64, page parlour.Page) error {
	return views.WriteReset(w, d.locale(feed.Lang, feed.Zone), d.room(room), page, olderThan(page))
}

// Ended renders why a stream is over.
func (d *Renderer) Ended(w *bytes.Buffer, feed events.Feed, room int64, reason events.Ending) error {
	ended := views.Ended{Reason: string(reason), Room: d.room(room)}
	if feed.Format == events.Document {
		return views.Closed(d.locale(feed.Lang, feed.Zone), ended).Render(context.Background(), w)
	}
	return views.WriteEnded(w, d.locale(feed.Lang, feed.Zone), ended)
}

func present(p events.Presence) views.Presence {
	people := make([]views.Present, len(p.People))
	for i, who := range p.People {
		people[i] = views.Present(who)
	}
	return views.Presence{People: people, More: p.More}
}

// olderThan is the number before which there is more than the page has, or 0.
func olderThan(page parlour.Page) parlour.Seq {
	if !page.More || len(page.Messages) == 0 {
		return 0
	}
	return page.Messages[0].Seq
}
