package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"parlour/cmd/parlour-load/internal/trial"
)

type runCommand struct {
	URL string `arg:"" optional:"" help:"Address of the server, such as http://127.0.0.1:8080. Without it only yardsticks are measured."`
	trial.Setting
	Yardstick []string `enum:"bare,usual" help:"Measure a built-in server in the same way: bare (one write(2) for each reader and event) or usual (a goroutine and a channel for each reader). May be repeated."`
	PID       int      `name:"pid" help:"Process id of the server on this machine, for its processor time and memory."`
	Collect   string   `placeholder:"URL" help:"Address that makes the server collect garbage before its memory is read, such as …/debug/pprof/heap?gc=1 of its metrics address."`
	JSON      string   `name:"json" type:"path" placeholder:"FILE" help:"Write the report there, too."`
	Quiet     bool     `short:"q" help:"No progress on stderr."`
}

// Validate refuses what cannot be measured.
func (c *runCommand) Validate() error {
	if c.URL == "" && len(c.Yardstick) == 0 {
		return errors.New("an address or a --yardstick is needed")
	}
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err != nil || u.Scheme != "http" || u.Host == "" {
			return errors.New("the address must be like http://host:port, without TLS")
		}
	}
	return nil
}

// Run measures and reports.
func (c *runCommand) Run(ctx context.Context) error {
	show := trial.NewProgress(os.Stderr, c.Quiet)
	defer show.Done()
	report := trial.Report{Machine: trial.ThisMachine(), At: time.Now().UTC().Truncate(time.Second)}
	if c.URL != "" {
		result, err := trial.Run(ctx, trial.Subject{Name: "parlour", Base: c.URL, PID: c.PID, Collect: c.Collect}, c.Setting, show)
		if err != nil {
			return err
		}
		report.Results = append(report.Results, result)
		c.EventBytes = result.Talks[0].EventBytes // a yardstick writes as much
	}
	for _, kind := range c.Yardstick {
		result, err := c.yardstick(ctx, kind, show)
		if err != nil {
			return fmt.Errorf("yardstick %s: %w", kind, err)
		}
		report.Results = append(report.Results, result)
	}
	show.Done()
	if c.JSON != "" {
		if err := writeJSON(c.JSON, report); err != nil {
			return err
		}
	}
	return report.Write(os.Stdout)
}

func (c *runCommand) yardstick(ctx context.Context, kind string, show *trial.Progress) (trial.Result, error) {
	server, err := trial.StartYardstick(ctx, kind, c.Pin)
	if err != nil {
		return trial.Result{}, err
	}
	defer server.Stop()
	return trial.Run(ctx, server.Subject, c.Setting, show)
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
