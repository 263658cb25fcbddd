package views

import (
	"strings"
	"sync"
	"time"

	"parlour"
)

// knownZones are the zones that people are offered, without those that this
// machine does not know.
var knownZones = sync.OnceValue(func() (known []*time.Location) {
	for _, name := range parlour.Zones {
		if zone, err := time.LoadLocation(name); err == nil {
			known = append(known, zone)
		}
	}
	return known
})

// offeredZones are the zones that one can choose instead of the house's.
func offeredZones(house *time.Location) (offered []*time.Location) {
	for _, zone := range knownZones() {
		if zone.String() != house.String() {
			offered = append(offered, zone)
		}
	}
	return offered
}

// zoneName is the name of a zone for people.
func zoneName(zone *time.Location) string { return strings.ReplaceAll(zone.String(), "_", " ") }

// clockIn is a zone with the time that it is there.
func (p Page) clockIn(zone *time.Location) string {
	return zoneName(zone) + " · " + Locale{Zone: zone}.local(p.Now).Format("15:04")
}

// local is a time as the reader's clocks tell it.
func (l Locale) local(t time.Time) time.Time {
	if l.Zone == nil {
		return t.UTC()
	}
	return t.In(l.Zone)
}
