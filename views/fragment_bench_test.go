package views

import (
	"bytes"
	"testing"
	"time"

	"parlour"
)

var sample = parlour.Message{
	Room: 1, Seq: 121, Changed: 121, Kind: parlour.KindMessage,
	Author: parlour.Author{ID: "gk3j4h5l6m7n8", Name: "Ana"},
	Body:   "Good morning, everybody! Has anyone seen the kettle?",
	At:     time.Date(2025, 11, 21, 15, 4, 5, 0, time.UTC),
}

func BenchmarkMessage(b *testing.B) {
	for _, c := range []struct{ name, body string }{
		{"plain", sample.Body},
		{"link", "Look at https://example.org/kettle?q=1 please"},
	} {
		m := sample
		m.Body = c.body
		b.Run(c.name, func(b *testing.B) {
			var out bytes.Buffer
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if err := WriteMessage(&out, Locale{Lang: "en"}, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
