package main

import (
	"context"
	"path/filepath"

	"parlour/db"
)

// databaseOptions say where the house is kept.
type databaseOptions struct {
	Data     string `default:"./data" env:"PARLOUR_DATA" help:"Folder of the database file (${default})."`
	Database string `env:"PARLOUR_DATABASE" help:"A PostgreSQL database in place of the file, which several servers may share, such as postgres://parlour:password@db.example/parlour (none)."`
}

// store opens the house's database, which other processes may have open too.
func (o databaseOptions) store(ctx context.Context, options db.Options) (*db.Store, error) {
	if o.Database != "" {
		return db.OpenPostgres(ctx, o.Database, options)
	}
	return db.Open(ctx, filepath.Join(o.Data, "parlour.db"), options)
}
