package bench

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"parlour/cmd/parlour-load/internal/mark"
)

func TestSectionOnNodesHasAllFigures(t *testing.T) {
	here, there := hdrhistogram.New(1, 60_000_000, 3), hdrhistogram.New(1, 60_000_000, 3)
	_, _ = here.RecordValue(2000), there.RecordValue(3000)
	talk := nodesTalk{Posts: 1000, Seconds: 2, Here: here, There: there, Lost: 7, Used: used{
		nodes: 300 * time.Millisecond, database: 200 * time.Millisecond, bus: 10 * time.Millisecond, messages: 1500, bytes: 1_200_000,
	}}
	alone := talk
	alone.There = hdrhistogram.New(1, 60_000_000, 3)
	s := nodesSection{At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Load: "0.10", Rows: []nodesRow{{1, alone, alone}, {3, talk, talk}}}
	var b bytes.Buffer
	s.write(&b)
	for _, want := range []string{
		"2026-01-02 03:04 UTC, load of the machine before: 0.10",
		"| 1 | busy | 500 | 2.0 | 2.0 | – | – | 7 | 300 | 200 | – | – | – |\n",
		"| 3 | quiet | 500 | 2.0 | 2.0 | 3.0 | 3.0 | 7 | 300 | 200 | 10 | 1.50 | 1,200 |\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &b)
		}
	}
	for row := range strings.Lines(b.String()) {
		if strings.HasPrefix(row, "|") && strings.Count(row, "|") != 14 {
			t.Errorf("a row of another length: %s", row)
		}
	}
}

func TestSectionOnNodesSaysWhyItIsEmpty(t *testing.T) {
	var b bytes.Buffer
	nodesSection{Missing: "there is no database"}.write(&b)
	if !strings.Contains(b.String(), "Not measured: there is no database.") {
		t.Errorf("it says\n%s", &b)
	}
}

func TestMetricIsReadByItsWholeName(t *testing.T) {
	text := []byte("# HELP sent Sent.\nsent_bytes 7\nsent{to=\"a\"} 8\nsent 9e+06\n")
	if got, err := metric(text, "sent"); err != nil || got != 9e6 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := metric(text, "sen"); err == nil {
		t.Error("a metric that is not there was read")
	}
}

// TestDeliveriesAreToldApart: those at the node of the post from those at others,
// those that count from those that were due before.
func TestDeliveriesAreToldApart(t *testing.T) {
	l := &hearing{run: mark.NewRun(), nodes: 3, here: hdrhistogram.New(1, 60_000_000, 3), there: hdrhistogram.New(1, 60_000_000, 3), to: 1 << 62}
	early := mark.Mark{Post: 1, Sent: l.run.Now()}
	from := l.count()
	var text []byte
	for post := range 4 { // to nodes 0, 1, 2, 0
		text = append(l.run.Append(text, mark.Mark{Post: post, Sent: from}), "\n"...)
	}
	l.read(t.Context(), 0, bytes.NewReader(append(l.run.Append(nil, early), append([]byte("\n"), text...)...)))
	if here, there := l.here.TotalCount(), l.there.TotalCount(); here != 2 || there != 2 || l.heard != 4 {
		t.Errorf("%d at the same node, %d at others, %d in all", here, there, l.heard)
	}
	if l.failed == nil {
		t.Error("that a stream ended went unnoticed")
	}
}
