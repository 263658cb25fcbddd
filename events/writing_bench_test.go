package events

import (
	"strings"
	"testing"

	"parlour"
)

// usual is a message as views render one.
var usual = []byte(`<article id="m-121" class="message by-gabcdefghijkl"><header><b class="name">Ana</b> <time datetime="2026-01-02T15:04:05Z">15:04</time></header><div class="body" hx-ignore>` +
	strings.Repeat("That is what I thought as well. ", 6) +
	`</div><footer><a href="/rooms/lobby/messages/121">#121</a></footer></article><hx-partial hx-target="#m-121" hx-swap="delete"></hx-partial>`)

func BenchmarkFrame(b *testing.B) {
	for name, data := range map[string][]byte{
		"one line":    usual,
		"forty lines": []byte(strings.Repeat("another line\n", 40)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			var frame []byte
			for b.Loop() {
				frame = AppendFrame(frame[:0], 1234567, "", data)
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	frame := AppendFrame(nil, 1234567, "", usual)
	l := newFeedLog(Feed{}, 0, 256<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(frame)))
	for seq := parlour.Seq(1); b.Loop(); seq++ {
		l.appendChange(seq, 0, "", frame)
	}
}

func BenchmarkSince(b *testing.B) {
	frame := AppendFrame(nil, 1234567, "", usual)
	l := newFeedLog(Feed{}, 0, 256<<10)
	for seq := range parlour.Seq(200) {
		l.appendChange(seq+1, 0, "", frame)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := l.since(190, 0); !ok {
			b.Fatal("not in the log")
		}
	}
}
