package trial

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"parlour/cmd/parlour-load/internal/crowd"
)

// Report is what one run has measured.
type Report struct {
	At      time.Time `json:"at"`
	Machine Machine   `json:"machine"`
	Results []Result  `json:"results"`
}

// Result is what was measured at one server. Its memory figures are 0 when
// the server's process is not known.
type Result struct {
	Name           string  `json:"name"`
	Address        string  `json:"address"`
	Rooms          int     `json:"rooms"`
	Readers        int     `json:"readers"`
	Stalled        int     `json:"stalled_readers"`
	Slow           int     `json:"slow_readers"`
	OpenSeconds    float64 `json:"open_seconds"` // until all streams were open
	ResidentBefore int64   `json:"resident_bytes_before"`
	ResidentIdle   int64   `json:"resident_bytes_idle"`
	BytesPerReader float64 `json:"resident_bytes_per_idle_reader"`
	Goroutines     int     `json:"goroutines,omitempty"` // of the server, with all readers idle
	Talks          []Talk  `json:"talks"`
}

// Talk is what became of one while of posting.
type Talk struct {
	InFlight           int     `json:"in_flight,omitempty"` // closed loop
	Rate               float64 `json:"rate,omitempty"`      // posts a second asked for
	Seconds            float64 `json:"seconds"`
	Posts              int     `json:"posts"`
	Refused            int     `json:"refused"`
	Reason             string  `json:"reason,omitempty"` // why the first was refused
	Unsent             int     `json:"unsent"`
	Heard                      // by the readers that count
	EventBytes         int     `json:"event_bytes"`
	DeliveriesPerRead  float64 `json:"deliveries_per_read"` // how many posts came in one read(2)
	CPUSeconds         float64 `json:"server_cpu_seconds"`
	PerCPUSecond       float64 `json:"deliveries_per_server_cpu_second"`
	Resident           int64   `json:"resident_bytes"` // at the end
	Delivery           Latency `json:"delivery_ms"`
	Acknowledged       Latency `json:"acknowledged_ms"`
	Complete           Latency `json:"complete_ms"` // until the last reader had it
	SlowReaders        *Heard  `json:"slow_readers,omitempty"`
	DeliveriesInSecond float64 `json:"deliveries_per_second"`
}

// Heard is what a group of readers got.
type Heard struct {
	Deliveries int64 `json:"deliveries"`
	Lost       int64 `json:"lost"`
	Duplicates int64 `json:"duplicates"`
	Disordered int64 `json:"disordered"`
	Cut        int64 `json:"streams_cut"`
	Bytes      int64 `json:"bytes"`
}

// Latency is how long something took, in milliseconds.
type Latency struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func newLatency(h *hdrhistogram.Histogram) Latency {
	ms := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
	return Latency{P50: ms(50), P90: ms(90), P99: ms(99), P999: ms(99.9), Max: float64(h.Max()) / 1000}
}

func (l Latency) String() string {
	return fmt.Sprintf("%.2f\t%.2f\t%.2f\t%.2f\t%.2f", l.P50, l.P90, l.P99, l.P999, l.Max)
}

func newHeard(r crowd.Read) Heard {
	return Heard{Deliveries: r.Deliveries, Lost: r.Lost, Duplicates: r.Duplicates, Disordered: r.Disordered, Cut: r.Cut, Bytes: r.Bytes}
}

func newTalk(t crowd.Tally, rate float64, inFlight int, cpu float64) Talk {
	talk := Talk{
		InFlight: inFlight, Rate: rate, Seconds: t.Seconds,
		Posts: t.Posts, Refused: t.Refused, Reason: t.Reason, Unsent: t.Unsent,
		Heard: newHeard(t.Read), EventBytes: t.MeanEvent(), CPUSeconds: cpu,
		Delivery: newLatency(t.Latency), Acknowledged: newLatency(t.Acknowledged), Complete: newLatency(t.Complete),
		DeliveriesPerRead:  ratio(float64(t.Deliveries), float64(t.Reads)),
		PerCPUSecond:       ratio(float64(t.Deliveries), cpu),
		DeliveriesInSecond: ratio(float64(t.Deliveries), t.Seconds),
	}
	if t.Apart.Bytes > 0 || t.Apart.Cut > 0 {
		apart := newHeard(t.Apart)
		talk.SlowReaders = &apart
	}
	return talk
}

// ratio is a/b, or 0 when there is no b.
func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

// Write tells the report to people.
func (r Report) Write(w io.Writer) error {
	fmt.Fprintln(w, r.Machine)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, result := range r.Results {
		result.write(out)
	}
	return out.Flush()
}

func (r Result) write(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %d readers in %d rooms, open after %.1f s", r.Name, r.Readers, r.Rooms, r.OpenSeconds)
	if r.Stalled+r.Slow > 0 {
		fmt.Fprintf(w, "; %d stalled, %d slow", r.Stalled, r.Slow)
	}
	if r.ResidentIdle > 0 {
		fmt.Fprintf(w, "; %.0f resident bytes per idle reader (%.1f MiB, %.1f before)", r.BytesPerReader, mib(r.ResidentIdle), mib(r.ResidentBefore))
	}
	fmt.Fprintln(w, "\nhow\tposts\tdeliveries\ta second\ta CPU second\tin a read\tevent\tlost\ttwice\tdisordered\tcut\tMiB")
	for _, t := range r.Talks {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f\t%.0f\t%.2f\t%d B\t%d\t%d\t%d\t%d\t%.1f\n", t.How(), t.Posts, t.Deliveries, t.DeliveriesInSecond, t.PerCPUSecond,
			t.DeliveriesPerRead, t.EventBytes, t.Lost, t.Duplicates, t.Disordered, t.Cut, mib(t.Resident))
	}
	fmt.Fprintln(w, "milliseconds\tp50\tp90\tp99\tp99.9\tmax")
	for _, t := range r.Talks {
		fmt.Fprintf(w, "%s: delivery\t%v\n", t.How(), t.Delivery)
		fmt.Fprintf(w, "%s: to all\t%v\n", t.How(), t.Complete)
		fmt.Fprintf(w, "%s: answer\t%v\n", t.How(), t.Acknowledged)
	}
	for _, t := range r.Talks {
		if t.Refused+t.Unsent > 0 {
			fmt.Fprintf(w, "%s: %d posts refused (%s), %d not sent in time\n", t.How(), t.Refused, t.Reason, t.Unsent)
		}
		if s := t.SlowReaders; s != nil {
			fmt.Fprintf(w, "%s: slow readers got %d deliveries in %d bytes, %d twice, %d disordered, %d streams cut\n", t.How(), s.Deliveries, s.Bytes, s.Duplicates, s.Disordered, s.Cut)
		}
	}
}

// How says how was posted.
func (t Talk) How() string {
	if t.Rate > 0 {
		return fmt.Sprintf("%g/s", t.Rate)
	}
	return fmt.Sprintf("%d in flight", t.InFlight)
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
