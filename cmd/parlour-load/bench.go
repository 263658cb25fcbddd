package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"parlour/cmd/parlour-load/internal/bench"
)

type benchCommand struct {
	Out   string `default:"docs/benchmarks.md" help:"File to write (${default})."`
	Data  string `type:"existingdir" help:"Folder for the databases: its disk is measured (the system's folder for temporary files)."`
	Quick bool   `help:"Fill the large house with one million messages in place of ten: ten minutes less."`
	Only  string `help:"Measure only the part whose name begins so, such as \"the store\" (all)."`
	Scale int    `default:"1" hidden:"" help:"Divide everything by this, to try the bench out."`
}

// Run measures and writes the document. It stands in the module's folder.
func (c *benchCommand) Run(ctx context.Context) error {
	if _, err := os.Stat("cmd/parlour"); err != nil {
		return errors.New("the bench builds ./cmd/parlour, so it is started in the module's folder")
	}
	out, err := bench.Run(ctx, bench.Options{Module: ".", Data: c.Data, Quick: c.Quick, Only: c.Only, Scale: c.Scale, Log: os.Stderr})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(c.Out, out, 0o644)
}
