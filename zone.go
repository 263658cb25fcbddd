package parlour

import (
	"slices"
	"strings"
	"time"
)

// Zones are the time zones that people are offered, by their names in the IANA
// time zone database: nearly every clock that is kept somewhere, and several
// cities where many people live. Guests choose among these alone. A change is
// rendered once for each language and zone in use, so what guests may choose
// bounds the work that they can make; members may name any zone there is.
var Zones = []string{
	"Africa/Cairo", "Africa/Casablanca", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
	"America/Anchorage", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Caracas", "America/Chicago",
	"America/Denver", "America/Halifax", "America/Lima", "America/Los_Angeles", "America/Mexico_City",
	"America/New_York", "America/Phoenix", "America/Santiago", "America/Sao_Paulo", "America/St_Johns",
	"America/Toronto", "Asia/Almaty", "Asia/Baghdad", "Asia/Bangkok", "Asia/Beirut", "Asia/Dhaka", "Asia/Dubai",
	"Asia/Hong_Kong", "Asia/Istanbul", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Kabul", "Asia/Karachi",
	"Asia/Kathmandu", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore",
	"Asia/Tehran", "Asia/Tokyo", "Asia/Yangon", "Atlantic/Azores", "Australia/Adelaide", "Australia/Brisbane",
	"Australia/Perth", "Australia/Sydney", "Europe/Athens", "Europe/Berlin", "Europe/Kyiv", "Europe/Lisbon",
	"Europe/London", "Europe/Madrid", "Europe/Moscow", "Europe/Paris", "Europe/Rome", "Europe/Warsaw",
	"Pacific/Auckland", "Pacific/Honolulu", "UTC",
}

// ChooseZone is a zone that a guest chose: one of Zones, or empty for the house's.
func ChooseZone(typed string) (string, error) {
	if typed != "" && !slices.Contains(Zones, typed) {
		return "", errNoZone
	}
	return typed, nil
}

var errNoZone = fieldErrorf(Invalid, "zone.unknown", "zone", "there is no such time zone")

func cleanZone(typed string) (string, error) {
	zone := strings.TrimSpace(typed)
	if zone == "" {
		return "", nil
	}
	// "Local" would be the server's own, which is nobody's choice.
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return "", errNoZone
	}
	return zone, nil
}
