package db

import (
	"context"
	"fmt"
)

// Move carries the house in a SQLite file over to a PostgreSQL database.
type Move struct {
	File string // of the house, parlour.db
	URL  string // of the database, as for OpenPostgres

	// Began is told what there is to do, before the first row. May be nil.
	Began func(MoveBegin)
	// Step is told how far the move is, again and again. May be nil.
	Step func(MoveStep)

	// atOnce is how many rows are carried over in one transaction. They flow
	// through: none of them is kept in memory.
	atOnce int
}

// MoveBegin says what there is to do.
type MoveBegin struct {
	Rows  int64 // in all tables
	There int64 // of these, carried over by a run that was interrupted
	// Anew is whether an interrupted run is of no use, because the file was
	// changed since.
	Anew bool
}

// MoveStep says how far a move is. Each row is carried first and checked later.
type MoveStep struct {
	Checking bool
	Table    string
	Rows     int64 // carried or checked so far, of all tables
}

// MovedTable is a table that is the same on both sides.
type MovedTable struct {
	Name string
	Rows int64
	Sum  string // of all its rows, whatever their order; hexadecimal
	// Mended is how many texts had bytes that PostgreSQL keeps in none, which
	// stand as U+FFFD now.
	Mended int64
}

// Run carries everything over: all rows of all tables of the file, sessions
// among them, so that people stay signed in. Then it reads both sides anew and
// compares them. Until that has succeeded no server opens the database.
//
// The file has to be nobody else's meanwhile; it is brought up to date, as a
// server would, and is otherwise left as it is. A run that was broken off,
// however that happened, is gone on with by the next one. A database with a house
// in it is refused, unless it is what such a run left.
func (m Move) Run(ctx context.Context) (moved []MovedTable, err error) {
	if m.atOnce == 0 {
		m.atOnce = 20_000
	}
	err = withFileAlone(ctx, m.File, func(from *movingFrom) error {
		to, err := m.openTo(ctx)
		if err != nil {
			return fmt.Errorf("the database: %w", err)
		}
		defer to.close(ctx)
		moved, err = m.move(ctx, from, to)
		return err
	})
	return moved, err
}

func (m Move) move(ctx context.Context, from *movingFrom, to *movingTo) ([]MovedTable, error) {
	tables, err := from.tables()
	if err != nil {
		return nil, err
	}
	if err := to.hasTables(ctx, tables); err != nil {
		return nil, err
	}
	there, isAnew, err := to.prepare(ctx, from, tables)
	if err != nil {
		return nil, err
	}
	begin := MoveBegin{Anew: isAnew}
	for _, t := range tables {
		rows, err := from.count(t)
		if err != nil {
			return nil, err
		}
		begin.Rows += rows
		begin.There += there[t.name]
	}
	if m.Began != nil {
		m.Began(begin)
	}
	done := begin.There
	for _, t := range tables {
		tell := func(rows int64) {
			done += rows
			m.tell(MoveStep{Table: t.name, Rows: done})
		}
		if err := to.carry(ctx, from, t, there[t.name], tell); err != nil {
			return nil, fmt.Errorf("carrying %s over: %w", t.name, err)
		}
	}
	moved, err := m.check(ctx, from, to, tables)
	if err != nil {
		return nil, err
	}
	return moved, to.finish(ctx, from, tables)
}

func (m Move) tell(step MoveStep) {
	if m.Step != nil {
		m.Step(step)
	}
}
