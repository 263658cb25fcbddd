package views

import "time"

// clock is the time of day, by the 24 hours that all our languages read.
func (l Locale) clock(t time.Time) string { return l.local(t).Format("15:04") }

// moment is day and time in full, with the zone.
func (l Locale) moment(t time.Time) string {
	t = l.local(t)
	return l.tongue().dates.FmtDateFull(t) + l.say("date.joint") + t.Format("15:04 MST")
}

// machineTime is a time as datetime attributes take it (RFC 3339, UTC).
func machineTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (l Locale) local(t time.Time) time.Time {
	if l.Zone == nil {
		return t.UTC()
	}
	return t.In(l.Zone)
}
