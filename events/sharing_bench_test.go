package events

import (
	"encoding/json"
	"testing"
	"time"

	"parlour"
)

// line is a message as people write them.
func line() parlour.Message {
	return parlour.Message{
		Room: lobby, Seq: 123456, Changed: 123456, Kind: parlour.KindMessage,
		Author: parlour.Author{ID: "pabcdefghijkl", Name: "Ana Maria", Guest: true},
		Body:   "It is a line of about sixty characters, as people write them.", At: time.UnixMilli(1_795_000_000_000).UTC(),
	}
}

// BenchmarkTellingOtherNodes is what a node pays for each message that the others
// are told of, and what it weighs on the bus.
func BenchmarkTellingOtherNodes(b *testing.B) {
	m := line()
	size := 0
	for b.Loop() {
		payload, err := json.Marshal(parcel{Version: parcelVersion, Head: m.Changed, Changes: []carried{carry(m)}})
		if err != nil {
			b.Fatal(err)
		}
		size = len(payload)
	}
	b.ReportMetric(float64(size), "bytes/msg")
	b.ReportMetric(float64(size-len(m.Body)), "overhead/msg")
}

// BenchmarkHearingOfOtherNodes is what a node pays for each message of another.
func BenchmarkHearingOfOtherNodes(b *testing.B) {
	m := line()
	payload, err := json.Marshal(parcel{Version: parcelVersion, Head: m.Changed, Changes: []carried{carry(m)}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var p parcel
		if err := json.Unmarshal(payload, &p); err != nil || p.Changes[0].message(lobby).Body != m.Body {
			b.Fatal(err)
		}
	}
}
