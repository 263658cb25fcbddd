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
	for _, c := range []struct{ name, slug, body string }{
		{"plain", "", sample.Body},
		{"in a room", "lobby", sample.Body},
		{"link", "", "Look at https://example.org/kettle?q=1 please"},
	} {
		m := sample
		m.Body = c.body
		b.Run(c.name, func(b *testing.B) {
			var out bytes.Buffer
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if err := WriteMessage(&out, Locale{Lang: "en", Slug: c.slug}, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRoomPage(b *testing.B) {
	var history bytes.Buffer
	for seq := range parlour.Seq(50) {
		m := sample
		m.Seq, m.Changed = seq+1, seq+1
		if err := WriteMessage(&history, Locale{Lang: "en"}, m); err != nil {
			b.Fatal(err)
		}
	}
	p := Page{
		Locale: Locale{Lang: "en"}, Nonce: "MCSB2XJ5H6S7JYNENBA3CTIZRL", URL: "/rooms/lobby", Now: sample.At,
		Asset: func(name string) string { return "/assets/" + name },
		Me:    parlour.Identity{Kind: parlour.Guest, ID: sample.Author.ID, Name: "Ana"},
	}
	r := Room{
		Room: parlour.Room{Slug: "lobby", Name: "Lobby", Topic: "Talk about anything"}, Seat: parlour.Seat{Name: "Ana"},
		Cursor: 50, History: history.Bytes(), Older: 1, Composer: Composer{Slug: "lobby", Key: "k"},
	}
	for range 10 {
		r.Presence.People = append(r.Presence.People, Present{Author: sample.Author})
	}
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := RoomPage(p, r).Render(b.Context(), &out); err != nil {
			b.Fatal(err)
		}
	}
}
