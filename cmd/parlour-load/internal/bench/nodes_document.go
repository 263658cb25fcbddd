package bench

import (
	"bytes"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// nodesSection is the part of the document on several nodes.
type nodesSection struct {
	At      time.Time
	Load    string // of the machine before
	Missing string // why nothing was measured
	Rows    []nodesRow
}

// nodesRow is a house with so many nodes.
type nodesRow struct {
	Nodes int
	Busy  nodesTalk // as many posts as are answered
	Quiet nodesTalk // a few each second
}

const nodesConditions = `
One PostgreSQL and, for three nodes, one NATS, all on this one machine with the
posters and readers: the figures tell what several nodes cost, not what several
machines bring. Nodes keep to no core. %d posters are spread over the nodes and
%d rooms, and each room has a reader at each node. The database waits for the
disk (synchronous_commit=on, fsync=on). *Busy*: each poster posts again when it
is answered. *Quiet*: %d posts a second in all; delays count from when a post was
due, and what idle nodes do for themselves counts among the few posts. Every
delivery is checked for. Processor time is that of all nodes, of the
database with all its connections, and of the bus. Messages and bytes are what
nodes hand to the bus, presence and all else that they tell each other included;
posts that share a commit and a room share a message.

`

func (s nodesSection) write(b *bytes.Buffer) {
	if s.Missing == "" && len(s.Rows) == 0 {
		return
	}
	b.WriteString("\n## More than one machine\n")
	if s.Missing != "" {
		fmt.Fprintf(b, "\nNot measured: %s.\n", s.Missing)
		return
	}
	fmt.Fprintf(b, nodesConditions, nodePosters, nodeRooms, quietRate)
	fmt.Fprintf(b, "Measured %s, load of the machine before: %s.\n\n", s.At.Format("2006-01-02 15:04 MST"), s.Load)
	b.WriteString("| nodes | posting | posts/s | same node p50 ms | p99 ms | another node p50 ms | p99 ms | lost | CPU µs a post: nodes | database | bus | bus messages a post | bytes a post |\n")
	b.WriteString("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, r := range s.Rows {
		r.Busy.row(b, r.Nodes, "busy")
		r.Quiet.row(b, r.Nodes, "quiet")
	}
}

func (t nodesTalk) row(b *bytes.Buffer, nodes int, how string) {
	posts := float64(max(1, t.Posts))
	fmt.Fprintf(b, "| %d | %s | %s | %s | %s | %s | %s | %d | %s | %s |", nodes, how, thousands(float64(t.Posts)/t.Seconds),
		quantile(t.Here, 50), quantile(t.Here, 99), quantile(t.There, 50), quantile(t.There, 99), t.Lost,
		perPost(t.Used.nodes, posts), perPost(t.Used.database, posts))
	if nodes == 1 {
		b.WriteString(" – | – | – |\n")
		return
	}
	fmt.Fprintf(b, " %s | %.2f | %s |\n", perPost(t.Used.bus, posts), t.Used.messages/posts, thousands(t.Used.bytes/posts))
}

func perPost(cpu time.Duration, posts float64) string {
	return thousands(float64(cpu.Microseconds()) / posts)
}

// quantile is in milliseconds, of microseconds.
func quantile(h *hdrhistogram.Histogram, q float64) string {
	if h.TotalCount() == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(h.ValueAtQuantile(q))/1000)
}
