package events

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"parlour"
)

// asLines is what the standard makes of data that is sent line by line.
func asLines(data string) string {
	data = strings.ReplaceAll(data, "\r\n", "\n")
	data = strings.ReplaceAll(data, "\r", "\n")
	return string([]rune(data)) // what is not UTF-8 becomes U+FFFD
}

func FuzzDataStaysData(f *testing.F) {
	for _, data := range []string{
		"", "a", "a\nb", "a\rb", "a\r\nb", "a\n\nb", "a\r\rb", "\r", "\n", "\r\n", "\n\r",
		"a\nid: 7", "a\rid: 7", "a\r\nevent: bye", "a\n\ndata: another", "\n\n\nretry: 0",
		"\uFEFFdata: x", "id\x00: 7", "a\x00b", ": comment", "data", " leading", "  two", "\xff\xfe", "a\u2028b\u0085c",
	} {
		f.Add(int64(12), true, data)
		f.Add(int64(0), false, data)
	}
	f.Fuzz(func(t *testing.T, id int64, named bool, data string) {
		name := ""
		if named {
			name = "reset"
		}
		const before, after = "id: 3\ndata: before\n\n", "data: after\n\n"
		stream := AppendFrame([]byte(before), parlour.Seq(id), name, []byte(data))
		source := newEventSource(bytes.NewReader(append(stream, after...)))
		if e, err := source.next(); err != nil || e.data != "before" {
			t.Fatalf("the event before is %+v, %v", e, err)
		}
		wantID := "3"
		if id > 0 {
			wantID = strconv.FormatInt(id, 10)
		}
		// One trailing line end ends the last line and is none of the data.
		want := strings.TrimSuffix(asLines(data), "\n")
		if data != "" {
			e, err := source.next()
			if err != nil {
				t.Fatal(err)
			}
			wantName := "message"
			if named {
				wantName = "reset"
			}
			if e != (event{name: wantName, data: want, id: wantID}) {
				t.Errorf("%q came as %+v, want data %q and id %s", data, e, want, wantID)
			}
		}
		e, err := source.next()
		if err != nil || e != (event{name: "message", data: "after", id: wantID}) {
			t.Errorf("the event after is %+v, %v; want id %s", e, err, wantID)
		}
		if e, err := source.next(); !errors.Is(err, io.EOF) {
			t.Errorf("another event: %+v, %v", e, err)
		}
		if len(source.started) > 0 || source.retry != "" {
			t.Errorf("fields that nobody wrote: %q, retry %q", source.started, source.retry)
		}
	})
}

// TestEventSourceReadsAsTheStandardSays holds the parser that the other tests
// rely on to the standard's own examples.
func TestEventSourceReadsAsTheStandardSays(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   []event
	}{
		"three lines":              {"data: YHOO\ndata: +2\ndata: 10\n\n", []event{{"message", "YHOO\n+2\n10", ""}}},
		"comment, ids, id reset":   {": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n", []event{{"message", "first event", "1"}, {"message", "second event", ""}, {"message", " third event", ""}}},
		"fields without a colon":   {"data\n\ndata\ndata\n\ndata:", []event{{"message", "", ""}, {"message", "\n", ""}}},
		"space after the colon":    {"data:test\n\ndata: test\n\n", []event{{"message", "test", ""}, {"message", "test", ""}}},
		"CR and CRLF":              {"data: a\r\rdata: b\r\n\r\n", []event{{"message", "a", ""}, {"message", "b", ""}}},
		"byte order mark":          {"\uFEFFdata: a\n\n", []event{{"message", "a", ""}}},
		"id with NUL is no id":     {"id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", []event{{"message", "a", "1"}, {"message", "b", "1"}}},
		"id without data is taken": {"id: 9\n\ndata: a\n\n", []event{{"message", "a", "9"}}},
		"unfinished block":         {"data: a\n\ndata: b\n", []event{{"message", "a", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			source := newEventSource(strings.NewReader(c.stream))
			for _, want := range c.want {
				if got, err := source.next(); err != nil || got != want {
					t.Fatalf("%+v, %v; want %+v", got, err, want)
				}
			}
			if e, err := source.next(); err == nil {
				t.Errorf("one event too many: %+v", e)
			}
		})
	}
}
