package parlour

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // as the program has it
)

func TestZonesThatAreOfferedAreKnownAndFew(t *testing.T) {
	if !slices.IsSorted(Zones) || len(slices.Compact(slices.Clone(Zones))) != len(Zones) || len(Zones) > 64 {
		t.Errorf("%d zones, which are not in their order, not each once, or too many", len(Zones))
	}
	clocks := make(map[int]bool)
	for _, name := range Zones {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Error(err)
			continue
		}
		_, offset := time.Date(2026, 1, 15, 12, 0, 0, 0, zone).Zone()
		clocks[offset/3600] = true
	}
	for hour := -10; hour <= 10; hour++ {
		if hour != -2 && !clocks[hour] { // where few people live
			t.Errorf("there is no zone whose clocks are %d hours from UTC", hour)
		}
	}
}
