package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"parlour/db"
)

type migrateCommand struct {
	From string `default:"./data" env:"PARLOUR_DATA" help:"Folder of the database file (${default})."`
	To   string `required:"" env:"PARLOUR_DATABASE" help:"The PostgreSQL database, empty, such as postgres://parlour:password@db.example/parlour."`
}

// Help tells what to expect.
func (migrateCommand) Help() string {
	return "Stop the server first. Everything is carried over, sessions among it, and compared at the end; " +
		"the file stays as it is. After an interruption start it again, and it goes on where it was."
}

// Run carries the house over.
func (c *migrateCommand) Run(ctx context.Context) error {
	p := &moveProgress{to: os.Stderr, isWatched: term.IsTerminal(int(os.Stderr.Fd()))}
	move := db.Move{File: filepath.Join(c.From, "parlour.db"), URL: c.To, Began: p.begin, Step: p.step}
	moved, err := move.Run(ctx)
	p.end()
	switch {
	case err != nil && ctx.Err() != nil:
		return errors.New("interrupted: run it again, and it goes on where it was")
	case err != nil:
		return err
	}
	mended := int64(0)
	for _, table := range moved {
		fmt.Printf("%-16s %10d rows  sum %.16s  the same on both sides\n", table.Name, table.Rows, table.Sum)
		mended += table.Mended
	}
	if mended > 0 {
		fmt.Printf("%d texts had bytes that PostgreSQL cannot store; U+FFFD stands in their place now\n", mended)
	}
	fmt.Printf("The house is in the database. Serve it with --database, and no longer from %s.\n", c.From)
	return nil
}

// moveProgress shows how far a move is: as a bar to somebody who watches, as a
// line for each table and each tenth of the rows to a log.
type moveProgress struct {
	to        io.Writer
	isWatched bool

	rows int64
	bar  *progressbar.ProgressBar
	db.MoveStep
}

func (p *moveProgress) begin(b db.MoveBegin) {
	p.rows = b.Rows
	switch {
	case b.Anew:
		fmt.Fprintln(p.to, "the file was changed since the last run: from the beginning")
	case b.There > 0:
		fmt.Fprintf(p.to, "going on: %d of %d rows are there already\n", b.There, b.Rows)
	}
}

func (p *moveProgress) step(s db.MoveStep) {
	before := p.MoveStep
	p.MoveStep = s
	if p.isWatched {
		if p.bar == nil || before.Checking != s.Checking {
			p.end()
			p.bar = p.newBar()
		}
		p.bar.Describe(verb(s) + " " + s.Table)
		_ = p.bar.Set64(s.Rows) // a terminal that is gone stops nothing
		return
	}
	tenth := max(1, p.rows/10)
	if before.Table != s.Table || before.Checking != s.Checking || before.Rows/tenth != s.Rows/tenth {
		fmt.Fprintf(p.to, "%s %s: %d of %d rows so far\n", verb(s), s.Table, s.Rows, p.rows)
	}
}

func verb(s db.MoveStep) string {
	if s.Checking {
		return "checking"
	}
	return "carrying"
}

func (p *moveProgress) newBar() *progressbar.ProgressBar {
	return progressbar.NewOptions64(max(1, p.rows), progressbar.OptionSetWriter(p.to), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"), progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true))
}

// end leaves the line to what is said next.
func (p *moveProgress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.to)
		p.bar = nil
	}
}
