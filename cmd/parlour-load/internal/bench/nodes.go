package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"parlour/cmd/parlour-load/internal/crowd"
	"parlour/cmd/parlour-load/internal/process"
	"parlour/cmd/parlour-load/internal/trial"
	"parlour/db"
	"parlour/db/postgrestest"
)

const (
	nodeRooms   = 32
	nodePosters = 64
	quietRate   = 50 // posts a second where delays are measured
)

// severalNodes measures one node over PostgreSQL, and three with a bus between
// them.
func (b *bench) severalNodes(ctx context.Context) error {
	b.document.Nodes.At, b.document.Nodes.Load = time.Now().UTC(), load()
	postgres, err := postgrestest.Run()
	if errors.Is(err, postgrestest.ErrMissing) {
		b.document.Nodes.Missing = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	defer postgres.Remove()
	for _, n := range []int{1, 3} {
		url, err := postgres.Make(ctx)
		if err != nil {
			return err
		}
		row, err := b.nodes(ctx, postgres, url, n)
		if err != nil {
			return fmt.Errorf("%d nodes: %w", n, err)
		}
		b.document.Nodes.Rows = append(b.document.Nodes.Rows, row)
	}
	return nil
}

// cluster is the nodes of a house while they are measured.
type cluster struct {
	nodes    []*process.Child
	bus      *process.Child // nil: one node needs none
	database int            // the database's process
	rooms    []crowd.Room
}

// nodes measures so many nodes over an empty database.
func (b *bench) nodes(ctx context.Context, postgres *postgrestest.Server, url string, n int) (row nodesRow, err error) {
	store, err := db.OpenPostgres(ctx, url, db.Options{})
	if err != nil {
		return row, err
	}
	_, err = roomsNamed(ctx, store, "load", nodeRooms)
	if err := errors.Join(err, store.Close()); err != nil {
		return row, err
	}
	c := &cluster{}
	defer c.stop()
	if c.database, err = postgres.PID(); err != nil {
		return row, err
	}
	var flags []string
	if n > 1 {
		self, err := os.Executable()
		if err != nil {
			return row, err
		}
		if c.bus, err = process.Start(ctx, process.Options{Core: -1}, self, "serve", "bus"); err != nil {
			return row, err
		}
		flags = []string{"--nats", c.bus.Address}
	}
	for i := range n {
		folder := filepath.Join(b.Data, fmt.Sprintf("nodes-%d-%d", n, i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			return row, err
		}
		node, err := process.Start(ctx, process.Options{Dir: folder, Core: -1, Needs: []string{"metrics"}}, b.server, slices.Concat([]string{
			"serve", "--listen", "127.0.0.1:0", "--data", folder, "--database", url, "--limits", "off",
			"--metrics-listen", "127.0.0.1:0", "--shutdown-grace", "100ms",
		}, flags)...)
		if err != nil {
			return row, err
		}
		c.nodes = append(c.nodes, node)
	}
	slugs := make([]string, nodeRooms)
	for i := range slugs {
		slugs[i] = fmt.Sprintf("load-%d", i+1)
	}
	if c.rooms, err = crowd.Enter(ctx, c.nodes[0].Address, slugs, nodePosters, "load", nil); err != nil {
		return row, err
	}
	row.Nodes = n
	if row.Busy, err = c.talk(ctx, 0, b.shorter(3*time.Second), b.shorter(8*time.Second)); err != nil {
		return row, err
	}
	row.Quiet, err = c.talk(ctx, quietRate, b.shorter(2*time.Second), b.shorter(8*time.Second))
	return row, err
}

func (c *cluster) stop() {
	for _, child := range append(slices.Clone(c.nodes), c.bus) {
		if child != nil {
			_ = child.Stop() // it was killed if need be
		}
	}
}

// used is what the processes of the cluster have used so far, and what the nodes
// have told each other.
type used struct {
	nodes, database, bus time.Duration
	messages, bytes      float64
}

func (u used) less(before used) used {
	return used{
		u.nodes - before.nodes, u.database - before.database, u.bus - before.bus,
		u.messages - before.messages, u.bytes - before.bytes,
	}
}

func (c *cluster) used(ctx context.Context) (u used, err error) {
	for _, node := range c.nodes {
		cpu, err := process.CPU(node.PID)
		if err != nil {
			return u, err
		}
		u.nodes += cpu
		if c.bus == nil {
			continue
		}
		metrics, err := trial.Fetch(ctx, node.Logged("metrics")+"/metrics")
		if err != nil {
			return u, err
		}
		for name, sum := range map[string]*float64{"parlour_bus_sent_total": &u.messages, "parlour_bus_sent_bytes_total": &u.bytes} {
			value, err := metric(metrics, name)
			if err != nil {
				return u, err
			}
			*sum += value
		}
	}
	if c.bus != nil {
		if u.bus, err = process.CPU(c.bus.PID); err != nil {
			return u, err
		}
	}
	u.database, err = process.CPUOfAll(c.database)
	return u, err
}

// metric reads a number from what a server tells in Prometheus' text format.
func metric(text []byte, name string) (float64, error) {
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
